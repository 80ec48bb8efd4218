import Foundation

/// What one run took.
struct Result {
    let latencies: [Duration]  // Ascending.
    let elapsed: Duration
    let usage: Usage
    let commits: Int

    func line(_ name: String, producers: Int) -> String {
        let rows = Double(latencies.count)
        return String(
            format: "%-10@ %9d %9.0f %7.2f %7.2f %7.2f %12.1f %11.1f %12.1f",
            name as NSString,
            producers,
            rows / (elapsed / .seconds(1)),
            milliseconds(0.5),
            milliseconds(0.99),
            milliseconds(1),
            usage.user / rows,
            usage.system / rows,
            rows / Double(max(1, commits))
        )
    }

    private func milliseconds(_ quantile: Double) -> Double {
        guard !latencies.isEmpty else { return 0 }
        let index = min(latencies.count - 1, Int(Double(latencies.count) * quantile))
        return latencies[index] / .milliseconds(1)
    }
}

/// Processor time of this process, in microseconds.
struct Usage {
    var user: Double
    var system: Double

    static func now() -> Usage {
        var usage = rusage()
        unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Usage(user: microseconds(usage.ru_utime), system: microseconds(usage.ru_stime))
    }

    static func - (left: Usage, right: Usage) -> Usage {
        Usage(user: left.user - right.user, system: left.system - right.system)
    }

    private static func microseconds(_ time: timeval) -> Double {
        Double(time.tv_sec) * 1e6 + Double(time.tv_usec)
    }
}
