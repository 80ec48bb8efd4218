import Domain
package import Resilience

/// Tells when calls of one capability have left the first integration of their route, and when they are back.
///
///     home --a call would go elsewhere--> away(to) --the first serves for settleTime--> home
///                                          |    ^
///                                          '----' elsewhere again, for settleTime: away(to another)
///
/// A value: the same sights lead to the same records. What was opened stays open while nothing can serve at all, and
/// while the first one is only being tried.
package struct FailoverSight: Hashable, Sendable {
    /// How long something must stay so before a failover ends or moves.
    package static let settleTime = Duration.seconds(5)

    /// Where calls would go now.
    package enum Sight: Hashable, Sendable {
        /// To the first, which is called in full.
        case first
        /// To a later one.
        case elsewhere(Int64, FailoverReason)
        /// Nobody can tell: they wait, or the first is being tried.
        case unclear
        /// An operator decides, or there is nowhere else to go.
        case settled
    }

    /// What is to be recorded.
    package enum Action: Hashable, Sendable {
        case open(to: Int64, FailoverReason)
        /// Ends the open one and opens another.
        case move(to: Int64, FailoverReason)
        case end
        case none
    }

    private enum State: Hashable, Sendable {
        case home
        case away(to: Int64, change: Change?)
    }

    /// Something new, and since when it is so.
    private struct Change: Hashable, Sendable {
        let to: Int64?
        let since: Duration
    }

    private var state: State

    /// Starts at home, or where a record says that calls went before a restart.
    package init(to integration: Int64? = nil) {
        state = integration.map { .away(to: $0, change: nil) } ?? .home
    }

    /// Takes in where calls would go at the monotonic time `now`.
    package mutating func saw(_ sight: Sight, now: Duration) -> Action {
        switch (state, sight) {
        case (.home, .elsewhere(let to, let reason)):
            state = .away(to: to, change: nil)
            return .open(to: to, reason)
        case (.home, _): return .none
        case (.away, .settled):
            state = .home
            return .end
        case (.away(let to, _), .unclear):
            state = .away(to: to, change: nil)
            return .none
        case (.away(let to, let change), .first):
            guard hasSettled(change, to: nil, now) else {
                state = .away(to: to, change: follow(change, to: nil, now))
                return .none
            }
            state = .home
            return .end
        case (.away(let to, let change), .elsewhere(let other, let reason)):
            guard other != to, hasSettled(change, to: other, now) else {
                state = .away(to: to, change: other == to ? nil : follow(change, to: other, now))
                return .none
            }
            state = .away(to: other, change: nil)
            return .move(to: other, reason)
        }
    }

    private func hasSettled(_ change: Change?, to target: Int64?, _ now: Duration) -> Bool {
        change.map { $0.to == target && now - $0.since >= Self.settleTime } ?? false
    }

    private func follow(_ change: Change?, to target: Int64?, _ now: Duration) -> Change {
        change.flatMap { $0.to == target ? $0 : nil } ?? Change(to: target, since: now)
    }
}
