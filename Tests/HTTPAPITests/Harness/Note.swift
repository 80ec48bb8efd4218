import NIOCore
import NIOPosix
import Synchronization

/// Something one task writes down and another waits for; the suite's time limit ends a wait in vain.
final class Note<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func write(_ new: Value) {
        value.withLock { $0 = new }
    }

    var current: Value? { value.withLock { $0 } }

    /// The value, once it is written.
    func read() async throws -> Value {
        while true {
            if let value = current { return value }
            try await pause(milliseconds: 2)
        }
    }
}

/// A number that tasks count up.
final class Tally: Sendable {
    private let number = Atomic<Int>(0)

    func add() {
        number.wrappingAdd(1, ordering: .relaxed)
    }

    var count: Int { number.load(ordering: .relaxed) }

    /// The count, once it has stood still for a fifth of a second.
    func settled() async throws -> Int {
        var before = -1
        while before != count {
            before = count
            try await pause(milliseconds: 200)
        }
        return before
    }
}

/// Waits on an event loop, for what happens in other processes or in the kernel.
func pause(milliseconds: Int64) async throws {
    try Task.checkCancellation()
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    try await loop.scheduleTask(in: .milliseconds(milliseconds)) {}.futureResult.get()
}

/// Waits until the task is cancelled.
func waitForCancellation() async {
    let (never, end) = AsyncStream.makeStream(of: Never.self)
    for await _ in never {}
    end.finish()
}
