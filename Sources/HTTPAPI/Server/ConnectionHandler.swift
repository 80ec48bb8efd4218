import Domain
import NIOCore
import NIOHTTP1

/// Carries out what `ConnectionMachine` decides: the last handler of a connection's pipeline.
///
/// A request is gathered here and handed over whole, so a handler costs one task and no stream of parts; routes that
/// ask for a stream are served by `ConnectionHandler+Streams.swift`. Lives on its event loop only.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    let environment: ConnectionEnvironment
    let executor: EventLoopExecutor
    let clientAddress: String
    let finished: EventLoopPromise<Void>
    var machine: ConnectionMachine
    var writer = ResponseWriter()
    private var ids: SeededRandom
    var context: ChannelHandlerContext?
    /// Parts of requests sent ahead of the current answer.
    var waiting: [HTTPServerRequestPart] = []
    private var waitingHeads = 0
    /// Whether bytes came while an answer was being made; the decoder may hold some that make no part yet.
    var hasBytesAhead = false
    private var isDraining = false
    /// A read that the channel asked for while nothing more may come in.
    var isReadHeld = false
    var now: Duration
    private var timer: Scheduled<Void>?
    private var timerAt = Duration.zero
    /// Numbers the exchanges, so that an answer that comes too late is known as such.
    var sequence = 0
    var running: Task<Void, Never>?
    var runningCount = 0
    /// Whether the running handler works for this client alone.
    var endsWithClient = false
    /// Whether the handler that streams now, and what produces its answer, runs on the event loop.
    var streamsOnEventLoop = false
    /// The body that is streamed in; nil when there is none.
    var incoming: RequestBody?
    /// The body that is streamed out; nil when there is none.
    var outgoing: OutgoingStream?
    /// Makes the body that is streamed out, or what a WebSocket says.
    var producing: Task<Void, Never>?
    /// What parses requests; taken out when the connection becomes a WebSocket.
    var decoder: ByteToMessageHandler<HTTPRequestDecoder>?
    /// Speaks for the connection once it is a WebSocket.
    var socket: SocketHandler?

    /// Makes the handler of one connection; `finished` is completed when it and its last task are over.
    init(
        environment: ConnectionEnvironment,
        executor: EventLoopExecutor,
        clientAddress: String,
        finished: EventLoopPromise<Void>
    ) {
        self.environment = environment
        self.executor = executor
        self.clientAddress = clientAddress
        self.finished = finished
        now = environment.time.elapsed()
        machine = ConnectionMachine(limits: environment.limits, now: now, policy: environment.policy)
        ids = SeededRandom(seed: environment.random.next())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        armTimer()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        connectionLost()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connectionLost()
        context.fireChannelInactive()
    }

    private func connectionLost() {
        guard context != nil else { return }
        context = nil
        machine.connectionLost()
        waiting = []
        timer?.cancel()
        clientLeft()
        endIncoming(.failure(.disconnected))
        endOutgoing()
        endSocket()
        finishIfOver()
    }

    /// Ends what is done for nobody else.
    ///
    /// Who ends only its own side of the connection is taken for one that has left:
    /// the two look the same.
    private func clientLeft() {
        if endsWithClient { running?.cancel() }
    }

    func finishIfOver() {
        if context == nil, runningCount == 0 { finished.succeed(()) }
    }
}

// MARK: - Coming in

extension ConnectionHandler {
    /// `WireMeter` saw bytes; false when they are to be dropped.
    func bytesCame(_ count: Int) -> Bool {
        guard !machine.isDiscarding else { return false }
        now = environment.time.elapsed()
        if machine.isBusy { hasBytesAhead = true }
        machine.bytesCame(count, at: now)
        return true
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard machine.isBusy || !waiting.isEmpty else { return take(part) }
        if case .head = part {
            waitingHeads += 1
            if waitingHeads > environment.limits.pipelinedRequestsMax { machine.pipelineOverflowed() }
        }
        waiting.append(part)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        perform(machine.readEnded(at: now))
        armTimer()
        context.fireChannelReadComplete()
    }

    /// Reading goes on while one request is handled until a byte of the next one comes: stopping and starting the
    /// socket for every request would cost two system calls each.
    func read(context: ChannelHandlerContext) {
        if machine.isDiscarding || waiting.isEmpty && !hasBytesAhead && !isBodyHeld {
            context.read()
        } else {
            isReadHeld = true
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = error as? HTTPParserError else { return context.close(promise: nil) }
        guard failure != .invalidEOFState else {
            clientLeft()
            return perform(machine.inputClosed())
        }
        let problem = failure == .headerOverflow ? Problem.headTooLarge : .malformedRequest
        perform(machine.parserFailed(problem, at: now))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            clientLeft()
            perform(machine.inputClosed())
        case is ChannelShouldQuiesceEvent:
            now = environment.time.elapsed()
            perform(machine.stop(at: now))
            armTimer()
        default:
            break
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            let head = RequestHead(head)
            perform(machine.headCame(head, overloaded: environment.gauge.isFull, at: now))
        case .body(let buffer) where incoming != nil:
            takePiece(buffer)
        case .body(let buffer):
            perform(machine.bodyCame(buffer.readableBytesView, at: now))
        case .end:
            endIncoming(.success(()))
            perform(machine.endCame(at: now))
        }
    }

    /// Takes up what was sent ahead, until it needs an answer again.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        var taken = 0
        while taken < waiting.count, !machine.isBusy {
            let part = waiting[taken]
            taken += 1
            if case .head = part { waitingHeads -= 1 }
            take(part)
        }
        waiting.removeFirst(min(taken, waiting.count))
        guard waiting.isEmpty, !machine.isBusy else { return }
        hasBytesAhead = false
        perform(machine.allTaken())
        guard isReadHeld, let context else { return }
        isReadHeld = false
        context.read()
    }
}

// MARK: - Going out

extension ConnectionHandler {
    func perform(_ action: ConnectionMachine.Action) {
        guard let context else { return }
        switch action {
        case .none:
            break
        case .sendContinue:
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: ResponseWriter.interim)), promise: nil)
        case .handle(let head, let body, let placement):
            handle(head, body, placement)
        case .handleStream(let head):
            handleStream(head)
        case .refuse(let problem):
            endIncoming(.failure(.refused))
            refuse(problem, context)
        case .abandon(let problem):
            endIncoming(.failure(.refused))
            running?.cancel()
            refuse(problem, context)
        case .closeWhenWritten:
            closeWhenWritten(context)
        case .close:
            context.close(promise: nil)
        case .endLive:
            producing?.cancel()
        }
    }

    private func handle(_ head: AcceptedHead, _ body: [UInt8], _ placement: RequestPolicy.Placement) {
        guard environment.gauge.enter() else { return perform(machine.turnAway(at: now)) }
        let request = begin(head, body: body, stream: nil)
        streamsOnEventLoop = false
        if placement == .eventLoop, body.count <= environment.limits.eventLoopBodyBytesMax {
            handleOnEventLoop(request)
        } else {
            handleOnPool(request)
        }
    }

    /// Numbers the exchange and makes its request.
    func begin(_ head: AcceptedHead, body: [UInt8], stream: RequestBody?) -> APIRequest {
        sequence += 1
        runningCount += 1
        return APIRequest(
            method: head.method,
            path: head.path,
            query: head.query,
            headers: head.headers,
            body: body,
            stream: stream,
            clientAddress: clientAddress,
            id: nextID(),
            isSecure: environment.isSecure
        )
    }

    /// The task is unstructured because a channel handler has no task to start it in; the connection's own task
    /// waits for `finished`, so it cannot outlive the server.
    private func handleOnEventLoop(_ request: APIRequest) {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let sequence = sequence
        running = Task.immediate(executorPreference: executor) { [handler = environment.handler] in
            let response = await handler(request)
            bound.value.answer(response, sequence)
        }
    }

    /// As `handleOnEventLoop`.
    private func handleOnPool(_ request: APIRequest) {
        guard let context else { return }
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let sequence = sequence
        running = Task { [handler = environment.handler] in
            let response = await handler(request)
            eventLoop.execute { bound.value.answer(response, sequence) }
        }
    }

    private func answer(_ response: APIResponse, _ sequence: Int) {
        environment.gauge.leave()
        handled(response, sequence)
    }

    /// The handler of the exchange `sequence` is done; its place in the gauge is given back already.
    func handled(_ response: APIResponse, _ sequence: Int) {
        runningCount -= 1
        finishIfOver()
        let hasMore = !waiting.isEmpty
        guard let context, sequence == self.sequence,
            let exchange = machine.exchangeToAnswer(hasMore: hasMore)
        else { return }
        running = nil
        endsWithClient = false
        now = environment.time.elapsed()
        endIncoming(.failure(.answered))
        var response = response
        if let socket = response.socket {
            if mayUpgrade(exchange) { return upgrade(to: socket, exchange, context) }
            response = Problem.malformedRequest.response(for: nextID())
        }
        if let stream = response.stream { return send(response, stream, to: exchange, context) }
        write(response, to: exchange, context)
        follow(
            machine.answered(
                exchange,
                buffersFull: !context.channel.isWritable,
                hasMore: hasMore,
                at: now
            ),
            context
        )
    }

    /// Does what follows an answer.
    func follow(_ continuation: ConnectionMachine.Continuation, _ context: ChannelHandlerContext) {
        switch continuation {
        case .next: drain()
        case .wait: break
        case .close: closeWhenWritten(context)
        case .linger: endSending(context)
        }
        armTimer()
    }

    func write(
        _ response: APIResponse,
        to exchange: ConnectionMachine.Exchange,
        _ context: ChannelHandlerContext
    ) {
        var buffer = context.channel.allocator.buffer(capacity: 384 + response.body.count)
        writer.write(response, to: exchange, now: environment.time.now(), into: &buffer)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    private func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        environment.refused(problem.code)
        let exchange = ConnectionMachine.Exchange(
            method: .post,
            minorVersion: 1,
            keepsAlive: false,
            until: .zero
        )
        write(problem.response(for: nextID()), to: exchange, context)
        endSending(context)
        armTimer()
    }

    /// Ends our side of the connection and lets the machine drop what the peer still sends: closing with bytes
    /// unread would make the kernel take the answer back.
    func endSending(_ context: ChannelHandlerContext) {
        waiting = []
        context.close(mode: .output, promise: nil)
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
    }

    private func closeWhenWritten(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).whenComplete { _ in
            bound.value.close(promise: nil)
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            now = environment.time.elapsed()
            outgoing?.roomCame()
            socket?.roomCame()
            if machine.drained(at: now) { drain() }
        }
        context.fireChannelWritabilityChanged()
    }

    func nextID() -> RequestID {
        RequestID(
            milliseconds: UInt64(clamping: environment.time.now().milliseconds),
            ids.next(),
            ids.next()
        )
    }
}

// MARK: - Time

extension ConnectionHandler {
    /// Sees to it that a timer fires no later than the deadline.
    ///
    /// One timer serves many requests: it is set at most `timerStrideMax` ahead, which no deadline of a busy
    /// connection undercuts, so the common request neither sets nor cancels one.
    func armTimer() {
        guard let context, let deadline = machine.deadline else { return }
        if timer != nil {
            guard timerAt > deadline else { return }
            timer?.cancel()
        }
        timerAt = min(deadline, now + environment.limits.timerStrideMax)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: .init(max(timerAt - now, .milliseconds(1)))) {
            bound.value.timerFired()
        }
    }

    private func timerFired() {
        timer = nil
        now = environment.time.elapsed()
        perform(machine.timerFired(at: now))
        armTimer()
    }
}

extension RequestHead {
    /// Takes over what NIO's decoder read.
    init(_ head: HTTPRequestHead) {
        var headers = Headers()
        for (name, value) in head.headers {
            headers.append(name, value)
        }
        self.init(
            method: head.method.rawValue,
            target: head.uri,
            minorVersion: head.version.minor,
            headers: headers
        )
    }
}
