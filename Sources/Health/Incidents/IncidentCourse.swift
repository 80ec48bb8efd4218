import Domain
package import Resilience

/// Tells when what one subject does is an incident, how it goes, and when it is over.
///
///     quiet -unhealthy or down--------------------> open -better for closesAfter--> quiet
///       '--degraded for opensAfter-----------------^  '--worse or better: changed
///
/// Trouble that does not count, such as what an operator switched off or what only a status page speaks of, opens
/// nothing, but keeps an open incident open. A subject of which nothing is heard any more is let go after
/// `forgetsAfter`. A value: the same sights lead to the same actions.
package struct IncidentCourse: Hashable, Sendable {
    /// The limits of a course.
    package struct Limits: Hashable, Sendable {
        /// How long something is degraded before that is an incident.
        package var opensAfter: Duration
        /// How long it does well before the incident is over.
        package var closesAfter: Duration
        /// How long nothing is heard before the incident is let go.
        package var forgetsAfter: Duration

        /// Makes limits; every one has a default.
        package init(
            opensAfter: Duration = .seconds(10),
            closesAfter: Duration = .seconds(30),
            forgetsAfter: Duration = .seconds(900)
        ) {
            precondition(
                .zero <= opensAfter && .zero < closesAfter && .zero < forgetsAfter,
                "an incident takes some time"
            )
            self.opensAfter = opensAfter
            self.closesAfter = closesAfter
            self.forgetsAfter = forgetsAfter
        }
    }

    /// What is to be written down.
    package enum Action: Hashable, Sendable {
        case open
        /// The open incident's subject does worse or better than before.
        case changed(from: IntegrationHealth.State)
        /// It did well for long enough.
        case close
        /// Nothing was heard of it for too long.
        case forget
        case none
    }

    private enum State: Hashable, Sendable {
        case quiet(degradedSince: Duration?)
        case open(IntegrationHealth.State, goodSince: Duration?)
    }

    /// Its limits.
    package let limits: Limits
    private var state: State

    /// Starts quiet, or in the state of an incident that is open already.
    package init(open: IntegrationHealth.State? = nil, limits: Limits = Limits()) {
        self.limits = limits
        state = open.map { .open($0, goodSince: nil) } ?? .quiet(degradedSince: nil)
    }

    /// Whether an incident is open.
    package var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// Since when the subject of an open incident does well; nil while it does not, and without one.
    package var goodSince: Duration? {
        if case .open(_, let since) = state { since } else { nil }
    }

    /// Takes in how the subject does at the monotonic time `now`.
    ///
    /// - Parameter counts: whether trouble opens an incident.
    package mutating func saw(_ seen: IntegrationHealth.State, counts: Bool, now: Duration) -> Action {
        switch state {
        case .quiet(let since): sawQuiet(seen, counts: counts, since: since, now: now)
        case .open(let old, let since): sawOpen(seen, old, since: since, now: now)
        }
    }

    /// Takes in that somebody else ended the incident, or keeps it open.
    package mutating func settled(isOpen: Bool) {
        switch (state, isOpen) {
        case (.open, false): state = .quiet(degradedSince: nil)
        case (.quiet, true): state = .open(.healthy, goodSince: nil)
        default: break
        }
    }

    private mutating func sawQuiet(
        _ seen: IntegrationHealth.State,
        counts: Bool,
        since: Duration?,
        now: Duration
    ) -> Action {
        switch seen {
        case .unhealthy where counts, .down where counts:
            state = .open(seen, goodSince: nil)
            return .open
        case .degraded where counts:
            let since = since ?? now
            guard now - since >= limits.opensAfter else {
                state = .quiet(degradedSince: since)
                return .none
            }
            state = .open(seen, goodSince: nil)
            return .open
        default:
            state = .quiet(degradedSince: nil)
            return .none
        }
    }

    private mutating func sawOpen(
        _ seen: IntegrationHealth.State,
        _ old: IntegrationHealth.State,
        since: Duration?,
        now: Duration
    ) -> Action {
        let isGood = seen == .healthy || seen == .unknown
        guard isGood else {
            state = .open(seen, goodSince: nil)
            return seen == old ? .none : .changed(from: old)
        }
        let since = since ?? now
        let wait = seen == .healthy ? limits.closesAfter : limits.forgetsAfter
        guard now - since >= wait else {
            state = .open(seen, goodSince: since)
            return seen == old ? .none : .changed(from: old)
        }
        state = .quiet(degradedSince: nil)
        return seen == .healthy ? .close : .forget
    }
}
