import Domain
import Synchronization

/// Where identical reads meet: holds the shelf, and those who wait for a flight.
final class SharedReads: Sendable {
    /// A place among those who wait for a flight.
    struct Seat: Sendable {
        fileprivate let number: UInt64
        fileprivate let flight: UInt64
    }

    /// What a read is to do.
    enum Turn: Sendable {
        /// Take this answer.
        case answer(SharedAnswer)
        /// Wait for the same one, which is on its way.
        case follow(Seat)
        /// Ask the provider; what comes of it is told under this number.
        case lead(UInt64)
    }

    /// What those who wait are told; nil when the flight brought nothing.
    private typealias News = SharedAnswer?

    private struct State {
        var shelf = ReadShelf()
        var waiters: [UInt64: CheckedContinuation<News, Never>] = [:]
        /// What was told to those who had not begun to wait.
        var early: [UInt64: News] = [:]
        var seats: UInt64 = 0
    }

    private let state = Mutex(State())

    /// How many wait for others' answers.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// What a read is to do; see `ReadShelf.ask`.
    ///
    /// A seat must be waited in.
    func ask(
        _ key: ReadKey,
        _ priority: Priority,
        freshness: [Int64: Duration],
        isFresh: Bool,
        now: Duration
    ) -> Turn {
        state.withLock { state in
            switch state.shelf.ask(key, priority, freshness: freshness, isFresh: isFresh, now: now) {
            case .answer(let answer): return .answer(answer)
            case .lead(let number): return .lead(number)
            case .follow(let flight):
                state.seats += 1
                _ = state.shelf.joined(state.seats, flight)
                return .follow(Seat(number: state.seats, flight: flight))
            }
        }
    }

    /// Waits for a flight, at most `patience`; nil when it brought nothing in time.
    func follow(_ seat: Seat, atMost patience: Duration, _ time: Time) async -> SharedAnswer? {
        await withTaskGroup(of: News.self) { group in
            group.addTask { await self.wait(seat) }
            group.addTask {
                try? await time.sleep(patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            leave(seat)
            return first
        }
    }

    private func wait(_ seat: Seat) async -> News {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let news = state.withLock { state -> News? in
                    if let news = state.early.removeValue(forKey: seat.number) { return .some(news) }
                    state.waiters[seat.number] = continuation
                    return nil
                }
                if let news { return continuation.resume(returning: news) }
                if Task.isCancelled { leave(seat) }
            }
        } onCancel: {
            leave(seat)
        }
    }

    private func leave(_ seat: Seat) {
        let waiter = state.withLock { state in
            state.shelf.left(seat.number, seat.flight)
            state.early[seat.number] = nil
            return state.waiters.removeValue(forKey: seat.number)
        }
        waiter?.resume(returning: nil)
    }

    /// Tells what a flight brought, nil when nothing, to those who wait for it; only the first time counts.
    ///
    /// - Parameter freshness: how long it is as good as a new one; nil keeps nothing.
    func land(_ flight: UInt64, _ answer: SharedAnswer?, freshness: Duration? = nil) {
        let waiters = state.withLock { state in
            state.shelf.landed(flight, answer, freshness: freshness).compactMap { number in
                let waiter = state.waiters.removeValue(forKey: number)
                if waiter == nil { state.early.updateValue(answer, forKey: number) }
                return waiter
            }
        }
        for waiter in waiters { waiter.resume(returning: answer) }
    }

    /// Takes in that something was changed at an integration; see `ReadShelf.changed`.
    func changed(_ integration: Int64) {
        state.withLock { $0.shelf.changed(integration) }
    }
}
