import Domain
import Resilience

/// How long it takes to see a fault, beside what others do, from one seed on virtual time.
struct DetectionTable {
    let runs: Int
    let seed: UInt64

    /// The detectors that are compared.
    static let detectors: [(String, @Sendable () -> any Detector)] = [
        ("consecutive 5 (Envoy)", { ConsecutiveDetector() }),
        ("100/100/50 % (resilience4j default)", { CountDetector(size: 100, callsMin: 100, share: 0.5) }),
        ("20/10/50 % (resilience4j tuned)", { CountDetector(size: 20, callsMin: 10, share: 0.5) }),
        ("10 s/20/50 % (Hystrix)", { TimeDetector(window: 10, callsMin: 20, share: 0.5) }),
        ("30 s/100/10 % (Polly)", { TimeDetector(window: 30, callsMin: 100, share: 0.1) }),
        ("**Usher's guard: trip**", { GuardDetector() }),
    ]

    static let faults: [Fault] = [.hard, .blackHole, .fifth, .half, .slow, .creep, .blip]

    private static let classic: @Sendable () -> any Detector = {
        CountDetector(size: 20, callsMin: 10, share: 0.5)
    }

    private static let leftOut = -1.0

    func report() {
        for rate in [0.5, 5, 50] {
            print("\n### \(text(rate)) calls a second: seconds to detect, median / p95\n")
            print("| detector | \(Self.faults.map(\.title).joined(separator: " | ")) |")
            print("|---|\(Self.faults.map { _ in "---" }.joined(separator: "|"))|")
            for (name, make) in Self.detectors {
                let cells = Self.faults.map { cell($0, rate: rate, make: make, sign: { $0.hasTripped }) }
                print("| \(name) | \(cells.joined(separator: " | ")) |")
            }
            let cells = Self.faults.map {
                cell($0, rate: rate, make: { GuardDetector() }, sign: { $0.isWarned })
            }
            print("| **Usher's guard: warning** | \(cells.joined(separator: " | ")) |")
        }
        lead()
        falseAlarms()
        recovery()
    }

    private func cell(
        _ fault: Fault,
        rate: Double,
        make: () -> any Detector,
        sign: (any Detector) -> Bool
    ) -> String {
        let times = detections(fault, rate: rate, make: make, sign: sign).filter { $0 >= 0 }.sorted()
        if fault == .blip {
            return "\(Int((100 * Double(times.count { $0 <= 3.5 }) / Double(runs)).rounded())) % trip"
        }
        return "\(text(quantile(times, 0.5))) / \(text(quantile(times, 0.95)))"
    }

    /// Seconds from the onset to the sign, run by run: infinite when it did not come in time, negative when it came
    /// before the onset, which is no detection.
    func detections(
        _ fault: Fault,
        rate: Double,
        make: () -> any Detector,
        sign: (any Detector) -> Bool
    ) -> [Double] {
        let onset = max(60, 300 / rate)
        let patience = fault == .creep ? 600.0 : fault == .blip ? 13.0 : 300.0
        var times: [Double] = []
        for number in 0..<runs {
            var detector = AnyDetector(make())
            var found = Double.infinity
            let provider = Provider(fault: fault, onset: onset)
            run(
                &detector,
                provider: provider,
                perSecond: rate,
                until: onset + patience,
                seed: seed &+ UInt64(number) &* 7919
            ) { time, detector in
                guard sign(detector) else { return false }
                found = time < onset ? Self.leftOut : time - onset
                return true
            }
            times.append(found)
        }
        return times
    }

    private func lead() {
        print("\n### Creep: seconds the warning comes before the classic breaker (20/10/50 %), median / p5\n")
        print("| calls a second | lead |\n|---|---|")
        for rate in [1.0, 5, 50] {
            var leads: [Double] = []
            let breaker = detections(.creep, rate: rate, make: Self.classic, sign: { $0.hasTripped })
            let warning = detections(.creep, rate: rate, make: { GuardDetector() }, sign: { $0.isWarned })
            // The same seeds in the same order: run by run. One without a warning leads by nothing.
            for (breaker, warning) in zip(breaker, warning) where breaker >= 0 && warning >= 0 {
                leads.append(min(breaker, 600) - min(warning, 600))
            }
            leads.sort()
            print("| \(text(rate)) | \(text(quantile(leads, 0.5))) / \(text(quantile(leads, 0.05))) |")
        }
    }

    private func falseAlarms() {
        let days = 10.0
        print("\n### Healthy, drifting by 30 % over 6 h: false alarms a day over \(Int(days)) days\n")
        print("| calls a second | trips | warnings |\n|---|---|---|")
        for rate in [0.5, 2, 5] {
            var detector = GuardDetector()
            var warnings = 0
            var wasWarned = false
            var provider = Provider(fault: .none, onset: .infinity)
            provider.drifts = true
            run(&detector, provider: provider, perSecond: rate, until: days * 86_400, seed: seed) {
                _,
                detector in
                if detector.isWarned, !wasWarned { warnings += 1 }
                wasWarned = detector.isWarned
                return false
            }
            print(
                "| \(text(rate)) | \(text(Double(detector.trips) / days)) | \(text(Double(warnings) / days)) |"
            )
        }
    }

    private func recovery() {
        print("\n### After a 3 s blip\n")
        print(
            "| calls a second | runs with a second trip within 2 min | s until calls flow again after its end, median / p95 | all flow, p95 |"
        )
        print("|---|---|---|---|")
        for rate in [0.5, 5, 50] {
            var flowing: [Double] = []
            var closed: [Double] = []
            var second = 0
            for number in 0..<runs {
                var detector = GuardDetector()
                let onset = max(60, 300 / rate)
                var flowsAt = 0.0
                var closedAt = 0.0
                var before = 0
                run(
                    &detector,
                    provider: Provider(fault: .blip, onset: onset),
                    perSecond: rate,
                    until: onset + 123,
                    seed: seed &+ UInt64(number)
                ) { time, detector in
                    guard let state = (detector as? GuardDetector)?.health(now: time).breaker else {
                        return false
                    }
                    guard time >= onset else {
                        before = (detector as? GuardDetector)?.trips ?? 0
                        return false
                    }
                    switch state {
                    case .closed: break
                    case .ramping: closedAt = time
                    case .open, .halfOpen, .held:
                        flowsAt = time
                        closedAt = time
                    }
                    return false
                }
                if detector.trips > before + 1 { second += 1 }
                flowing.append(max(flowsAt - onset - 3, 0))
                closed.append(max(closedAt - onset - 3, 0))
            }
            flowing.sort()
            closed.sort()
            print(
                """
                | \(text(rate)) | \(second) of \(runs) | \(text(quantile(flowing, 0.5))) / \(text(quantile(flowing, 0.95))) \
                | \(text(quantile(closed, 0.95))) |
                """
            )
        }
    }

    private func text(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        let tenths = Int((abs(value) * 10).rounded())
        return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }
}

/// One detector of many kinds.
struct AnyDetector: Detector {
    private var subject: any Detector

    init(_ subject: any Detector) {
        self.subject = subject
    }

    var hasTripped: Bool { subject.hasTripped }
    var isWarned: Bool { subject.isWarned }

    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool {
        subject.began(number, now: now, chance: chance)
    }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        subject.finished(exchange, now: now, chance: chance)
    }

    mutating func tick(now: Double, chance: Double) {
        subject.tick(now: now, chance: chance)
    }
}
