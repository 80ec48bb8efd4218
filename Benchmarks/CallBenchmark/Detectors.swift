import Domain
import Resilience

/// Something that watches calls and says at some point that the provider is in trouble.
protocol Detector {
    /// Whether it would stop calling.
    var hasTripped: Bool { get }
    /// Whether it foresees trouble.
    var isWarned: Bool { get }
    /// A call leaves; false when the detector keeps it back.
    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool
    mutating func finished(_ exchange: Exchange, now: Double, chance: Double)
    mutating func tick(now: Double, chance: Double)
}

extension Detector {
    var isWarned: Bool { false }
    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool { true }
    mutating func tick(now: Double, chance: Double) {}
}

/// The guard of the gateway as it stands.
struct GuardDetector: Detector {
    private var subject: IntegrationGuard
    private var tickets: [Int: IntegrationGuard.Ticket] = [:]

    init(inFlightMax: Int = 2000) {
        subject = IntegrationGuard(limits: .init(inFlightMax: inFlightMax), now: .zero)
    }

    var trips: Int { subject.trips }
    var hasTripped: Bool { subject.trips > 0 }
    var isWarned: Bool { subject.isWarned }

    func health(now: Double) -> IntegrationHealth { subject.health(now: Duration(fractionalSeconds: now)) }

    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool {
        let now = Duration(fractionalSeconds: now)
        guard case .allowed(let ticket) = subject.admit(priority: .critical, now: now, chance: chance) else {
            return false
        }
        subject.began(ticket, now: now)
        tickets[number] = ticket
        return true
    }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        guard let ticket = tickets.removeValue(forKey: exchange.number) else { return }
        subject.finished(
            ticket,
            outcome: exchange.failed ? .fail : .ok,
            latency: Duration(fractionalSeconds: exchange.latency),
            now: Duration(fractionalSeconds: now),
            jitter: chance
        )
    }

    mutating func tick(now: Double, chance: Double) {
        subject.tick(now: Duration(fractionalSeconds: now), jitter: chance)
    }
}

/// Envoy's and Finagle's consecutive failures.
struct ConsecutiveDetector: Detector {
    private var inARow = 0
    private(set) var hasTripped = false

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        inARow = exchange.failed ? inARow + 1 : 0
        if inARow >= 5 { hasTripped = true }
    }
}

/// resilience4j's window by count; failures only, as its slow-call rate counts from 60 s on by default.
struct CountDetector: Detector {
    let size: Int
    let callsMin: Int
    let share: Double
    private var window: [Bool] = []
    private var next = 0
    private var failures = 0
    private(set) var hasTripped = false

    init(size: Int, callsMin: Int, share: Double) {
        self.size = size
        self.callsMin = callsMin
        self.share = share
    }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        if window.count < size {
            window.append(exchange.failed)
        } else {
            failures -= window[next] ? 1 : 0
            window[next] = exchange.failed
            next = (next + 1) % size
        }
        failures += exchange.failed ? 1 : 0
        if window.count >= callsMin, Double(failures) >= share * Double(window.count) { hasTripped = true }
    }
}

/// Hystrix's and Polly's window by time, in ten parts.
struct TimeDetector: Detector {
    let window: Double
    let callsMin: Int
    let share: Double
    private var parts = [(calls: Int, failures: Int)](repeating: (0, 0), count: 10)
    private var part = 0
    private(set) var hasTripped = false

    init(window: Double, callsMin: Int, share: Double) {
        self.window = window
        self.callsMin = callsMin
        self.share = share
    }

    mutating func finished(_ exchange: Exchange, now: Double, chance: Double) {
        let current = Int(now / (window / 10))
        for skipped in stride(from: max(part + 1, current - 9), through: current, by: 1) {
            parts[skipped % 10] = (0, 0)
        }
        part = max(part, current)
        parts[part % 10].calls += 1
        parts[part % 10].failures += exchange.failed ? 1 : 0
        let calls = parts.reduce(0) { $0 + $1.calls }
        let failures = parts.reduce(0) { $0 + $1.failures }
        if calls >= callsMin, Double(failures) >= share * Double(calls) { hasTripped = true }
    }
}
