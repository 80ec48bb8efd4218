import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import Synchronization

/// Passes both bodies of one exchange on, piece by piece, and knows whether the request has left.
///
/// The meter runs while the peer is waited for: while a piece of the request waits to leave, and while there is room for a
/// piece of the answer.
final class StreamedExchange: HTTPClientResponseDelegate {
    /// How much of an answer's body waits to be taken; beyond, nothing more is read.
    static let bufferBytesMax = 262_144

    struct Head: Sendable {
        let status: Int
        let headers: Headers
    }

    private struct State: Sendable {
        var isSent = false
        var isWriting = false
        /// When the head must be there; nil while the request is on its way.
        var headDue: Duration?
        var head: Head?
        /// How many bytes of the answer's body are to come; nil when it does not say.
        var left: Int?
        var pending: [UInt8] = []
        var end: Result<Void, TransportError>?
        var room: EventLoopPromise<Void>?
        var waiter: CheckedContinuation<Void, Never>?
        var task: HTTPClient.Task<Void>?
        var pump: Task<Void, Never>?
        var meter: ProgressMeter

        /// Lets the meter run exactly while the peer is waited for.
        mutating func measure(at now: Duration) {
            let isReading = head != nil && room == nil && end == nil
            if isWriting || isReading { meter.resume(at: now) } else { meter.pause(at: now) }
        }

        /// Whether the answer is complete although the request is not: the rest of that is not wanted (RFC 9112
        /// section 9.5).
        mutating func endsEarly(_ hasBody: Bool) -> Bool {
            guard hasBody, left == 0, headDue == nil, end == nil else { return false }
            end = .success(())
            return true
        }

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }

    private let hasBody: Bool
    private let headTimeout: Duration
    private let loop: any EventLoop
    private let time: Time
    private let state: Mutex<State>

    init(_ request: StreamedRequest, loop: any EventLoop, time: Time) {
        hasBody = request.body != nil
        headTimeout = request.headTimeout
        self.loop = loop
        self.time = time
        state = Mutex(State(meter: ProgressMeter(request.rule, now: time.elapsed(), isPaused: true)))
    }

    /// Takes the task whose delegate this is; it is ended through here.
    func begin(_ task: HTTPClient.Task<Void>) {
        state.withLock { if $0.end == nil { $0.task = task } }
    }

    /// The task is over.
    func ended(_ result: Result<Void, any Error>) {
        let (waiter, pump, room) = state.withLock { state in
            let isSent = state.isSent
            let isWhole = state.head != nil
            let end = result.mapError { TransportError(cause: $0, sent: isSent) }
            if state.end == nil {
                state.end = isWhole || end.isFailure ? end : .failure(.connectionLost(sent: isSent))
            }
            state.task = nil
            state.measure(at: time.elapsed())
            defer { (state.waiter, state.pump, state.room) = (nil, nil, nil) }
            return (state.waiter, state.pump, state.room)
        }
        pump?.cancel()
        room?.succeed(())
        waiter?.resume()
    }

    /// Ends the exchange if it still goes on.
    func cancel() {
        state.withLock { $0.task }?.cancel()
    }

    /// Ends the exchange when the peer is too slow; called every now and then.
    func judge() {
        let now = time.elapsed()
        let task = state.withLock { state -> HTTPClient.Task<Void>? in
            let isLate = state.head == nil && state.headDue.map { now >= $0 } ?? false
            return isLate || state.meter.fault(at: now) != nil ? state.task : nil
        }
        task?.fail(reason: TimeIsUp())
    }
}

// MARK: - The request

extension StreamedExchange {
    /// The request's body, which notes the moment before it leaves (as `Exchange.body` does).
    ///
    /// The task is unstructured because an answer may come, and be passed on, before the body's end; it is cancelled at
    /// the end of the exchange.
    func body(_ body: StreamedRequest.Body) -> HTTPClient.Body {
        .stream(contentLength: body.length) { writer in
            let done = self.loop.makePromise(of: Void.self)
            let pump = Task {
                do {
                    while let piece = try await body.next() {
                        guard !piece.isEmpty else { continue }
                        self.writing(true, 0)
                        try await writer.write(.byteBuffer(ByteBuffer(bytes: piece))).get()
                        self.writing(false, piece.count)
                    }
                    done.succeed(())
                } catch {
                    // By our own side: the peer's failures end the task first.
                    done.fail(CancellationError())
                }
            }
            let isOver = self.state.withLock { state in
                state.isSent = true
                if state.end == nil { state.pump = pump }
                return state.end != nil
            }
            if isOver { pump.cancel() }
            return done.futureResult
        }
    }

    private func writing(_ isWriting: Bool, _ count: Int) {
        let now = time.elapsed()
        state.withLock { state in
            state.isWriting = isWriting
            state.meter.moved(count)
            state.measure(at: now)
        }
    }

    func didSendRequestHead(task: HTTPClient.Task<Void>, _ head: HTTPRequestHead) {
        guard !hasBody else { return }
        state.withLock { $0.isSent = true }
    }

    func didSendRequest(task: HTTPClient.Task<Void>) {
        let due = time.elapsed() + headTimeout
        state.withLock { $0.headDue = due }
    }
}

// MARK: - The answer

extension StreamedExchange {
    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        let headers = Headers(head.headers.map { ($0.name, $0.value) })
        let now = time.elapsed()
        let lengths = headers.values("content-length")
        let (waiter, isOver) = state.withLock { state in
            state.head = Head(status: Int(head.status.code), headers: headers)
            if lengths.count == 1, headers.first("transfer-encoding") == nil { state.left = Int(lengths[0]) }
            let isOver = state.endsEarly(hasBody)
            state.measure(at: now)
            return (state.takeWaiter(), isOver)
        }
        waiter?.resume()
        if isOver { task.cancel() }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let now = time.elapsed()
        let (room, waiter, isOver) = state.withLock { state in
            state.pending.append(contentsOf: part.readableBytesView)
            state.meter.moved(part.readableBytes)
            if state.pending.count >= Self.bufferBytesMax {
                state.room = task.eventLoop.makePromise(of: Void.self)
            }
            state.left = state.left.map { $0 - part.readableBytes }
            let isOver = state.endsEarly(hasBody)
            state.measure(at: now)
            return (state.room, state.takeWaiter(), isOver)
        }
        waiter?.resume()
        if isOver { task.cancel() }
        return room?.futureResult ?? task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) {}

    /// The answer's head, once it is there.
    func head() async throws(TransportError) -> Head {
        while true {
            let head = try state.withLock { state throws(TransportError) -> Head? in
                if let head = state.head { return head }
                try state.end?.get()
                return nil
            }
            if let head { return head }
            await change { $0.head != nil || $0.end != nil }
        }
    }

    /// The next piece of the answer's body, never empty; nil after the last.
    func piece() async throws(TransportError) -> [UInt8]? {
        while true {
            let now = time.elapsed()
            let (piece, isOver, room) = try state.withLock { state throws(TransportError) in
                guard state.pending.isEmpty else {
                    let piece = state.pending
                    let room = state.room
                    (state.pending, state.room) = ([], nil)
                    state.measure(at: now)
                    return (piece, false, room)
                }
                try state.end?.get()
                return ([UInt8](), state.end != nil, EventLoopPromise<Void>?.none)
            }
            room?.succeed(())
            if isOver { return nil }
            if !piece.isEmpty { return piece }
            await change { !$0.pending.isEmpty || $0.end != nil }
        }
    }

    /// Returns once `isThere`; ends the exchange when the caller's task is cancelled.
    private func change(_ isThere: @Sendable (borrowing State) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    guard !isThere(state) else { return true }
                    precondition(state.waiter == nil, "an answer is read by one task")
                    state.waiter = continuation
                    return false
                }
                if isThere { continuation.resume() }
            }
        } onCancel: {
            cancel()
        }
    }
}

extension Result {
    fileprivate var isFailure: Bool {
        if case .failure = self { true } else { false }
    }
}
