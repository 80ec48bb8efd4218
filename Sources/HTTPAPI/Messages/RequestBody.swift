import Synchronization

/// A request's body as it comes, for routes that ask for it (`RequestPolicy.streamsBody`); read once, by one task.
///
/// What is not taken waits in memory up to a limit; then the server stops reading from the socket, so that a slow
/// handler slows its client. Pieces have no meaning of their own: they are as large as what waited.
package final class RequestBody: AsyncSequence, Sendable {
    /// Why a body ended before its last byte.
    package enum Fault: Error, Hashable, Sendable {
        /// The client is gone.
        case disconnected
        /// The server has refused the rest: too large, too slow, or not well-formed; the client knows.
        case refused
        /// The handler has answered already.
        case answered

        /// A bounded set of stable names.
        package var code: String {
            switch self {
            case .disconnected: "body_disconnected"
            case .refused: "body_refused"
            case .answered: "body_answered"
            }
        }
    }

    /// Walks over the pieces.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let body: RequestBody

        /// The next piece; nil after the last.
        package func next() async throws -> [UInt8]? {
            try await body.next()
        }
    }

    private struct State: Sendable {
        var pending: [UInt8] = []
        var end: Result<Void, Fault>?
        var waiter: CheckedContinuation<Void, Never>?
        /// Whether `wanted` is to be called when a piece is asked for.
        var isHeld: Bool
    }

    /// The announced length; nil when it comes in chunks.
    package let length: Int?
    private let bufferBytesMax: Int
    private let wanted: @Sendable () -> Void
    private let state: Mutex<State>

    /// Makes a body without bytes so far.
    ///
    /// - Parameters:
    ///   - isHeld: whether nothing comes until it is asked for.
    ///   - wanted: called when something is asked for while nothing may come.
    init(length: Int?, bufferBytesMax: Int, isHeld: Bool, wanted: @escaping @Sendable () -> Void) {
        self.length = length
        self.bufferBytesMax = bufferBytesMax
        self.wanted = wanted
        state = Mutex(State(isHeld: isHeld))
    }

    /// Makes a complete body, as for a request that came from no socket.
    package convenience init(_ bytes: [UInt8]) {
        self.init(length: bytes.count, bufferBytesMax: .max, isHeld: false) {}
        _ = add(bytes)
        end(.success(()))
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }

    /// The next piece, never empty; nil after the last.
    ///
    /// Throws `Fault`, or `CancellationError`.
    package func next() async throws -> [UInt8]? {
        while true {
            let (piece, isOver, asks) = try state.withLock { state throws(Fault) in
                precondition(state.waiter == nil, "a body is read by one task")
                let asks = state.isHeld
                state.isHeld = false
                guard state.pending.isEmpty else {
                    let piece = state.pending
                    state.pending = []
                    return (piece, false, asks)
                }
                if let end = state.end { try end.get() }
                return ([], state.end != nil, asks)
            }
            if asks { wanted() }
            if isOver { return nil }
            if !piece.isEmpty { return piece }
            try await more()
        }
    }

    private func more() async throws {
        try Task.checkCancellation()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    guard state.pending.isEmpty, state.end == nil, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            takeWaiter()?.resume()
        }
    }

    private func takeWaiter() -> CheckedContinuation<Void, Never>? {
        state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
    }
}

// MARK: - The server's side

extension RequestBody {
    /// Adds what came; true when nothing more may come until `wanted` is called.
    func add(_ bytes: some Sequence<UInt8>) -> Bool {
        let (isFull, waiter) = state.withLock { state in
            guard state.end == nil else { return (false, CheckedContinuation<Void, Never>?.none) }
            state.pending.append(contentsOf: bytes)
            state.isHeld = state.pending.count >= bufferBytesMax
            defer { state.waiter = nil }
            return (state.isHeld, state.waiter)
        }
        waiter?.resume()
        return isFull
    }

    /// Ends the body; only the first end counts.
    func end(_ end: Result<Void, Fault>) {
        let waiter = state.withLock { state in
            if state.end == nil { state.end = end }
            if case .failure = state.end { state.pending = [] }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
