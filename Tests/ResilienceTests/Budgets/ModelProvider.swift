import Domain
import Resilience

/// A provider as it really counts, by its own clock and with a network before it.
struct ModelProvider {
    enum Limiter {
        case bucket(rate: Double, burst: Double, tokens: Double, at: Double)
        case window(count: Int, length: Double, used: Int, number: Int)
    }

    var limiter: Limiter
    /// How long a refused client is refused everything; zero at providers that forgive.
    var block = 0.0
    private(set) var accepted = 0
    private(set) var refused = 0
    private(set) var blocks: [Double] = []
    private var blockedUntil = -Double.infinity

    static func bucket(_ rate: Double, _ burst: Double, block: Double = 0) -> ModelProvider {
        ModelProvider(
            limiter: .bucket(rate: rate, burst: burst, tokens: burst, at: 0),
            block: block
        )
    }

    static func window(_ count: Int, _ length: Double) -> ModelProvider {
        ModelProvider(limiter: .window(count: count, length: length, used: 0, number: 0))
    }

    init(limiter: Limiter, block: Double = 0) {
        self.limiter = limiter
        self.block = block
    }

    /// Counts a call that arrives at `time`, in seconds since the test's start.
    mutating func receive(at time: Double) -> Bool {
        guard time >= blockedUntil else {
            refused += 1
            return false
        }
        if hasRoom(at: time) {
            accepted += 1
            return true
        }
        refused += 1
        if block > 0 {
            blocks.append(time)
            blockedUntil = time + block
        }
        return false
    }

    mutating func change(to limiter: Limiter) {
        self.limiter = limiter
    }

    private mutating func hasRoom(at time: Double) -> Bool {
        switch limiter {
        case .bucket(let rate, let burst, let tokens, let latest):
            let now = min(burst, tokens + max(time - latest, 0) * rate)
            limiter = .bucket(
                rate: rate,
                burst: burst,
                tokens: now >= 1 ? now - 1 : now,
                at: max(time, latest)
            )
            return now >= 1
        case .window(let count, let length, let used, let number):
            let current = Int(time / length)
            let usedNow = current == number ? used : 0
            limiter = .window(
                count: count,
                length: length,
                used: min(usedNow + 1, count),
                number: current
            )
            return usedNow < count
        }
    }
}

/// One queue before one model provider, in virtual time; a call takes 10 to 40 ms each way.
struct ModelRun {
    struct Outcome {
        var budgetClass: BudgetClass
        var wedding: WeddingID?
        var addedAt: Double
        /// When the provider let it through.
        var acceptedAt: Double?
        var attempts = 0
    }

    var queue: BudgetQueue<Int>
    var provider: ModelProvider
    /// The wait a refusal names, if it does.
    var retryAfter: (Double) -> Duration? = { _ in nil }
    private(set) var outcomes: [Int: Outcome] = [:]
    /// The times at which refusals arrived here.
    private(set) var refusals: [Double] = []
    private(set) var sends: [Double] = []
    private var flying: [Flight] = []
    private var random: SeededRandom
    private(set) var time = 0.0

    private struct Flight {
        let call: SentCall<Int>
        let arrivesAt: Double
        let answeredAt: Double
        var isAccepted: Bool?
    }

    init(_ limit: BudgetLimit, _ provider: ModelProvider, seed: UInt64) {
        queue = BudgetQueue(IntegrationBudget([limit], now: at(0)))
        self.provider = provider
        random = SeededRandom(seed: seed)
    }

    mutating func add(_ id: Int, _ budgetClass: BudgetClass, wedding: WeddingID? = nil) {
        outcomes[id] = Outcome(budgetClass: budgetClass, wedding: wedding, addedAt: time)
        _ = queue.add(WaitingCall(id, budgetClass, wedding: wedding), now: at(time))
    }

    /// Goes on until `end`, adding the calls of `arrivals`, which are in the order of time.
    mutating func run(
        until end: Double,
        arrivals: [(time: Double, id: Int, budgetClass: BudgetClass, wedding: WeddingID?)]
    ) {
        var next = arrivals.startIndex
        while time < end {
            while next < arrivals.endIndex, arrivals[next].time <= time + 1e-9 {
                add(arrivals[next].id, arrivals[next].budgetClass, wedding: arrivals[next].wedding)
                next += 1
            }
            let wake = send()
            let upcoming = flying.map { $0.isAccepted == nil ? $0.arrivesAt : $0.answeredAt }.min() ?? end
            let arrival = next < arrivals.endIndex ? arrivals[next].time : end
            time = min(end, max(time, min(upcoming, arrival, wake)))
            land()
        }
    }

    /// Sends what may be sent; when to ask again.
    private mutating func send() -> Double {
        for _ in 0..<100_000 {
            switch queue.next(now: at(time)) {
            case .send(let call):
                sends.append(time)
                outcomes[call.call.id]?.attempts += 1
                let arrives = time + Double.random(in: 0.01..<0.04, using: &random)
                let answered = arrives + Double.random(in: 0.01..<0.04, using: &random)
                flying.append(Flight(call: call, arrivesAt: arrives, answeredAt: answered))
            case .wait(let wait): return time + wait.inSeconds
            default: return .infinity
            }
        }
        return time
    }

    /// Lets calls arrive at the provider and answers here.
    private mutating func land() {
        let ready = flying.indices.filter { flying[$0].isAccepted == nil && flying[$0].arrivesAt <= time }
        for index in ready.sorted(by: { flying[$0].arrivesAt < flying[$1].arrivesAt }) {
            flying[index].isAccepted = provider.receive(at: flying[index].arrivesAt)
        }
        let done = flying.filter { $0.isAccepted != nil && $0.answeredAt <= time }
        flying.removeAll { $0.isAccepted != nil && $0.answeredAt <= time }
        for flight in done {
            let id = flight.call.call.id
            let isAccepted = flight.isAccepted == true
            queue.finished(flight.call, isAccepted: isAccepted, now: at(time))
            if isAccepted {
                outcomes[id]?.acceptedAt = flight.arrivesAt
                continue
            }
            refusals.append(time)
            let news = LimitNews.refused(limit: nil, wait: retryAfter(time))
            queue.apply(
                news,
                for: flight.call,
                now: at(time),
                chance: Double.random(in: 0..<1, using: &random)
            )
            _ = queue.add(flight.call.call, now: at(time))
        }
    }
}
