import Foundation
import Resilience

/// Calls of three classes through one provider's limit: the gateway's queue beside clients that retry.
///
///     rate-bench [table] [seed …]              a Markdown table for each of three providers
///     rate-bench trace SEED                    the trace as CSV: id,time_s,class,deadline_s
///     rate-bench send TRACE.csv LIMIT OUT.csv  the queue over a trace; writes id,send_time_s, one line a call
///
/// `LIMIT` is `bucket:25:25`, `window:1500:60` or `punishing:25:25:2`. Delay is from arrival to the moment the provider
/// lets the call through; no request is dropped, and the total is over all of them. The bound is one queue that asks
/// the provider at the earliest moment and never in vain. In a window that is used up urgent calls wait as long as all
/// others; what it costs in total that they do not is a bound of its own.
@main
struct RateBenchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.count) {
        case ("trace", 2):
            print(Trace.text(Trace.generated(seed: UInt64(arguments[1]) ?? 1)), terminator: "")
        case ("send", 4):
            var run = Run(.usher, try Trace.read(arguments[1]), try ProviderModel(arguments[2]), seed: 1)
            run.finish()
            let lines = run.sends.map { "\(run.requests[$0.request].id),\($0.time)" }
            let text = (["id,send_time_s"] + lines).joined(separator: "\n") + "\n"
            try text.write(toFile: arguments[3], atomically: true, encoding: .utf8)
        default:
            let seeds = arguments.compactMap { UInt64($0) }
            for seed in seeds.isEmpty ? [1] : seeds { try table(seed: seed) }
        }
    }

    private static func table(seed: UInt64) throws {
        let trace = Trace.generated(seed: seed)
        for limit in ["bucket:25:25", "window:1500:60", "punishing:25:25:2"] {
            let provider = try ProviderModel(limit)
            let bound = bound(trace, provider)
            print("\n`\(limit)`, seed \(seed), \(trace.count) requests, bound \(hours(bound)) h")
            if case .window(let count, let length) = provider.limit {
                let live = windowBound(trace, count, length, urgent: [.live])
                let both = windowBound(trace, count, length, urgent: [.live, .normal])
                print(
                    "\(hours(live)) h when live calls never wait, \(hours(both)) h when normal ones do not either"
                )
            }
            print("")
            print(
                "| client | total h | over bound | live mean, p99 s | normal mean, p99 s | bulk mean, p99 s "
                    + "| late | calls/request |"
            )
            print("|---|---|---|---|---|---|---|---|")
            for client in Client.allCases {
                var run = Run(client, trace, provider, seed: seed)
                run.finish()
                print(row(run, bound: bound))
            }
        }
    }

    /// The total delay of one work-conserving queue, in seconds.
    private static func bound(_ trace: [Request], _ provider: ProviderModel) -> Double {
        var provider = provider
        let arrivals = trace.map { $0.time + Run.network($0.id, 1, back: false) }.sorted()
        let total = arrivals.reduce(0.0) { $0 + provider.earliest(from: $1) - $1 }
        return total + zip(trace, trace).reduce(0.0) { $0 + Run.network($1.0.id, 1, back: false) }
    }

    /// The least total delay of a window's queue in which `urgent` calls never wait: one that knows all that is to come
    /// keeps just as many calls of each window for them.
    private static func windowBound(
        _ trace: [Request],
        _ count: Int,
        _ length: Double,
        urgent: Set<BudgetClass>
    ) -> Double {
        let arrivals = trace.map {
            ($0.time + Run.network($0.id, 1, back: false), urgent.contains($0.budgetClass))
        }
        var left: [Int: Int] = [:]
        for (time, isUrgent) in arrivals where isUrgent {
            left[Int(time / length), default: count] -= 1
        }
        var total = zip(trace, arrivals).reduce(0.0) { $0 + $1.1.0 - $1.0.time }
        var window = 0
        for time in arrivals.filter({ !$0.1 }).map(\.0).sorted() {
            window = max(window, Int(time / length))
            while left[window, default: count] <= 0 { window += 1 }
            left[window, default: count] -= 1
            total += max(Double(window) * length - time, 0)
        }
        return total
    }

    private static func row(_ run: Run, bound: Double) -> String {
        let delays = zip(run.requests, run.acceptedAt).map { ($0, $1 - $0.time) }
        let total = delays.reduce(0) { $0 + $1.1 }
        let classes = BudgetClass.allCases.map { budgetClass in
            let own = delays.filter { $0.0.budgetClass == budgetClass }.map(\.1).sorted()
            guard !own.isEmpty else { return "–" }
            let mean = own.reduce(0, +) / Double(own.count)
            return "\(text(mean, 3)), \(text(own[own.count * 99 / 100], 2))"
        }
        let late = delays.count { $0.1 > $0.0.deadline }
        let wire = Double(run.sends.count) / Double(max(run.requests.count, 1))
        let over = text((total / bound - 1) * 100, 1)
        return "| \(run.client.rawValue) | \(hours(total)) | \(over) % | \(classes.joined(separator: " | ")) "
            + "| \(late) | \(text(wire, 2)) |"
    }

    private static func hours(_ seconds: Double) -> String { text(seconds / 3_600, 1) }

    private static func text(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}
