/// Outlier detection as Envoy documents it, for one host among equal ones, of which the others are healthy.
///
/// Documented defaults: consecutive_5xx 5, interval 10 s, base_ejection_time 30 s, max_ejection_time 300 s,
/// success_rate_minimum_hosts 5, success_rate_request_volume 100, success_rate_stdev_factor 1900
/// (https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/cluster/v3/outlier_detection.proto). A host is ejected
/// after five failures in a row, time-outs included, or at a sweep when its success rate is below the mean of all
/// hosts by 1.9 standard deviations and each had 100 calls in the interval. It comes back at the first sweep after
/// base time times the number of its ejections; each sweep in service takes one off that number.
///
/// With fewer than six hosts one outlier never lies 1.9 deviations from the mean ((n - 1) / sqrt(n)); so there are
/// ten here. That Envoy sends everything everywhere when less than half of its hosts are healthy is left out.
struct OutlierDetector: Detector {
    static let inARowMax = 5
    static let interval = 10.0
    static let baseTime = 30.0
    static let maxTime = 300.0
    static let callsMin = 100
    static let hostsMin = 5
    static let factor = 1.9
    /// The share of failures of the other hosts.
    static let usualShare = 0.005

    /// Whether the others' share of failures drifts as this host's does.
    var othersDrift = false
    private let hosts: Int
    private var dice = Dice(seed: 99)
    private var inARow = 0
    private var calls = 0
    private var failures = 0
    private var sweepAt = interval
    private var ejectedAt: Double?
    private var ejections = 0
    private(set) var trips = 0

    init(hosts: Int) {
        self.hosts = hosts
    }

    var flow: Flow { ejectedAt == nil ? .all : .none }

    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool { ejectedAt == nil }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        guard ejectedAt == nil else { return }
        inARow = exchange.failed ? inARow + 1 : 0
        calls += 1
        failures += exchange.failed ? 1 : 0
        if inARow >= Self.inARowMax { eject(now: now) }
    }

    mutating func tick(now: Double, chance: Double) {
        guard now >= sweepAt else { return }
        sweepAt += Self.interval
        if let at = ejectedAt {
            let time = min(Self.baseTime * Double(ejections), max(Self.maxTime, Self.baseTime))
            if now - at >= time {
                ejectedAt = nil
                inARow = 0
            }
        } else if isOutlier(now: now) {
            eject(now: now)
        } else {
            ejections = max(ejections - 1, 0)
        }
        calls = 0
        failures = 0
    }

    private mutating func eject(now: Double) {
        ejectedAt = now
        ejections += 1
        trips += 1
    }

    /// Compares the success rate with those of the other hosts, which had as many calls.
    private mutating func isOutlier(now: Double) -> Bool {
        guard calls >= Self.callsMin, hosts >= Self.hostsMin else { return false }
        let own = 1 - Double(failures) / Double(calls)
        let share = Self.usualShare * (othersDrift ? Provider.errorDrift(at: now) : 1)
        var rates = [own]
        for _ in 1..<hosts {
            var failed = 0
            for _ in 0..<calls where dice.fraction() < share { failed += 1 }
            rates.append(1 - Double(failed) / Double(calls))
        }
        let mean = rates.reduce(0, +) / Double(hosts)
        let variance = rates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(hosts)
        return own < mean - Self.factor * variance.squareRoot()
    }
}
