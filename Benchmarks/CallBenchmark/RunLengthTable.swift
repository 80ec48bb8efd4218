import Resilience

/// Calls until the error detector raises an alarm, on average, with the usual share fixed at 0.5 % and learned.
struct RunLengthTable {
    /// Calls for one cell at most.
    static let callsMax = 1_000_000_000

    let seed: UInt64

    func report() {
        print("### Calls until an alarm of ErrorCUSUM on average\n")
        print("| failing | watch | act | act, usual share learned |\n|---|---|---|---|")
        for share in [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1] {
            let watch = mean(share, .watch, learns: false)
            let act = mean(share, .act, learns: false)
            let learned = share <= 0.02 ? text(mean(share, .act, learns: true)) : "-"
            print("| \((share * 1000).rounded() / 10) % | \(text(watch)) | \(text(act)) | \(learned) |")
        }
    }

    private func mean(_ share: Double, _ level: ErrorCUSUM.Level, learns: Bool) -> Double {
        var dice = Dice(seed: seed)
        var calls = 0
        var alarms = 0
        while calls < Self.callsMax, alarms < 4000 {
            var subject = ErrorCUSUM(learns: learns)
            if learns {
                for _ in 0..<20_000 {
                    _ = subject.record(failed: dice.fraction() < share)
                    if subject.level == .act { subject.restart() }
                }
                subject.restart()
            }
            repeat {
                calls += 1
            } while subject.record(failed: dice.fraction() < share) < level && calls < Self.callsMax
            alarms += 1
        }
        return Double(calls) / Double(alarms)
    }

    private func text(_ calls: Double) -> String {
        calls < 100 ? "\((calls * 10).rounded() / 10)" : "\(Int(calls.rounded()))"
    }
}
