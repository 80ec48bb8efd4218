package import Domain
import Signatures

/// Stripe as its webhooks behave: payments happen, events are signed, sent, and sent again until a 2xx.
///
///     happens -> waiting (due) -taken-> on its way -2xx-> acknowledged
///                   ^                        |
///                   +--- not 2xx, tries left +--- no tries left ---> given up
///
/// A value without clock, chance of its own or network: the caller gives the time, sends what is due and reports
/// the answers. The ledger is the truth: what happened, and what Usher has acknowledged.
package struct StripeSandbox: Sendable {
    /// The most events of one burst.
    package static let burstMax = 1_000
    /// Stories that are told at the same time.
    static let storiesOpen = 6

    /// How the endpoint is set up at Stripe.
    package struct Endpoint: Sendable {
        /// The URL that webhooks are posted to.
        package let url: String
        /// The signing secret, `whsec_…`.
        package let secret: Secret
        /// The wait after each failed try; one more try than waits is made.
        ///
        /// Stripe's own grow over three days.
        package let retryDelays: [Duration]

        /// Describes an endpoint.
        package init(url: String, secret: Secret, retryDelays: [Duration]) {
            self.url = url
            self.secret = secret
            self.retryDelays = retryDelays
        }
    }

    private struct Parcel {
        let eventID: String
        let type: String
        let body: [UInt8]
        let kind: StripeShipment.Kind
        var attempt: Int
        var due: Instant

        func copy(_ kind: StripeShipment.Kind, eventID: String? = nil, body: [UInt8]? = nil) -> Parcel {
            Parcel(
                eventID: eventID ?? self.eventID,
                type: type,
                body: body ?? self.body,
                kind: kind,
                attempt: attempt,
                due: due
            )
        }
    }

    private let endpoint: Endpoint
    private var dice: Dice
    private var stories: [StripeStory] = []
    private var faults: [StripeFault] = []
    private var held: [Parcel] = []
    private var waiting: [Parcel] = []
    private var onTheirWay: [Int: Parcel] = [:]
    private var shipments = 0

    /// What happened and what was acknowledged.
    package private(set) var ledger = StripeLedger()

    /// Starts the run that belongs to `seed`.
    package init(_ endpoint: Endpoint, seed: UInt64) {
        self.endpoint = endpoint
        dice = Dice(seed: seed)
    }

    /// When the next request is due; nil while nothing waits.
    package var nextDue: Instant? { waiting.first?.due }

    /// Whether nothing waits and nothing is on its way.
    package var isIdle: Bool { waiting.isEmpty && held.isEmpty && onTheirWay.isEmpty }

    /// Lets a fault befall the next event that happens; several befall it together.
    package mutating func command(_ fault: StripeFault) {
        faults.append(fault)
    }

    /// Lets the next thing happen in some couple's story (several with a burst).
    package mutating func happen(now: Instant) {
        var count = 1
        for case .burst(let size) in faults { count = max(count, min(size, Self.burstMax)) }
        let befalling = faults
        faults = []
        for index in 0..<count {
            makeEvent(now: now, faults: index == 0 ? befalling : [])
        }
    }

    /// Takes what is due by `now`, earliest first, signed with the time of sending as Stripe does.
    package mutating func takeDue(now: Instant, limit: Int = .max) -> [StripeShipment] {
        let due = waiting.prefix { $0.due <= now }.prefix(limit)
        waiting.removeFirst(due.count)
        return due.map { send($0, now: now) }
    }

    /// Reports the answer to a shipment; nil for none (refused connection, time-out).
    ///
    /// Unknown numbers are late answers, and expected.
    package mutating func answered(_ number: Int, status: Int?, now: Instant) {
        guard var parcel = onTheirWay.removeValue(forKey: number) else { return }
        let accepted = status.map { (200...299).contains($0) } ?? false
        switch parcel.kind {
        case .forged:
            if accepted { ledger.forgeryAccepted() }
        case .duplicate:
            if accepted { ledger.acknowledged(parcel.eventID, at: now) }
        case .original:
            if accepted {
                ledger.acknowledged(parcel.eventID, at: now)
            } else if ledger[parcel.eventID]?.isAcknowledged != true {
                guard parcel.attempt <= endpoint.retryDelays.count else {
                    return ledger.givenUp(parcel.eventID, at: now)
                }
                parcel.due = now + endpoint.retryDelays[parcel.attempt - 1]
                parcel.attempt += 1
                enqueue(parcel)
            }
        }
    }

    private mutating func makeEvent(now: Instant, faults: [StripeFault]) {
        let id = dice.name("evt_1", 23)
        guard let happening = nextHappening(now: now) else { return }
        ledger.happened(id: id, type: happening.type, subject: happening.subject, at: now)
        var parcel = Parcel(
            eventID: id,
            type: happening.type,
            body: body(id, happening, now: now),
            kind: .original,
            attempt: 1,
            due: now
        )
        for case .delay(let delay) in faults { parcel.due = parcel.due + delay }
        let followers = held
        held = []
        if faults.contains(.reorder) {
            held = [parcel]
        } else {
            enqueue(parcel)
        }
        for var follower in followers {
            follower.due = max(follower.due, parcel.due)
            enqueue(follower)
        }
        if faults.contains(.duplicate) {
            enqueue(parcel.copy(.duplicate))
        }
        if faults.contains(.badSignature) {
            let forgedID = dice.name("evt_1", 23)
            enqueue(parcel.copy(.forged, eventID: forgedID, body: body(forgedID, happening, now: now)))
        }
    }

    private mutating func nextHappening(now: Instant) -> StripeStory.Happening? {
        while stories.count < Self.storiesOpen { stories.append(StripeStory(&dice)) }
        let index = dice.number(0...stories.count - 1)
        let happening = stories[index].next(now: now)
        if stories[index].isOver { stories.remove(at: index) }
        return happening
    }

    private mutating func body(_ id: String, _ happening: StripeStory.Happening, now: Instant) -> [UInt8] {
        let event: JSONValue = [
            "id": .string(id),
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": .integer(now.seconds),
            "data": ["object": happening.object],
            "livemode": false,
            "pending_webhooks": 1,
            "request": ["id": .string(dice.name("req_", 14)), "idempotency_key": .string(dice.name("", 22))],
            "type": .string(happening.type),
        ]
        return event.serialized(pretty: true)
    }

    /// Keeps `waiting` in order of time; equal times keep the order in which they came.
    private mutating func enqueue(_ parcel: Parcel) {
        var low = 0
        var high = waiting.count
        while low < high {
            let middle = (low + high) / 2
            if waiting[middle].due <= parcel.due { low = middle + 1 } else { high = middle }
        }
        waiting.insert(parcel, at: low)
    }

    private mutating func send(_ parcel: Parcel, now: Instant) -> StripeShipment {
        shipments += 1
        onTheirWay[shipments] = parcel
        if parcel.kind == .forged {
            ledger.forgerySent()
        } else {
            ledger.sent(parcel.eventID)
        }
        let secret = parcel.kind == .forged ? Secret("whsec_the-key-of-a-stranger-0000") : endpoint.secret
        let signature = StripeSignature.sign(parcel.body, secrets: [secret], timestamp: now)
        return StripeShipment(
            number: shipments,
            eventID: parcel.eventID,
            type: parcel.type,
            attempt: parcel.attempt,
            kind: parcel.kind,
            request: WebhookRequest(
                url: endpoint.url,
                headers: Headers([
                    ("content-type", "application/json; charset=utf-8"),
                    ("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"),
                    (StripeSignature.header, signature),
                ]),
                body: parcel.body
            )
        )
    }
}
