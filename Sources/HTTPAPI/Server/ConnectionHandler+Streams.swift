import Domain
import NIOCore

// MARK: - Bodies that are streamed in

extension ConnectionHandler {
    /// Whether the handler has as much of a body as may wait for it.
    var isBodyHeld: Bool {
        if case .receiving(let receiving) = machine.state {
            return receiving.askedBy != nil && incoming != nil
        }
        return false
    }

    /// As `handleOnPool` or `handleOnEventLoop`, with the body to come.
    func handleStream(_ head: AcceptedHead) {
        guard let context else { return }
        guard environment.streams.enter() else { return perform(machine.turnAway(at: now)) }
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let number = sequence + 1
        let body = RequestBody(
            length: head.contentLength,
            bufferBytesMax: environment.limits.streamBufferBytesMax,
            isHeld: head.expectsContinue
        ) {
            eventLoop.execute { bound.value.bodyWanted(number) }
        }
        incoming = body
        let request = begin(head, body: [], stream: body)
        let policy = environment.policy(head)
        endsWithClient = policy.endsWithClient
        streamsOnEventLoop = policy.placement == .eventLoop
        running = Task(executorPreference: streamExecutor) {
            [handler = environment.handler, streams = environment.streams] in
            let response = await handler(request)
            streams.leave()
            eventLoop.execute { bound.value.handled(response, number) }
        }
    }

    /// Where a handler that streams, and what produces its answer, runs; nil is the pool.
    private var streamExecutor: (any TaskExecutor)? { streamsOnEventLoop ? executor : nil }

    func takePiece(_ buffer: ByteBuffer) {
        perform(machine.pieceCame(buffer.readableBytes, at: now))
        if incoming?.add(buffer.readableBytesView) == true { machine.bodyHeld(at: now) }
    }

    func endIncoming(_ end: Result<Void, RequestBody.Fault>) {
        guard let body = incoming else { return }
        incoming = nil
        body.end(end)
        releaseRead()
    }

    private func bodyWanted(_ sequence: Int) {
        guard sequence == self.sequence, incoming != nil else { return }
        now = environment.time.elapsed()
        perform(machine.bodyWanted(at: now))
        releaseRead()
        armTimer()
    }

    /// Reads again if only the body's handler was waited for.
    private func releaseRead() {
        guard isReadHeld, waiting.isEmpty, !hasBytesAhead, !isBodyHeld, let context else { return }
        isReadHeld = false
        context.read()
    }
}

// MARK: - Bodies that are streamed out

extension ConnectionHandler {
    func send(
        _ response: APIResponse,
        _ stream: ResponseStream,
        to exchange: ConnectionMachine.Exchange,
        _ context: ChannelHandlerContext
    ) {
        var exchange = exchange
        let framing = StreamFraming(length: stream.length, minorVersion: exchange.minorVersion)
        if framing == .untilClose { exchange.keepsAlive = false }
        machine.streamBegan(exchange, isLive: stream.isLive, at: now)
        guard stream.isLive || environment.streams.enter() else {
            environment.refused("too-many-streams")
            write(Problem.overloaded(retryAfterSeconds: 1).response(for: nextID()), to: exchange, context)
            return endStream(context)
        }
        var buffer = context.channel.allocator.buffer(capacity: 512)
        let now = environment.time.now()
        guard writer.writeHead(of: response, framing: framing, to: exchange, now: now, into: &buffer) else {
            if !stream.isLive { environment.streams.leave() }
            write(APIResponse(status: 500), to: exchange, context)
            return endStream(context)
        }
        context.write(wrapOutboundOut(buffer), promise: nil)
        guard exchange.method != .head else {
            if !stream.isLive { environment.streams.leave() }
            context.flush()
            return endStream(context)
        }
        outgoing = OutgoingStream(framing)
        produce(stream, context)
        // What produces it on this loop comes first: a piece that is there already leaves with the head.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.context?.flush() }
        armTimer()
    }

    /// The task is unstructured as in `handleOnPool`.
    private func produce(_ stream: ResponseStream, _ context: ChannelHandlerContext) {
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let sequence = sequence
        let sink = ResponseStream.Sink { piece in
            if eventLoop.inEventLoop { return try await bound.value.write(piece, sequence).get() }
            try await eventLoop.flatSubmit { bound.value.write(piece, sequence) }.get()
        }
        runningCount += 1
        producing = Task(executorPreference: streamExecutor) { [streams = environment.streams] in
            let isWhole: Bool
            do {
                try await stream.produce(sink)
                isWhole = true
            } catch {
                isWhole = false  // The peer sees it as the connection's end; the producer tells its own log.
            }
            if !stream.isLive { streams.leave() }
            eventLoop.execute { bound.value.produced(isWhole, sequence) }
        }
    }

    private func write(_ piece: [UInt8], _ sequence: Int) -> EventLoopFuture<Void> {
        guard let context, sequence == self.sequence, let outgoing else {
            return finished.futureResult.eventLoop.makeFailedFuture(OutgoingStream.Failure.disconnected)
        }
        let eventLoop = context.eventLoop
        guard !piece.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
        do {
            let buffer = try outgoing.frame(piece, context.channel.allocator)
            now = environment.time.elapsed()
            machine.pieceWritten(piece.count, at: now)
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in
                bound.value.left(piece.count, sequence)
            }
            armTimer()
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
        return context.channel.isWritable
            ? eventLoop.makeSucceededVoidFuture() : outgoing.waitForRoom(on: eventLoop)
    }

    func left(_ count: Int, _ sequence: Int) {
        guard sequence == self.sequence else { return }
        now = environment.time.elapsed()
        machine.pieceLeft(count, at: now)
    }

    private func produced(_ isWhole: Bool, _ sequence: Int) {
        runningCount -= 1
        finishIfOver()
        guard let context, sequence == self.sequence, let outgoing else { return }
        self.outgoing = nil
        producing = nil
        guard isWhole, let last = try? outgoing.finish() else { return context.close(promise: nil) }
        if last.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(last), promise: nil) }
        endStream(context)
    }

    private func endStream(_ context: ChannelHandlerContext) {
        now = environment.time.elapsed()
        let hasMore = !waiting.isEmpty
        let full = !context.channel.isWritable
        guard let next = machine.streamEnded(buffersFull: full, hasMore: hasMore, at: now) else { return }
        follow(next, context)
    }

    func endOutgoing() {
        guard let outgoing else { return }
        self.outgoing = nil
        producing?.cancel()
        producing = nil
        outgoing.end()
    }
}
