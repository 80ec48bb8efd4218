/// A breaker as Polly documents its circuit breaker strategy: the share of failures over a sampling duration.
///
/// Documented defaults: FailureRatio 0.1, MinimumThroughput 100, SamplingDuration 30 s, BreakDuration 5 s
/// (https://www.pollydocs.org/strategies/circuit-breaker). After the break the next call is a probe: the circuit is
/// reset when it succeeds and breaks again when it fails. Hystrix documents the same with 50 %, 20 calls, 10 s and 5 s
/// (errorThresholdPercentage, requestVolumeThreshold, rolling statistical window, sleepWindow).
struct RatioDetector: Detector {
    private enum State {
        case closed
        case open(until: Double)
        case probing(number: Int)
    }

    private let window: Double
    private let callsMin: Int
    private let share: Double
    private let pause: Double
    /// The window in ten parts.
    private var parts = [(calls: Int, failures: Int)](repeating: (0, 0), count: 10)
    private var part = 0
    private var state = State.closed
    private(set) var trips = 0

    init(window: Double, callsMin: Int, share: Double, pause: Double) {
        self.window = window
        self.callsMin = callsMin
        self.share = share
        self.pause = pause
    }

    var flow: Flow {
        switch state {
        case .closed: .all
        case .open: .none
        case .probing: .some
        }
    }

    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool {
        switch state {
        case .closed: return true
        case .open(let until):
            guard now >= until else { return false }
            state = .probing(number: number)
            return true
        case .probing: return false
        }
    }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        switch state {
        case .closed:
            record(exchange, now: now)
        case .open: break
        case .probing(let number):
            guard number == exchange.number else { return }
            guard !exchange.failed else {
                state = .open(until: now + pause)
                return
            }
            for index in parts.indices { parts[index] = (0, 0) }
            state = .closed
        }
    }

    private mutating func record(_ exchange: Exchange, now: Double) {
        let current = Int(now / (window / 10))
        for skipped in stride(from: max(part + 1, current - 9), through: current, by: 1) {
            parts[skipped % 10] = (0, 0)
        }
        part = max(part, current)
        parts[part % 10].calls += 1
        parts[part % 10].failures += exchange.failed ? 1 : 0
        guard exchange.failed else { return }
        let calls = parts.reduce(0) { $0 + $1.calls }
        let failures = parts.reduce(0) { $0 + $1.failures }
        guard calls >= callsMin, Double(failures) >= share * Double(calls) else { return }
        trips += 1
        state = .open(until: now + pause)
    }
}
