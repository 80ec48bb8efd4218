import Synchronization

/// One task that waits for virtual time; woken once, by its timer or by cancellation, whichever comes first.
final class Sleeper: Sendable {
    private enum State {
        case awaiting
        case asleep(CheckedContinuation<Void, any Error>)
        case awake(any Error)
        case done
    }

    /// The process whose end wakes it; 0 for the world itself.
    let process: Int
    private let state = Mutex(State.awaiting)

    init(process: Int) {
        self.process = process
    }

    /// Whether it no longer waits for its timer.
    var isAwake: Bool {
        state.withLock {
            switch $0 {
            case .awaiting, .asleep: false
            case .awake, .done: true
            }
        }
    }

    /// Suspends until `wake`; `arm` sets the timer.
    func sleep(arm: () -> Void) async throws {
        try await withCheckedThrowingContinuation { continuation in
            let early: (any Error)? = state.withLock {
                if case .awake(let error) = $0 {
                    $0 = .done
                    return error
                }
                $0 = .asleep(continuation)
                return nil
            }
            if let early { continuation.resume(throwing: early) } else { arm() }
        }
    }

    /// Ends the sleep, with an error when it was not the timer.
    ///
    /// False when it had ended before.
    @discardableResult
    func wake(throwing error: (any Error)? = nil) -> Bool {
        let (wasWaiting, continuation) = state.withLock {
            state -> (Bool, CheckedContinuation<Void, any Error>?) in
            switch state {
            case .awaiting:
                state = error.map { .awake($0) } ?? .done
                return (true, nil)
            case .asleep(let continuation):
                state = .done
                return (true, continuation)
            case .awake, .done:
                return (false, nil)
            }
        }
        if let error { continuation?.resume(throwing: error) } else { continuation?.resume() }
        return wasWaiting
    }
}
