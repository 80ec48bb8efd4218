/// How early trouble is foreseen, and how often falsely.
struct WarningTable {
    struct Lead: Codable {
        let callsPerSecond: Double
        /// Seconds from the onset of the creep to the warning.
        let warned: Spread
        /// Seconds from the warning to the trip of a breaker of 20/10/50 %; the p95 is the p5 here.
        let beforeClassic: Low
        /// Seconds from the warning to the guard's own trip.
        let beforeOwn: Low
        /// Seconds from the onset of latency x4 to the warning.
        let slowWarned: Spread
    }

    /// The middle and the low end.
    struct Low: Codable {
        let median: Double
        let p5: Double

        init(_ values: [Double]) {
            let sorted = values.sorted()
            median = quantile(sorted, 0.5)
            p5 = quantile(sorted, 0.05)
        }
    }

    struct Document: Codable {
        var leads: [Lead] = []
        var healthy: [DetectionTable.Healthy] = []
    }

    static let classic = Contestant(name: "count 20/10, 50 %") {
        WindowDetector(window: .calls(20), callsMin: 10)
    }

    let runs: Int
    let seed: UInt64

    func report(asJSON: Bool) throws {
        var document = Document()
        for rate in [0.5, 1, 5, 50] { document.leads.append(lead(rate)) }
        for (rate, days) in [(0.5, 30.0), (2, 30), (5, 30), (50, 10)] {
            let result = HealthyDays.run(.usher, perSecond: rate, days: days, seed: seed)
            document.healthy.append(
                .init(
                    detector: "Usher",
                    callsPerSecond: rate,
                    days: days,
                    tripsPerDay: result.tripsPerDay,
                    warningsPerDay: result.warningsPerDay,
                    probesPerDay: Double(result.probes) / days
                )
            )
        }
        asJSON ? try Output.json(document) : show(document)
    }

    private func lead(_ rate: Double) -> Lead {
        let runs = rate > 10 ? max(runs / 2, 1) : runs
        // The same seeds in the same order: run by run. One without a warning leads by nothing.
        var pairs: [(classic: Trial, usher: Trial)] = []
        for number in 0..<runs {
            let seed = seed &+ UInt64(number) &* 7919
            let classic = Trial.run(Self.classic, fault: .creep, perSecond: rate, seed: seed)
            let usher = Trial.run(.usher, fault: .creep, perSecond: rate, seed: seed)
            guard classic.detected >= 0, usher.detected >= 0, usher.warned >= 0 else { continue }
            pairs.append((classic, usher))
        }
        let slow = (0..<runs).map {
            Trial.run(.usher, fault: .slow, perSecond: rate, seed: seed &+ UInt64($0) &* 7919).warned
        }
        let end = Fault.creep.length
        return Lead(
            callsPerSecond: rate,
            warned: Spread(pairs.map(\.usher.warned)),
            beforeClassic: Low(pairs.map { min($0.classic.detected, end) - min($0.usher.warned, end) }),
            beforeOwn: Low(pairs.map { min($0.usher.detected, end) - min($0.usher.warned, end) }),
            slowWarned: Spread(slow.filter { $0 >= 0 })
        )
    }

    private func show(_ document: Document) {
        print("### Creep (latency x8 over 300 s, errors from 180 s on): seconds, median / p95 or p5\n")
        Output.table(
            [
                "calls a second", "warning after", "before a breaker of 20/10/50 %",
                "before Usher's own trip",
                "latency x4: warning after",
            ],
            document.leads.map(row)
        )
        print("\n### Healthy; latency drifts by 30 % over 6 h, errors by half over a day: a day\n")
        Output.table(
            ["calls a second", "days", "false trips", "false warnings", "probes"],
            document.healthy.map {
                [
                    Output.text($0.callsPerSecond), "\(Int($0.days))", hundredths($0.tripsPerDay),
                    hundredths($0.warningsPerDay), "\(Int($0.probesPerDay.rounded()))",
                ]
            }
        )
    }

    private func row(_ lead: Lead) -> [String] {
        [
            Output.text(lead.callsPerSecond), Output.text(lead.warned), text(lead.beforeClassic),
            text(lead.beforeOwn), Output.text(lead.slowWarned),
        ]
    }

    private func text(_ low: Low) -> String {
        "\(Output.text(low.median)) / \(Output.text(low.p5))"
    }

    private func hundredths(_ value: Double) -> String {
        let all = Int((value * 100).rounded())
        return "\(all / 100).\(all % 100 < 10 ? "0" : "")\(all % 100)"
    }
}
