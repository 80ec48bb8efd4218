import Domain
import Foundation
import Resilience

/// One request of a trace.
struct Request: Sendable {
    let id: Int
    /// Seconds since the trace's start.
    let time: Double
    let budgetClass: BudgetClass
    /// Seconds after `time` by which it should be accepted.
    let deadline: Double
}

/// Arrivals over time: `id,time_s,class,deadline_s`.
enum Trace {
    /// Two hours: live calls 1/s with six bursts of 10 s at 6/s, normal ones 6/s · (1 + sin(2πt / 3600) / 2), and every
    /// 600 s a batch of 2 000 bulk calls within 5 s.
    static func generated(seed: UInt64, seconds: Double = 7_200) -> [Request] {
        var random = SeededRandom(seed: seed)
        var arrivals: [(Double, BudgetClass)] = []
        func poisson(
            _ budgetClass: BudgetClass,
            from: Double,
            to: Double,
            peak: Double,
            _ rate: (Double) -> Double
        ) {
            var time = from
            while true {
                time -= log(1 - Double.random(in: 0..<1, using: &random)) / peak
                guard time < to else { return }
                if Double.random(in: 0..<peak, using: &random) < rate(time) {
                    arrivals.append((time, budgetClass))
                }
            }
        }
        poisson(.live, from: 0, to: seconds, peak: 1) { _ in 1 }
        for _ in 0..<6 {
            let start = Double.random(in: 0..<max(seconds - 10, 1), using: &random)
            poisson(.live, from: start, to: start + 10, peak: 6) { _ in 6 }
        }
        poisson(.normal, from: 0, to: seconds, peak: 9) { 6 * (1 + 0.5 * sin(2 * .pi * $0 / 3_600)) }
        for start in stride(from: 0, to: seconds, by: 600) {
            for _ in 0..<2_000 {
                arrivals.append((start + Double.random(in: 0..<5, using: &random), .bulk))
            }
        }
        return arrivals.sorted { $0.0 < $1.0 }.enumerated().map { index, arrival in
            let deadline: Double =
                switch arrival.1 {
                case .live: 10
                case .normal: 30
                case .bulk: 3_600
                }
            return Request(id: index, time: arrival.0, budgetClass: arrival.1, deadline: deadline)
        }
    }

    static func read(_ path: String) throws -> [Request] {
        let names = ["live": BudgetClass.live, "normal": .normal, "bulk": .bulk]
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let lines = text.split(whereSeparator: \.isNewline)
        let requests = try lines.enumerated().compactMap { number, line -> Request? in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            if number == 0, fields.first == "id" { return nil }
            guard fields.count == 4, let id = Int(fields[0]), let time = Double(fields[1]),
                let budgetClass = names[String(fields[2])], let deadline = Double(fields[3])
            else { throw TraceError.line(number + 1) }
            return Request(id: id, time: time, budgetClass: budgetClass, deadline: deadline)
        }
        return requests.sorted { ($0.time, $0.id) < ($1.time, $1.id) }
    }

    static func text(_ requests: [Request]) -> String {
        let lines = requests.map { "\($0.id),\($0.time),\($0.budgetClass),\($0.deadline)" }
        return (["id,time_s,class,deadline_s"] + lines).joined(separator: "\n") + "\n"
    }
}

enum TraceError: Error, CustomStringConvertible {
    case line(Int)
    case limit(String)

    var description: String {
        switch self {
        case .line(let number): "line \(number) is not id,time_s,class,deadline_s"
        case .limit(let text): "\(text) is not bucket:R:B, window:Q:S or punishing:R:B:S"
        }
    }
}
