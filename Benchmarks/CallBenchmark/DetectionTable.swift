/// How long it takes to see a fault and to see its end, beside what others do, from one seed on virtual time.
struct DetectionTable {
    struct Cell: Codable {
        let detector: String
        let callsPerSecond: Double
        let fault: String
        /// Seconds from the onset to the first trip.
        let detected: Spread
        /// Seconds from the fault's end until all calls flow; of the runs with a trip.
        let recovered: Spread
        /// The share of runs with a trip.
        let detectedShare: Double
        /// Trips in a run on average.
        let trips: Double
    }

    struct Healthy: Codable {
        let detector: String
        let callsPerSecond: Double
        let days: Double
        let tripsPerDay: Double
        let warningsPerDay: Double
        let probesPerDay: Double
    }

    struct Document: Codable {
        var seed: UInt64
        var runs: Int
        var cells: [Cell] = []
        var healthy: [Healthy] = []
    }

    static let faults: [Fault] = [.hard, .blackHole, .fifth, .half, .slow, .creep, .blip]
    static let rates = [0.5, 5, 50]

    let runs: Int
    let seed: UInt64
    var contestants = Contestant.all

    func report(asJSON: Bool) throws {
        var document = Document(seed: seed, runs: runs)
        for rate in Self.rates {
            for contestant in contestants {
                document.cells += Self.faults.map { cell(contestant, $0, rate: rate) }
                document.healthy.append(healthy(contestant, rate: rate))
            }
        }
        asJSON ? try Output.json(document) : show(document)
    }

    private func cell(_ contestant: Contestant, _ fault: Fault, rate: Double) -> Cell {
        // Each run at 50 calls a second holds a hundred times as many as one at 0.5.
        let runs = rate > 10 ? max(runs / 2, 1) : runs
        let trials = (0..<runs).map {
            Trial.run(contestant, fault: fault, perSecond: rate, seed: seed &+ UInt64($0) &* 7919)
        }.filter { $0.detected >= 0 }
        return Cell(
            detector: contestant.name,
            callsPerSecond: rate,
            fault: fault.title,
            detected: Spread(trials.map(\.detected)),
            recovered: Spread(trials.compactMap(\.recovered)),
            detectedShare: Double(trials.count { $0.detected.isFinite }) / Double(max(trials.count, 1)),
            trips: Double(trials.reduce(0) { $0 + $1.trips }) / Double(max(trials.count, 1))
        )
    }

    private func healthy(_ contestant: Contestant, rate: Double) -> Healthy {
        let days = rate > 10 ? 1.0 : 10
        let result = HealthyDays.run(contestant, perSecond: rate, days: days, seed: seed)
        return Healthy(
            detector: contestant.name,
            callsPerSecond: rate,
            days: days,
            tripsPerDay: result.tripsPerDay,
            warningsPerDay: result.warningsPerDay,
            probesPerDay: Double(result.probes) / days
        )
    }

    private func show(_ document: Document) {
        for rate in Self.rates {
            let titles = Self.faults.map(\.title)
            print("\n### \(Output.text(rate)) calls a second: seconds to detect, median / p95\n")
            Output.table(
                ["detector"] + titles.dropLast() + ["3 s blip: trips", "false trips a day"],
                contestants.map { contestant in
                    let cells = cells(document, contestant, rate)
                    let healthy = document.healthy.first {
                        $0.detector == contestant.name && $0.callsPerSecond == rate
                    }
                    let blip = cells.last.map { "\(Int((100 * $0.detectedShare).rounded())) %" } ?? "-"
                    return [contestant.name] + cells.dropLast().map { Output.text($0.detected) }
                        + [blip, Output.text(healthy?.tripsPerDay)]
                }
            )
            print("\n### \(Output.text(rate)) calls a second: seconds to recover, median / p95\n")
            Output.table(
                ["detector"] + titles,
                contestants.map { contestant in
                    [contestant.name]
                        + cells(document, contestant, rate).map { Output.text($0.recovered) }
                }
            )
        }
    }

    private func cells(_ document: Document, _ contestant: Contestant, _ rate: Double) -> [Cell] {
        document.cells.filter { $0.detector == contestant.name && $0.callsPerSecond == rate }
    }
}
