import Domain
import Resilience
import Synchronization

/// The probes that guards ask for: see `ConfirmingProbes`.
extension CallDesk {
    /// The longest time between two looks at which probes are due, when nobody rings.
    static let probeLook = Duration.seconds(1)

    /// Takes the probes that should leave now; tells how long until the next may be due.
    func takeProbes() -> (probes: [(integration: Int64, ticket: ConfirmingProbes.Ticket)], wait: Duration) {
        let now = time.elapsed()
        return state.withLock { state in
            var probes: [(integration: Int64, ticket: ConfirmingProbes.Ticket)] = []
            var wait = Self.probeLook
            for id in state.posts.keys.sorted() {
                if let ticket = state.posts[id]?.takeProbe(now) { probes.append((id, ticket)) }
                if let due = state.posts[id]?.probeDue(now) { wait = min(wait, max(due - now, .zero)) }
            }
            return (probes, wait)
        }
    }

    /// Wakes whoever sends probes when one should leave now.
    func ringForProbe(of integration: Int64) {
        let now = time.elapsed()
        if state.withLock({ $0.wantsProbe(integration, now) }) { probeBell.ring() }
    }
}

extension CallDesk.State {
    /// Whether a probe should leave now.
    func wantsProbe(_ integration: Int64, _ now: Duration) -> Bool {
        posts[integration]?.probeDue(now).map { $0 <= now } ?? false
    }
}
