package import Domain
import Providers
import Resilience
import Synchronization

/// What emergency mode asks of a desk while it is on.
package struct DeskEmergency: Hashable, Sendable {
    /// The weddings that are on: their calls may use what is held for others.
    package let weddings: Set<WeddingID>

    /// Names the weddings that are on.
    package init(weddings: Set<WeddingID>) {
        self.weddings = weddings
    }
}

/// While emergency mode is on calls of low priority wait, quota held for other weddings is free for those that are on,
/// and guards call trouble what they otherwise would not.
///
/// A call is deferred for at most half of the time in which it may be tried, and only when that time is at least
/// `deferredPatienceMin`: who waits for an answer is not made to wait in vain, and nothing that was accepted fails
/// because it was deferred.
extension CallDesk {
    /// Only calls that may be tried for so long are deferred.
    package static let deferredPatienceMin = Duration.seconds(600)
    /// How long a deferred call waits before it asks again.
    package static let deferredPause = Duration.seconds(30)

    static let deferred = ProviderFailure(
        .unavailable,
        code: "deferred",
        message: "emergency mode defers calls of low priority"
    )

    /// Begins or ends an emergency at this desk; nil undoes everything.
    package func emergency(_ emergency: DeskEmergency?) {
        let now = reading
        state.withLock { state in
            guard state.emergency != emergency else { return }
            state.emergency = emergency
            for id in state.posts.keys {
                state.posts[id]?.obey(emergency)
                state.pump(id, now)
            }
        }
        doorbell.ring()
    }

    /// What emergency mode asks for here; nil while all is as always.
    package var emergency: DeskEmergency? { state.withLock { $0.emergency } }

    /// How many integrations call trouble what they otherwise would not.
    package var tightened: Int { state.withLock { $0.posts.values.count { $0.health.isTightened } } }

    /// How long a call is deferred now; nil lets it go.
    ///
    /// One that can be the trial of an integration which is not called goes: nobody else might try, and what nobody tries
    /// stays down, and emergency mode on.
    func deferral(
        of question: Question,
        among candidates: [CallIntegration],
        _ now: ClockReading
    ) -> Duration? {
        guard question.priority == .low, let since = question.since else { return nil }
        let isDeferred = state.withLock { state in
            state.emergency != nil
                && !candidates.contains { state.posts[$0.id]?.wantsTrial(now.elapsed) ?? false }
        }
        guard isDeferred else { return nil }
        let patience = question.deadline - since
        guard patience >= Self.deferredPatienceMin else { return nil }
        let left = since + patience / 2 - now.wall
        return left > .zero ? min(left, Self.deferredPause) : nil
    }
}
