import Dispatch
import Synchronization

/// Holds a closure up on its executor's thread until the test lets it go: signals in place of sleeps.
final class Blocker: Sendable {
    private let isBlocked = Flag()
    private let gate = DispatchSemaphore(value: 0)

    /// Called by the closure.
    func block() {
        isBlocked.raise()
        gate.wait()
    }

    /// Lets the closure go on.
    func release() {
        gate.signal()
    }

    /// Returns once the closure is held.
    func waitUntilBlocked() async {
        await until { self.isBlocked.isRaised }
    }
}

/// Something that has happened or has not.
final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .sequentiallyConsistent) }

    func raise() { state.store(true, ordering: .sequentiallyConsistent) }
}

/// Yields until `condition` holds.
func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}
