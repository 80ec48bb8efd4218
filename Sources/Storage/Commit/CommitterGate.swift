import Synchronization

/// Where the committer sleeps and its writers ring: the shell of `CommitterPhase`.
final class CommitterGate: Sendable {
    private struct State {
        var phase = CommitterPhase()
        var sleeper: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// The committer starts; false when the database was shut down before.
    func start() -> Bool {
        state.withLock { $0.phase.started() }
    }

    /// Work waits in a lane.
    func ring() {
        let sleeper = state.withLock { state in
            state.phase.workArrived() == .wake ? state.sleeper.take() : nil
        }
        sleeper?.resume()
    }

    /// Asks the committer to finish what waits and end; true when none ever started and the caller must clean up.
    func stop() -> Bool {
        let (signal, sleeper) = state.withLock { state in
            let signal = state.phase.stopAsked()
            return (signal, signal == .wake ? state.sleeper.take() : nil)
        }
        sleeper?.resume()
        return signal == .abandon
    }

    /// Waits until there is work (true) or all is done (false).
    func waitForWork() async -> Bool {
        while true {
            switch state.withLock({ $0.phase.next() }) {
            case .commit: return true
            case .stop: return false
            case .park: await sleep()
            }
        }
    }

    private func sleep() async {
        await withCheckedContinuation { continuation in
            let wasRung = state.withLock { state in
                guard state.phase.state == .parked else { return true }  // Rung since it decided to park.
                state.sleeper = continuation
                return false
            }
            if wasRung { continuation.resume() }
        }
    }
}
