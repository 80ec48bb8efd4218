import Domain
package import Resilience

/// Which of a destination's two URLs a try goes to.
package enum DeliveryRoute: Hashable, Sendable {
    /// The destination's own URL.
    case primary
    /// The URL used while the first is down.
    case standby
}

/// The right to try one delivery now, on one route.
package struct DeliveryPermit: Hashable, Sendable {
    /// The destination's row number.
    package let destinationID: Int64
    /// Where to.
    package let route: DeliveryRoute
    let ticket: Breaker.Ticket
}

/// What a try says about the URL it went to.
package enum RouteHealth: Equatable, Sendable {
    /// It answered as a server that works does, a refusal of this one event included.
    case alive
    /// It did not answer, or with a server error.
    case failing
    /// It asked to be left alone this long.
    case throttled(Duration)
    /// Nothing was learned: no request left.
    case unknown
}

/// Decides how many deliveries one destination may have started now: in-flight limit, rate, breakers, pauses.
///
/// While the breaker of the own URL is open permits go to the standby URL if there is one, else the destination
/// waits. Nothing here ever disables a destination.
package struct DestinationGate: Sendable {
    /// What the operator set.
    package struct Limits: Hashable, Sendable {
        /// The most deliveries in flight.
        package let concurrency: Int
        /// The most deliveries a second; nil is no limit.
        package let ratePerSecond: Double?
        /// Whether there is a standby URL.
        package let hasStandby: Bool
        /// False while it is disabled or stopped.
        package let isActive: Bool

        /// Collects the limits of a destination.
        package init(concurrency: Int, ratePerSecond: Double?, hasStandby: Bool, isActive: Bool) {
            self.concurrency = concurrency
            self.ratePerSecond = ratePerSecond
            self.hasStandby = hasStandby
            self.isActive = isActive
        }
    }

    /// The destination's row number.
    package let id: Int64
    /// What the operator set.
    package private(set) var limits: Limits
    /// Deliveries on their way.
    package private(set) var inFlight = 0
    /// Whether ready lanes may wait in the store.
    package private(set) var mayHaveWork = true
    /// Whether a lane became ready after the permits were given: a claim that comes back short may not have seen it.
    private var hasNews = false
    /// Until when it asked to be left alone, on the monotonic clock.
    package private(set) var pausedUntil: Duration?
    /// The breaker of its own URL.
    package private(set) var primary = Breaker()
    /// The breaker of the standby URL.
    package private(set) var standby = Breaker()
    private var bucket: TokenBucket?

    /// Makes a gate that lets everything through within `limits`.
    package init(id: Int64, limits: Limits, now: Duration) {
        self.id = id
        self.limits = limits
        bucket = limits.ratePerSecond.map { Self.bucket($0, now: now) }
    }

    /// Takes in changed limits; breakers start anew when a URL may have changed.
    package mutating func change(_ limits: Limits, urlsChanged: Bool, now: Duration) {
        if limits.ratePerSecond != self.limits.ratePerSecond {
            bucket = limits.ratePerSecond.map { Self.bucket($0, now: now) }
        }
        if urlsChanged {
            primary = Breaker()
            standby = Breaker()
            pausedUntil = nil
        }
        self.limits = limits
        workArrived()
    }

    /// Takes in that a lane became ready.
    package mutating func workArrived() {
        mayHaveWork = true
        hasNews = true
    }

    /// Permits for at most `limit` deliveries; those not used go back through `unused`.
    package mutating func permits(atMost limit: Int, now: Duration) -> [DeliveryPermit] {
        hasNews = false
        var permits: [DeliveryPermit] = []
        let free = min(limit, freePlaces(now: now))
        while permits.count < free, let permit = permit(now: now) {
            permits.append(permit)
        }
        return permits
    }

    /// How many deliveries could be started now, breakers aside.
    package func freePlaces(now: Duration) -> Int {
        guard limits.isActive, mayHaveWork, pausedUntil.map({ now >= $0 }) ?? true else { return 0 }
        let places = limits.concurrency - inFlight
        guard var bucket else { return places }
        var tokens = 0
        while tokens < places, bucket.take(now: now) == .taken { tokens += 1 }
        return tokens
    }

    /// When to ask again after getting too few permits; nil when only new work or a finished try changes anything.
    package func nextChance(now: Duration) -> Duration? {
        guard limits.isActive, mayHaveWork, inFlight < limits.concurrency else { return nil }
        if let pausedUntil, pausedUntil > now { return pausedUntil }
        if var bucket, case .wait(let wait) = bucket.take(now: now) { return now + wait }
        var trial = self
        var chances: [Duration] = []
        if case .notBefore(let instant) = trial.primary.admit(now: now) { chances.append(instant) }
        if limits.hasStandby, case .notBefore(let instant) = trial.standby.admit(now: now) {
            chances.append(instant)
        }
        return chances.min()
    }

    /// Takes in how many lanes a claim for `asked` places brought.
    package mutating func claimed(_ count: Int, asked: Int, now: Duration) {
        inFlight += count
        for _ in 0..<count { _ = bucket?.take(now: now) }
        if count < asked { mayHaveWork = hasNews }
    }

    /// Gives back a permit that was not used.
    package mutating func unused(_ permit: DeliveryPermit) {
        report(permit, .unknown, now: .zero, jitter: 0)
    }

    /// One more permit within the same claim, to try the standby URL after the first failed.
    package mutating func standbyPermit(now: Duration) -> DeliveryPermit? {
        guard limits.hasStandby, case .allowed(let ticket) = standby.admit(now: now) else { return nil }
        return DeliveryPermit(destinationID: id, route: .standby, ticket: ticket)
    }

    /// Takes in what a try said about its route.
    package mutating func report(
        _ permit: DeliveryPermit,
        _ health: RouteHealth,
        now: Duration,
        jitter: Double
    ) {
        switch permit.route {
        case .primary: Self.report(&primary, permit.ticket, health, now: now, jitter: jitter)
        case .standby: Self.report(&standby, permit.ticket, health, now: now, jitter: jitter)
        }
        if case .throttled(let wait) = health {
            pausedUntil = max(pausedUntil ?? .zero, now + wait)
        }
    }

    /// Takes in that a claimed delivery is over.
    package mutating func finished(laneReady: Bool) {
        inFlight -= 1
        if laneReady { workArrived() }
    }

    private mutating func permit(now: Duration) -> DeliveryPermit? {
        if case .allowed(let ticket) = primary.admit(now: now) {
            return DeliveryPermit(destinationID: id, route: .primary, ticket: ticket)
        }
        return standbyPermit(now: now)
    }

    private static func report(
        _ breaker: inout Breaker,
        _ ticket: Breaker.Ticket,
        _ health: RouteHealth,
        now: Duration,
        jitter: Double
    ) {
        switch health {
        case .alive: breaker.succeeded(ticket, now: now)
        case .failing: breaker.failed(ticket, now: now, jitter: jitter)
        case .throttled, .unknown: breaker.abandoned(ticket)
        }
    }

    private static func bucket(_ rate: Double, now: Duration) -> TokenBucket {
        TokenBucket(ratePerSecond: rate, burst: max(1, Int(rate.rounded(.up))), now: now)
    }
}
