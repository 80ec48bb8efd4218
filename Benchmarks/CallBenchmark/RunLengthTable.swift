import Foundation
import Resilience

/// Answers until a sum of the error detector reaches a limit, on average and starting from 0.
///
/// Solved as Brook and Evans do (Biometrika 59, 1972): the sum is a Markov chain over a grid. A success takes
/// `perSuccess` grid steps off; a failure adds what comes next to its step.
struct RunLengthTable {
    static let perSuccess = 4
    /// p0, of which the steps are made.
    static let usualShare = 0.005
    static let shares = [0.005, 0.01, 0.05, 0.1, 0.2, 0.5, 1]

    let seed: UInt64

    func report() {
        print("### Answers until a sum of ErrorCUSUM reaches its limit, usual share 0.5 %\n")
        let sums = [
            ("`watch`", ErrorCUSUM.badShare, ErrorCUSUM.watchLimit),
            ("`warn`", ErrorCUSUM.badShare, ErrorCUSUM.warnLimit),
            ("`act`", ErrorCUSUM.badShare, ErrorCUSUM.actLimit),
            ("`act`, outages", ErrorCUSUM.outageShare, ErrorCUSUM.actLimit),
        ]
        var rows = sums.map { name, bad, limit in
            ["\(limit), \(name)"] + Self.shares.map { text(length($0, bad: bad, limit: limit)) }
        }
        let either = Self.shares.enumerated().map { index, share in
            guard share < 0.05 else { return text(simulated(share)) }
            // Alarms of either come at most as often as those of both added up.
            let rates = sums.suffix(2).map { 1 / length(share, bad: $0.1, limit: $0.2) }
            return "\(text(1 / rates.reduce(0, +))) or more"
        }
        rows.append(["either `act`"] + either)
        Output.table(["limit"] + Self.shares.map { "\(($0 * 1000).rounded() / 10) % fail" }, rows)
    }

    /// The mean time to absorption of the chain.
    private func length(_ share: Double, bad: Double, limit: Double) -> Double {
        let up = log(bad / Self.usualShare)
        let unit = -log((1 - bad) / (1 - Self.usualShare)) / Double(Self.perSuccess)
        let states = Int((limit / unit).rounded(.up))
        let climb = Int((up / unit).rounded())
        guard share < 1 else { return (limit / up).rounded(.up) }
        // Row s: L(s) - (1 - p) L(s - perSuccess) - p L(s + climb) = 1. Elimination from the bottom up leaves rows
        // that reach `climb` to the right and nothing to the left.
        var rows = [[Double]](repeating: [Double](repeating: 0, count: states), count: states)
        var right = [Double](repeating: 1, count: states)
        for state in 0..<states {
            rows[state][state] += 1
            rows[state][max(state - Self.perSuccess, 0)] -= 1 - share
            if state + climb < states { rows[state][state + climb] -= share }
        }
        for pivot in 0..<states {
            let last = min(pivot + climb + Self.perSuccess, states - 1)
            for below in (pivot + 1)..<max(min(pivot + Self.perSuccess + 1, states), pivot + 1)
            where rows[below][pivot] != 0 {
                let factor = rows[below][pivot] / rows[pivot][pivot]
                for column in pivot...last { rows[below][column] -= factor * rows[pivot][column] }
                right[below] -= factor * right[pivot]
            }
        }
        var lengths = [Double](repeating: 0, count: states)
        for state in stride(from: states - 1, through: 0, by: -1) {
            var value = right[state]
            for column in (state + 1)..<max(states, state + 1) {
                value -= rows[state][column] * lengths[column]
            }
            lengths[state] = value / rows[state][state]
        }
        return lengths[0]
    }

    private func simulated(_ share: Double) -> Double {
        var dice = Dice(seed: seed)
        var calls = 0
        let alarms = 20_000
        for _ in 0..<alarms {
            var subject = ErrorCUSUM(learns: false)
            repeat { calls += 1 } while subject.record(failed: dice.fraction() < share) < .act
        }
        return Double(calls) / Double(alarms)
    }

    private func text(_ calls: Double) -> String {
        if calls < 100 { return "\((calls * 10).rounded() / 10)" }
        if calls < 100_000 { return "\(Int(calls.rounded()))" }
        return calls < 1e8
            ? "\((calls / 1e5).rounded() / 10) million" : "\(Int((calls / 1e6).rounded())) million"
    }
}
