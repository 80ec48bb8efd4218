package import Domain

/// Everything that decides whether an integration is called now: breaker, early warning, bulkhead, in-flight age.
///
///     admit -> .allowed(ticket) -> began(ticket) -> finished(ticket, ...)
///                                \-> abandoned(ticket)   (not sent after all)
///           -> .notBefore(time, why)
///
/// The call engine holds one for each integration in a `Mutex`, asks, and acts after unlocking. Tickets may come
/// back late, twice or never: a lost one is taken back after `Limits.lease`. A decision takes constant time and no
/// memory (`call-bench`). A call engine that has nowhere else to go passes a chance of 0 for critical calls, which
/// any ramp lets through.
package struct IntegrationGuard: Sendable {
    /// The limits of a guard.
    package struct Limits: Hashable, Sendable {
        /// Calls in flight at most.
        package var inFlightMax: Int
        /// An answer counts as slow when it takes longer than this and than three times the usual.
        package var slow: Duration
        /// A call counts as failed when it is under way longer than this and than three times p95.
        package var late: Duration
        /// A ticket that did not come back for this long is taken back; not less than a call's time-out.
        package var lease: Duration
        /// After this long without news nothing is known.
        package var stale: Duration
        /// The breaker's.
        package var breaker: CallBreaker.Limits

        /// Makes limits; every one has a default.
        package init(
            inFlightMax: Int = 32,
            slow: Duration = .seconds(2),
            late: Duration = .seconds(2),
            lease: Duration = .seconds(120),
            stale: Duration = .seconds(600),
            breaker: CallBreaker.Limits = .init()
        ) {
            self.inFlightMax = inFlightMax
            self.slow = slow
            self.late = late
            self.lease = lease
            self.stale = stale
            self.breaker = breaker
        }

        /// The same limits at which trouble is seen sooner.
        package var tightened: Limits {
            var limits = self
            limits.slow /= 2
            limits.late /= 2
            limits.breaker = breaker.tightened
            return limits
        }
    }

    /// The right to send one request; goes back with the outcome.
    package struct Ticket: Hashable, Sendable {
        let place: InFlightAge.Place
    }

    /// Why a call may not leave now.
    package enum Refusal: Hashable, Sendable {
        /// The breaker does not let it.
        case breaker(CallBreaker.Refusal)
        /// Too many calls are in flight for its priority.
        case full
    }

    /// Whether one call may leave now.
    package enum Admission: Hashable, Sendable {
        /// It may.
        case allowed(Ticket)
        /// Not before this monotonic time; ask again then.
        case notBefore(Duration, Refusal)
    }

    /// What `admit` would say, without taking anything.
    package enum Outlook: Hashable, Sendable {
        /// It would let the call through.
        case ready
        /// Not before this monotonic time.
        case notBefore(Duration, Refusal)
    }

    /// The logarithm of 3: how many times the usual latency is slow.
    static let slowLogarithm = 1.098_612_3
    /// How many times p95 is late.
    static let lateFactor = 3
    /// When a call that found no room asks again.
    static let roomWait = Duration.milliseconds(100)
    /// After nobody looked for this long the machine stood still: calls that were in flight say nothing about the
    /// provider, neither by their age nor by their end.
    package static let unwatchedMin = Duration.seconds(10)
    /// Lost tickets that are taken back in one step.
    static let lostMax = 8

    /// Its limits; tighter ones while it is tightened.
    package private(set) var limits: Limits
    private let ordinary: Limits
    var breaker: CallBreaker
    var bulkhead: Bulkhead
    var flights: InFlightAge
    var errors = ErrorWatch()
    var probes = ConfirmingProbes()
    var creep = LatencyCUSUM()
    var jump = LatencyEWMA()
    var profile = LatencyProfile()
    private var rate = CallRate()
    var state = IntegrationHealth.State.unknown
    var stateSince: Duration
    var newsAt: Duration?
    private var lateLimit: Duration
    private var lookedAt: Duration
    /// When it was looked at again after nobody did for `unwatchedMin`.
    private var resumedAt = Duration.seconds(Int64.min)

    /// Makes the guard of an integration nothing is known of, at the monotonic time `now`.
    package init(limits: Limits = Limits(), now: Duration) {
        precondition(limits.slow > .zero && limits.late > .zero, "slow and late are positive times")
        precondition(limits.lease >= limits.breaker.probeLease, "a ticket lives as long as a probe's permit")
        self.limits = limits
        ordinary = limits
        breaker = CallBreaker(limits: limits.breaker)
        bulkhead = Bulkhead(inFlightMax: limits.inFlightMax)
        flights = InFlightAge(capacity: limits.inFlightMax)
        stateSince = now
        lateLimit = limits.late
        lookedAt = now
    }

    /// Whether it calls trouble what it otherwise would not.
    package var isTightened: Bool { limits != ordinary }

    /// Takes half of what was slow for slow, half of what was late for late, and opens at half the shares; or takes
    /// that back.
    package mutating func tighten(_ isTight: Bool) {
        guard isTight != isTightened else { return }
        limits = isTight ? ordinary.tightened : ordinary
        breaker.change(limits.breaker)
        lateLimit = max(limits.late, profile.p95.map { $0 * Self.lateFactor } ?? limits.late)
    }

    /// What the breaker does.
    package var breakerState: CallBreaker.State { breaker.state }

    /// How often the breaker opened.
    package var trips: Int { breaker.trips }

    /// The delay after which a second, equal request may be sent for a call that may be made twice: p95.
    package var hedgeDelay: Duration? { profile.p95 }

    /// Asks for one call.
    ///
    /// - Parameter chance: 0..<1, drawn by the caller; decides who passes while the integration comes back in steps.
    package mutating func admit(priority: Priority, now: Duration, chance: Double) -> Admission {
        countLate(now: now, jitter: chance)
        guard bulkhead.hasRoom(priority) else { return .notBefore(now + Self.roomWait, .full) }
        switch breaker.admit(now: now, chance: chance) {
        case .notBefore(let time, let refusal):
            return .notBefore(time, .breaker(refusal))
        case .allowed(let ticket):
            guard bulkhead.enter(priority), let place = flights.admit(ticket, now: now) else {
                preconditionFailure("there are as many places as calls in flight at most")
            }
            return .allowed(Ticket(place: place))
        }
    }

    /// What `admit` would say with the same arguments; takes no place and no permit.
    package mutating func outlook(priority: Priority, now: Duration, chance: Double) -> Outlook {
        countLate(now: now, jitter: chance)
        guard bulkhead.hasRoom(priority) else { return .notBefore(now + Self.roomWait, .full) }
        guard let (time, refusal) = breaker.objection(now: now, chance: chance) else { return .ready }
        return .notBefore(time, .breaker(refusal))
    }

    /// Takes in that the request leaves now: from here its age counts.
    package mutating func began(_ ticket: Ticket, now: Duration) {
        flights.began(ticket.place, now: now)
    }

    /// Takes in how a call ended; a ticket that came back before is nothing new.
    ///
    /// - Parameters:
    ///   - latency: from the request's leaving to the answer or the end of waiting.
    ///   - jitter: 0..<1, drawn by the caller; spreads the pauses of the breaker.
    package mutating func finished(
        _ ticket: Ticket,
        outcome: ExchangeOutcome,
        latency: Duration,
        now: Duration,
        jitter: Double
    ) {
        look(now: now)
        guard let flight = flights.release(ticket.place) else { return }
        bulkhead.leave()
        newsAt = now
        // A late call was counted as failed when it became late: not again, and not as a success either.
        if flight.wasLate || flight.since < resumedAt {
            breaker.abandoned(flight.ticket)
        } else {
            let judged = judge(outcome, latency: latency, now: now)
            if judged.counts, rate.record(seconds: now.inSeconds) {
                errors.expect(excess: rate.excess)
                jump.expect(excess: rate.excess)
            }
            let isCurrent = breaker.isCurrent(flight.ticket)
            breaker.finished(flight.ticket, judged, now: now, jitter: jitter)
            if judged.counts, isCurrent {
                sum(failed: judged == .fail, late: false, now: now, jitter: jitter)
            }
        }
        countLate(now: now, jitter: jitter)
        refresh(now: now)
    }

    /// Takes in that an admitted call was not sent, or says nothing about the provider.
    package mutating func abandoned(_ ticket: Ticket, now: Duration) {
        guard let flight = flights.release(ticket.place) else { return }
        bulkhead.leave()
        breaker.abandoned(flight.ticket)
        refresh(now: now)
    }

    /// Does what time alone does: late calls, leases, steps; to be called a few times a second.
    package mutating func tick(now: Duration, jitter: Double) {
        countLate(now: now, jitter: jitter)
        for _ in 0..<Self.lostMax {
            guard let place = flights.nextLost(now: now, lease: limits.lease),
                let flight = flights.release(place)
            else { break }
            bulkhead.leave()
            breaker.abandoned(flight.ticket)
        }
        breaker.tick(now: now, jitter: jitter)
        refresh(now: now)
    }

    /// Keeps the integration from being called, until `until` or until `release`.
    package mutating func hold(until: Duration?, now: Duration) {
        breaker.hold(until: until)
        refresh(now: now)
    }

    /// Takes in that a call has nowhere else to go: see `CallBreaker.hasten`.
    package mutating func hasten(now: Duration) {
        breaker.hasten(now: now)
    }

    /// Ends a hold: the next call is a probe.
    package mutating func release(now: Duration) {
        breaker.release(now: now)
        refresh(now: now)
    }

    /// Slow or not; feeds what watches latency.
    private mutating func judge(
        _ outcome: ExchangeOutcome,
        latency: Duration,
        now: Duration
    ) -> ExchangeOutcome {
        guard outcome == .ok || outcome == .slow else { return outcome }
        let microseconds = max(latency.microseconds, 1)
        let seconds = now.inSeconds
        let logarithm = Double(microseconds).naturalLogarithm
        let isUnusual = creep.isReady && logarithm > creep.mean + Self.slowLogarithm
        jump.record(creep.record(logarithm: logarithm, seconds: seconds))
        if profile.record(microseconds: microseconds, seconds: seconds), let p95 = profile.p95 {
            lateLimit = max(limits.late, p95 * Self.lateFactor)
        }
        return outcome == .slow || isUnusual && latency > limits.slow ? .slow : .ok
    }

    private mutating func look(now: Duration) {
        if now - lookedAt >= Self.unwatchedMin { resumedAt = now }
        lookedAt = max(now, lookedAt)
    }

    private mutating func countLate(now: Duration, jitter: Double) {
        look(now: now)
        while let ticket = flights.nextLate(now: now, limit: lateLimit, from: resumedAt) {
            newsAt = now
            guard breaker.isCurrent(ticket) else { continue }  // It left before the breaker opened.
            breaker.hung(ticket, now: now, jitter: jitter)
            sum(failed: true, late: true, now: now, jitter: jitter)
        }
        for _ in 0..<probes.newlyLate(now: now, limit: lateLimit, from: resumedAt) {
            takeIn(probeFailed: true, now: now, jitter: jitter)
        }
    }

    private mutating func sum(failed: Bool, late: Bool, now: Duration, jitter: Double) {
        guard breaker.isLettingThrough else { return errors.restart() }
        let level = errors.record(failed: failed, late: late)
        weigh(level, late ? .silence : .errorRate, now: now, jitter: jitter)
    }
}
