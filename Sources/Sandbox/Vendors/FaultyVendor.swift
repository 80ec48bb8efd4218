package import Domain
package import Providers

/// A vendor whose connection, answers and clock fail on command.
///
/// Pure like the vendor in it: the same requests, instants, faults and seed give the same exchanges.
package struct FaultyVendor: Sendable {
    /// The most faults at a time.
    package static let faultsMax = 32
    /// The most requests whose effect is still to come; one more is refused a connection.
    package static let lateMax = 1_000

    /// The vendor.
    package private(set) var vendor: any VendorMachine
    /// What goes wrong, in the order it was commanded.
    package private(set) var faults: [VendorFault] = []
    /// The requests that came.
    package private(set) var traffic = VendorTraffic()
    private let beginning: any VendorMachine
    private var late: [Late] = []
    /// Until when everybody is shut out, by a `punish`.
    private var shutOutUntil: Instant?

    private struct Late: Sendable {
        let request: VendorRequest
        let due: Instant
    }

    /// Wraps a vendor without any faults.
    package init(_ vendor: any VendorMachine) {
        self.vendor = vendor
        beginning = vendor
    }

    /// Whose API it is.
    package var provider: APIProvider { vendor.provider }

    /// What took effect, oldest first.
    package var ledger: [LedgerEntry] { vendor.ledger }

    /// When the next effect that is late comes; nil when none is.
    package var nextLate: Instant? { late.map(\.due).min() }

    /// Adds a fault; false when there are `faultsMax` already.
    package mutating func add(_ fault: VendorFault) -> Bool {
        guard faults.count < Self.faultsMax else { return false }
        faults.append(fault)
        return true
    }

    /// Ends all faults; what is late still comes.
    package mutating func clearFaults() {
        faults = []
    }

    /// Forgets everything: the vendor's memory, its faults, what is late.
    package mutating func reset() {
        vendor = beginning
        faults = []
        late = []
        traffic = VendorTraffic()
        shutOutUntil = nil
    }

    /// Takes one request and says what becomes of it.
    package mutating func exchange(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorExchange {
        let exchange = result(of: request, now: now, random: &random)
        traffic.record(request, exchange, at: now)
        return exchange
    }

    private mutating func result(
        of request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorExchange {
        advance(now: now, random: &random)
        let circumstances = circumstances(of: request, now: now, random: &random)
        vendor.conditions = circumstances.conditions
        if case .storedFailure(let failure) = circumstances.verdict, vendor.storesFailures {
            vendor.conditions.storedFailure = failure
        }
        defer { vendor.conditions = VendorConditions() }
        let clock = now + circumstances.skew
        let delay = circumstances.conditions.answersAfter
        switch circumstances.verdict {
        case .refuse: return .refused
        case .blackHole: return .silence
        case .failBefore(let status):
            return .answer(dated(vendor.failure(status: status, random: &random), clock), after: delay)
        case .failAfter(let status):
            _ = vendor.answer(request, now: clock, random: &random)
            return .answer(dated(vendor.failure(status: status, random: &random), clock), after: delay)
        case .storedFailure(let failure) where !vendor.storesFailures:
            if failure.takesEffect { _ = vendor.answer(request, now: clock, random: &random) }
            return .answer(
                dated(vendor.failure(status: failure.status, random: &random), clock),
                after: delay
            )
        case .storm(let advice):
            var answer = vendor.overLimit(random: &random)
            advice.write(into: &answer, clock: clock)
            return .answer(dated(answer, clock), after: delay)
        case .dropAnswer:
            _ = vendor.answer(request, now: clock, random: &random)
            return .dropped(after: delay)
        case .lateEffect(let lateness):
            guard late.count < Self.lateMax else { return .refused }
            late.append(Late(request: request, due: now + lateness))
            return .dropped(after: delay)
        case .punish(let time):
            return .answer(
                dated(punished(request, for: time, now: now, random: &random), clock),
                after: delay
            )
        default:
            return .answer(dated(vendor.answer(request, now: clock, random: &random), clock), after: delay)
        }
    }

    /// The vendor's answer, or 429 to everybody for `time` after each that it gave.
    private mutating func punished(
        _ request: VendorRequest,
        for time: Duration,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        if let shutOutUntil, now < shutOutUntil { return vendor.overLimit(random: &random) }
        let answer = vendor.answer(request, now: now, random: &random)
        if answer.status == 429 { shutOutUntil = now + time }
        return answer
    }

    /// Lets what is late and due by `now` take effect, earliest first; nobody sees the answers.
    package mutating func advance(now: Instant, random: inout SeededRandom) {
        faults.removeAll { $0.until.map { $0 <= now } ?? false }
        let due = late.filter { $0.due <= now }.sorted { $0.due < $1.due }
        guard !due.isEmpty else { return }
        late.removeAll { $0.due <= now }
        for late in due { _ = vendor.answer(late.request, now: late.due, random: &random) }
    }

    /// The webhooks that are due by `now`.
    package mutating func takeWebhooks(now: Instant) -> [VendorWebhook] {
        vendor.takeWebhooks(now: now)
    }

    /// Says that the webhook `id` was taken with a 2xx.
    package mutating func webhookDelivered(_ id: String) {
        vendor.webhookDelivered(id)
    }

    private struct Circumstances {
        var conditions = VendorConditions()
        var skew = Duration.zero
        /// The first fault that decides the exchange; nil for a true answer.
        var verdict: VendorFault.Kind?
    }

    /// Draws which faults befall a request: delays and skews add up, the first that ends the exchange decides.
    private func circumstances(
        of request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> Circumstances {
        var found = Circumstances()
        for fault in faults where fault.concerns(request, now: now) {
            guard fault.share >= 1 || Double.random(in: 0..<1, using: &random) < fault.share else { continue }
            switch fault.kind {
            case .slow, .creep: found.conditions.answersAfter += fault.delay(now: now)
            case .clockSkew(let skew): found.skew += skew
            case .hideNew(let delay):
                found.conditions.lookUpDelay = max(found.conditions.lookUpDelay, delay)
            case .halveLimit: found.conditions.limitShare *= 0.5
            case .scaleLimit(let factor): found.conditions.limitShare *= factor
            case let kind:
                if found.verdict == nil { found.verdict = kind }
            }
        }
        return found
    }

    /// The answer with the vendor's clock in `date`.
    private func dated(_ answer: VendorAnswer, _ clock: Instant) -> VendorAnswer {
        guard answer.headers.first("date") == nil else { return answer }
        var dated = answer
        dated.headers.append(lowercaseName: "date", value: VendorText.httpDate(clock))
        return dated
    }
}

extension VendorFault.RetryAdvice {
    fileprivate func write(into answer: inout VendorAnswer, clock: Instant) {
        let text: String? =
            switch self {
            case .absent: nil
            case .seconds(let seconds): "\(seconds)"
            case .date(let seconds): VendorText.httpDate(clock + .seconds(seconds))
            case .garbage: "soon"
            }
        guard let text else { return }
        answer.headers.append(lowercaseName: "retry-after", value: text)
    }
}
