import Domain
import Synchronization

/// Where those who wait for a call hear what became of it, and from where those who watch are told.
final class CallBoard: Sendable {
    /// What is told.
    enum Notice: Sendable {
        /// The call is over.
        case over(CallResult)
        /// It goes on without anybody at it: in doubt, held, or waiting for its time.
        case parked(StoredCall)
        /// Nothing was heard in time.
        case nothing
    }

    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<Notice, Never>
    }

    private struct State {
        var waiters: [CallID: [Waiter]] = [:]
        var numbers: UInt64 = 0
    }

    private let state = Mutex(State())
    private let ports: CallPorts

    /// Begins with nobody waiting.
    init(ports: CallPorts) {
        self.ports = ports
    }

    /// How many wait.
    var count: Int { state.withLock { $0.waiters.values.reduce(0) { $0 + $1.count } } }

    /// Tells that a call is over.
    func post(_ result: CallResult) {
        ports.tell(result.call, at: result.integration)
        tell(result.call.id, .over(result))
    }

    /// Tells that a call waits; those who wait may be told so instead of waiting on.
    func parked(_ call: StoredCall, reply: JSONValue?) {
        ports.tell(call, at: nil)
        tell(call.id, .parked(call))
    }

    /// Waits for news of a call, at most `patience`; `start` is called once the waiting has begun, so that nothing is
    /// missed.
    func wait(
        for id: CallID,
        atMost patience: Duration,
        _ time: Time,
        start: @escaping @Sendable () -> Void
    ) async -> Notice {
        let number = state.withLock { state in
            state.numbers += 1
            return state.numbers
        }
        return await withTaskGroup(of: Notice?.self) { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        self.state.withLock {
                            $0.waiters[id, default: []].append(
                                Waiter(number: number, continuation: continuation)
                            )
                        }
                        if Task.isCancelled { self.leave(id, number) } else { start() }
                    }
                } onCancel: {
                    self.leave(id, number)
                }
            }
            group.addTask {
                try? await time.sleep(patience)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            self.leave(id, number)
            return first ?? .nothing
        }
    }

    private func leave(_ id: CallID, _ number: UInt64) {
        let leaving: [Waiter] = state.withLock { state in
            let leaving = state.waiters[id]?.filter { $0.number == number } ?? []
            state.waiters[id]?.removeAll { $0.number == number }
            if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
            return leaving
        }
        for waiter in leaving { waiter.continuation.resume(returning: .nothing) }
    }

    private func tell(_ id: CallID, _ notice: Notice) {
        let waiters = state.withLock { $0.waiters.removeValue(forKey: id) ?? [] }
        for waiter in waiters { waiter.continuation.resume(returning: notice) }
    }
}
