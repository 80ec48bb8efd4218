import Domain
import Foundation
import HeapModule
import Resilience

/// How requests are sent.
enum Client: String, CaseIterable, Sendable {
    /// The queue and the budget of the gateway.
    case usher
    /// At once; refused, again after U(0, min(32 s, 0.5 s · 2ᵏ)).
    case fullJitter = "full jitter"
    /// At once; refused, again after min(5 s, 0.5 s · 2ᵏ) · U(0.5, 1), at least 0.5 s.
    case stripe = "Stripe's clients"
    /// At once; refused, again after the whole seconds the provider names and up to one more.
    case retryAfter = "Retry-After"
}

/// One client before one provider, over one trace, in virtual time.
struct Run {
    private struct Event: Comparable {
        enum Kind {
            case arrived
            case atProvider(attempt: Int)
            case answered(wait: Double?)
            case wake
        }

        let time: Double
        let order: Int
        let request: Int
        let kind: Kind

        static func < (left: Event, right: Event) -> Bool {
            (left.time, left.order) < (right.time, right.order)
        }
        static func == (left: Event, right: Event) -> Bool { left.order == right.order }
    }

    let client: Client
    let requests: [Request]
    /// When each request was accepted, by its place in `requests`.
    private(set) var acceptedAt: [Double]
    /// Every call on the wire, by place in `requests`.
    private(set) var sends: [(request: Int, time: Double)] = []
    private var attempts: [Int]
    private var provider: ProviderModel
    private var queue: BudgetQueue<Int>
    private var sent: [Int: SentCall<Int>] = [:]
    private var events = Heap<Event>()
    private var order = 0
    private var random: SeededRandom
    private var nextWake = Double.infinity

    init(_ client: Client, _ requests: [Request], _ provider: ProviderModel, seed: UInt64) {
        self.client = client
        self.requests = requests
        self.provider = provider
        acceptedAt = [Double](repeating: .infinity, count: requests.count)
        attempts = [Int](repeating: 0, count: requests.count)
        random = SeededRandom(seed: seed)
        let limits = BudgetQueue<Int>.Limits(callsMax: .max / 100, callsOfWeddingMax: .max)
        queue = BudgetQueue(IntegrationBudget([provider.described], now: Self.reading(0)), limits: limits)
    }

    mutating func finish() {
        for index in requests.indices { schedule(requests[index].time, index, .arrived) }
        while let event = events.popMin() {
            switch event.kind {
            case .arrived: arrived(event)
            case .atProvider(let attempt):
                let wait = provider.receive(at: event.time)
                if wait == nil { acceptedAt[event.request] = event.time }
                let back = event.time + Self.network(requests[event.request].id, attempt, back: true)
                schedule(back, event.request, .answered(wait: wait))
            case .answered(let wait): answered(event, wait)
            case .wake:
                if event.time >= nextWake { nextWake = .infinity }
                pump(event.time)
            }
        }
    }

    private mutating func arrived(_ event: Event) {
        guard client == .usher else { return send(event.request, event.time) }
        _ = queue.add(
            WaitingCall(event.request, requests[event.request].budgetClass),
            now: Self.reading(event.time)
        )
        pump(event.time)
    }

    private mutating func answered(_ event: Event, _ wait: Double?) {
        if client == .usher, let call = sent.removeValue(forKey: event.request) {
            let now = Self.reading(event.time)
            queue.finished(call, isAccepted: wait == nil, now: now)
            if wait != nil {
                let news = LimitNews.refused(limit: nil, wait: nil)
                queue.apply(news, for: call, now: now, chance: Double.random(in: 0..<1, using: &random))
                _ = queue.add(call.call, now: now)
            }
            return pump(event.time)
        }
        guard let wait else { return }
        schedule(event.time + pause(attempts[event.request], wait), event.request, .arrived)
    }

    /// How long a client without a queue waits after its refusal number `attempt`.
    private mutating func pause(_ attempt: Int, _ wait: Double) -> Double {
        let doubled = 0.5 * Double(1 << min(attempt - 1, 10))
        let chance = Double.random(in: 0..<1, using: &random)
        switch client {
        case .usher: return 0
        case .fullJitter: return min(32, doubled) * chance
        case .stripe: return max(0.5, min(5, doubled) * (0.5 + chance / 2))
        case .retryAfter: return wait.rounded(.up) + chance
        }
    }

    private mutating func pump(_ time: Double) {
        while true {
            switch queue.next(now: Self.reading(time)) {
            case .send(let call):
                sent[call.call.id] = call
                send(call.call.id, time)
            case .wait(let wait):
                let wake = time + wait.inSeconds
                if wake < nextWake {
                    nextWake = wake
                    schedule(wake, -1, .wake)
                }
                return
            case .expired, .unsaved, .idle: return
            }
        }
    }

    private mutating func send(_ request: Int, _ time: Double) {
        attempts[request] += 1
        sends.append((request, time))
        let there = time + Self.network(requests[request].id, attempts[request], back: false)
        schedule(there, request, .atProvider(attempt: attempts[request]))
    }

    private mutating func schedule(_ time: Double, _ request: Int, _ kind: Event.Kind) {
        order += 1
        events.insert(Event(time: time, order: order, request: request, kind: kind))
    }

    /// One way takes 10 to 40 ms, the same for every client.
    static func network(_ id: Int, _ attempt: Int, back: Bool) -> Double {
        var random = SeededRandom(
            seed: UInt64(truncatingIfNeeded: id &* 4_099 &+ attempt &* 2 &+ (back ? 1 : 0))
        )
        return Double.random(in: 0.01..<0.04, using: &random)
    }

    private static func reading(_ time: Double) -> ClockReading {
        let elapsed = Duration(fractionalSeconds: time)
        return ClockReading(elapsed: elapsed, wall: Instant(seconds: 1_785_542_400) + elapsed)
    }
}
