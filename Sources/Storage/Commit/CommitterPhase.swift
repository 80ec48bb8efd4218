/// What the committer does next: commits while work waits, sleeps when none does, drains before it stops.
///
///     idle -started-> running <-> parked        running, parked -stopAsked-> draining -> stopped
///     idle -stopAsked-> stopped
///
/// Work is only *announced* here; it waits in the lanes. An announcement that comes while the committer is at work
/// is remembered, so that none is slept through.
package struct CommitterPhase: Equatable, Sendable {
    /// The committer's next step.
    package enum Step: Equatable, Sendable {
        /// Take what waits and commit it.
        case commit
        /// Nothing waits: sleep until woken.
        case park
        /// Everything is committed: end.
        case stop
    }

    /// What an announcement asks of the announcer.
    package enum Signal: Equatable, Sendable {
        /// Wake the sleeping committer.
        case wake
        /// No committer ever started, none will: refuse what waits.
        case abandon
        case none
    }

    /// Where the committer is in its life.
    package enum State: Equatable, Sendable {
        case idle
        case running
        case parked
        case draining
        case stopped
    }

    /// Where the committer is.
    package private(set) var state = State.idle
    private var isWorkAnnounced = false

    /// A committer that has not started.
    package init() {}

    /// The committer starts; false when it was asked to stop before.
    ///
    /// Traps at a second start.
    package mutating func started() -> Bool {
        guard state != .stopped else { return false }
        precondition(state == .idle, "A database has one committer.")
        state = .running
        return true
    }

    /// Something was put into a lane, or was left in one.
    package mutating func workArrived() -> Signal {
        guard state != .stopped else { return .none }
        isWorkAnnounced = true
        return wake()
    }

    /// The committer asks what to do.
    package mutating func next() -> Step {
        if isWorkAnnounced {
            isWorkAnnounced = false
            return .commit
        }
        switch state {
        case .draining, .stopped:
            state = .stopped
            return .stop
        case .idle, .running, .parked:
            state = .parked
            return .park
        }
    }

    /// The database is to shut down.
    ///
    /// Call it once the lanes let nothing more in.
    package mutating func stopAsked() -> Signal {
        switch state {
        case .idle:
            state = .stopped
            return .abandon
        case .running:
            state = .draining
            isWorkAnnounced = true  // One more look: a lane may have been filled just before it closed.
            return .none
        case .parked:
            isWorkAnnounced = true
            state = .draining
            return .wake
        case .draining, .stopped:
            return .none
        }
    }

    private mutating func wake() -> Signal {
        guard state == .parked else { return .none }
        state = .running
        return .wake
    }
}
