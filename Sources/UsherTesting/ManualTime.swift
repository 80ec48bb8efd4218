package import Domain
import Synchronization

/// A clock that stands still until a test moves it; its sleeps wake when their time has come.
///
///     let manual = ManualTime()
///     let service = Service(time: manual.time)
///     …
///     await manual.waitForSleepers(1)      // the service sleeps
///     manual.advance(by: .seconds(30))     // and now wakes
package final class ManualTime: Sendable {
    private struct Sleeper {
        let due: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Watcher {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: Instant
        var elapsed = Duration.zero
        var nextKey = 0
        var sleepers: [Int: Sleeper] = [:]
        /// Sleeps whose task was cancelled before they were entered.
        var cancelled: Set<Int> = []
        var watchers: [Watcher] = []
    }

    private let state: Mutex<State>

    /// Starts at a wall time; 2026-03-01T00:00:00Z unless told otherwise.
    package init(now: Instant = Instant(seconds: 1_772_323_200)) {
        state = Mutex(State(now: now))
    }

    /// The clock to hand to what is tested.
    package var time: Time {
        Time(now: { self.now }, elapsed: { self.elapsed }, sleep: { try await self.sleep($0) })
    }

    /// The wall time.
    package var now: Instant { state.withLock { $0.now } }

    /// The time since the clock was made.
    package var elapsed: Duration { state.withLock { $0.elapsed } }

    /// How many sleep now.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// Moves both clocks on and wakes, earliest first, every sleep that is due; none before its time.
    package func advance(by duration: Duration) {
        precondition(duration >= .zero, "Elapsed time does not go back.")
        let due = state.withLock { state -> [Sleeper] in
            state.now = state.now + duration
            state.elapsed += duration
            let due = state.sleepers.filter { $0.value.due <= state.elapsed }
            for key in due.keys { state.sleepers[key] = nil }
            return due.sorted { ($0.value.due, $0.key) < ($1.value.due, $1.key) }.map(\.value)
        }
        for sleeper in due { sleeper.continuation.resume() }
    }

    /// Sets the wall clock alone, as an operator or a time server may; nobody wakes.
    package func setWallClock(to now: Instant) {
        state.withLock { $0.now = now }
    }

    /// Returns once at least `count` sleep: the signal that a service has come to rest.
    package func waitForSleepers(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                guard state.sleepers.count < count else { return true }
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }

    private func sleep(_ duration: Duration) async throws {
        try Task.checkCancellation()
        guard duration > .zero else { return }
        let key = state.withLock { state in
            state.nextKey += 1
            return state.nextKey
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enter(key, duration, $0) }
        } onCancel: {
            cancel(key)
        }
    }

    private func enter(_ key: Int, _ duration: Duration, _ continuation: CheckedContinuation<Void, any Error>)
    {
        let reached = state.withLock { state -> [Watcher]? in
            guard state.cancelled.remove(key) == nil else { return nil }
            state.sleepers[key] = Sleeper(due: state.elapsed + duration, continuation: continuation)
            let count = state.sleepers.count
            let reached = state.watchers.filter { $0.count <= count }
            state.watchers.removeAll { $0.count <= count }
            return reached
        }
        guard let reached else { return continuation.resume(throwing: CancellationError()) }
        for watcher in reached { watcher.continuation.resume() }
    }

    private func cancel(_ key: Int) {
        let sleeper = state.withLock { state in
            let sleeper = state.sleepers.removeValue(forKey: key)
            if sleeper == nil { state.cancelled.insert(key) }
            return sleeper
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
