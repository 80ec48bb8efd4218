/// A breaker as resilience4j documents it: a window by calls or by seconds, shares of failures and of slow calls.
///
/// Documented defaults: failureRateThreshold 50, slowCallRateThreshold 100, slowCallDurationThreshold 60 s,
/// slidingWindowType COUNT_BASED, slidingWindowSize 100, minimumNumberOfCalls 100, waitDurationInOpenState 60 s,
/// permittedNumberOfCallsInHalfOpenState 10 (https://resilience4j.readme.io/docs/circuitbreaker). The wait ends with
/// the next call; half open, exactly the permitted calls pass, and once they ended the shares decide.
struct WindowDetector: Detector {
    enum Window {
        case calls(Int)
        case seconds(Int)
    }

    private enum State {
        case closed
        case open(until: Double)
        case halfOpen(begun: Int, ended: Counts)
    }

    private struct Counts {
        var total = 0
        var failed = 0
        var slow = 0

        static func += (left: inout Counts, right: Counts) {
            left.total += right.total
            left.failed += right.failed
            left.slow += right.slow
        }

        static func -= (left: inout Counts, right: Counts) {
            left.total -= right.total
            left.failed -= right.failed
            left.slow -= right.slow
        }
    }

    private let window: Window
    private let callsMin: Int
    private let failureShare: Double
    private let slowShare: Double
    private let slowFrom: Double
    private let wait: Double
    private let permitted: Int
    private var state = State.closed
    /// Calls, or seconds, in a ring.
    private var parts: [Counts]
    private var sum = Counts()
    private var next = 0
    private var epoch = 0
    /// Since which epoch the calls on their way count.
    private var begunIn: [Int: Int] = [:]
    private(set) var trips = 0

    init(
        window: Window = .calls(100),
        callsMin: Int = 100,
        failureShare: Double = 0.5,
        slowShare: Double = 1,
        slowFrom: Double = 60,
        wait: Double = 60,
        permitted: Int = 10
    ) {
        self.window = window
        self.callsMin = callsMin
        self.failureShare = failureShare
        self.slowShare = slowShare
        self.slowFrom = slowFrom
        self.wait = wait
        self.permitted = permitted
        switch window {
        case .calls(let size), .seconds(let size): parts = Array(repeating: Counts(), count: size)
        }
    }

    var flow: Flow {
        switch state {
        case .closed: .all
        case .open: .none
        case .halfOpen: .some
        }
    }

    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool {
        switch state {
        case .closed: break
        case .open(let until):
            guard now >= until else { return false }
            epoch += 1
            state = .halfOpen(begun: 1, ended: Counts())
        case .halfOpen(let begun, let ended):
            guard begun < permitted else { return false }
            state = .halfOpen(begun: begun + 1, ended: ended)
        }
        begunIn[number] = epoch
        return true
    }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        guard begunIn.removeValue(forKey: exchange.number) == epoch else { return }
        let one = Counts(
            total: 1,
            failed: exchange.failed ? 1 : 0,
            slow: exchange.latency >= slowFrom ? 1 : 0
        )
        switch state {
        case .closed:
            record(one, now: now)
            if isTooMuch(sum, least: callsMin) { open(now: now, fromClosed: true) }
        case .open: break
        case .halfOpen(let begun, var ended):
            ended += one
            state = .halfOpen(begun: begun, ended: ended)
            guard ended.total >= permitted else { return }
            if isTooMuch(ended, least: permitted) { return open(now: now, fromClosed: false) }
            epoch += 1
            clear()
            state = .closed
        }
    }

    private mutating func open(now: Double, fromClosed: Bool) {
        trips += fromClosed ? 1 : 0
        epoch += 1
        state = .open(until: now + wait)
    }

    private func isTooMuch(_ counts: Counts, least: Int) -> Bool {
        counts.total >= least
            && (Double(counts.failed) >= failureShare * Double(counts.total)
                || Double(counts.slow) >= slowShare * Double(counts.total))
    }

    private mutating func record(_ one: Counts, now: Double) {
        switch window {
        case .calls(let size):
            sum -= parts[next % size]
            parts[next % size] = one
            next += 1
        case .seconds(let size):
            let second = Int(now)
            if second - next >= size { clear() }
            while next < second {
                next += 1
                sum -= parts[next % size]
                parts[next % size] = Counts()
            }
            parts[second % size] += one
        }
        sum += one
    }

    private mutating func clear() {
        for index in parts.indices { parts[index] = Counts() }
        sum = Counts()
        if case .calls = window { next = 0 }
    }
}
