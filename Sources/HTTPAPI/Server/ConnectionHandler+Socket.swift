import Domain
import NIOCore
import NIOHTTP1
import NIOWebSocket

// MARK: - Becoming a WebSocket

extension ConnectionHandler {
    /// Whether the connection may become a WebSocket: a client waits for the answer before it sends frames (RFC 6455
    /// section 4.1).
    func mayUpgrade(_ exchange: ConnectionMachine.Exchange) -> Bool {
        exchange.minorVersion > 0 && exchange.method == .get && !hasBytesAhead && waiting.isEmpty
    }

    /// Answers 101 and hands the connection over to a `SocketHandler`, which stands before this handler from then on.
    func upgrade(
        to socket: ResponseSocket,
        _ exchange: ConnectionMachine.Exchange,
        _ context: ChannelHandlerContext
    ) {
        guard let decoder else { return context.close(promise: nil) }
        machine.upgraded(exchange, at: now)
        armTimer()
        self.decoder = nil
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: environment.limits.socket.messageBytesMax,
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        let headers: HTTPHeaders = ["sec-websocket-key": socket.key, "sec-websocket-version": "13"]
        let request = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: headers)
        let channel = context.channel
        context.pipeline.syncOperations.removeHandler(decoder).flatMap {
            upgrader.buildUpgradeResponse(
                channel: channel,
                upgradeRequest: request,
                initialResponseHeaders: HTTPHeaders()
            )
        }.whenComplete { bound.value.upgraded($0, to: socket) }
    }

    private func upgraded(_ headers: Result<HTTPHeaders, any Error>, to socket: ResponseSocket) {
        guard let context else { return }
        guard case .success(let headers) = headers, let accept = headers.first(name: "sec-websocket-accept")
        else { return context.close(promise: nil) }
        let handler = SocketHandler(
            limits: environment.limits.socket,
            time: environment.time,
            received: socket.received
        ) { [weak self] in
            self?.producing?.cancel()
        }
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(
                ByteToMessageHandler(
                    WebSocketFrameDecoder(maxFrameSize: environment.limits.socket.messageBytesMax)
                ),
                position: .before(self)
            )
            try pipeline.addHandler(WebSocketFrameEncoder(), position: .before(self))
            var buffer = context.channel.allocator.buffer(capacity: 192)
            buffer.writeStaticString(
                "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            )
            buffer.writeString("sec-websocket-accept: \(accept)\r\n\r\n")
            // Past the encoder: this is the last that is no frame.
            try pipeline.context(handlerType: WebSocketFrameEncoder.self)
                .writeAndFlush(NIOAny(buffer), promise: nil)
            try pipeline.addHandler(handler, position: .before(self))
        } catch {
            return context.close(promise: nil)
        }
        self.socket = handler
        if isReadHeld {
            isReadHeld = false
            context.read()
        }
        produce(socket, handler, context)
    }

    /// The task is unstructured as in `handleOnPool`.
    private func produce(
        _ socket: ResponseSocket,
        _ handler: SocketHandler,
        _ context: ChannelHandlerContext
    ) {
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let sink = ResponseSocket.Sink { messages in
            try await eventLoop.flatSubmit { bound.value.send(messages) }.get()
        }
        runningCount += 1
        producing = Task {
            let close = await socket.produce(sink)
            eventLoop.execute { bound.value.said(close) }
        }
    }

    private func send(_ messages: [[UInt8]]) -> EventLoopFuture<Void> {
        let eventLoop = finished.futureResult.eventLoop
        guard let context, let socket else {
            return eventLoop.makeFailedFuture(OutgoingStream.Failure.disconnected)
        }
        now = environment.time.elapsed()
        let count = messages.reduce(0) { $0 + $1.count }
        machine.pieceWritten(count, at: now)
        armTimer()
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let sequence = sequence
        guard let written = socket.send(messages) else {
            return eventLoop.makeFailedFuture(OutgoingStream.Failure.disconnected)
        }
        written.whenComplete { _ in bound.value.left(count, sequence) }
        return context.channel.isWritable
            ? eventLoop.makeSucceededVoidFuture() : socket.waitForRoom(on: eventLoop)
    }

    private func said(_ close: SocketClose) {
        runningCount -= 1
        producing = nil
        socket?.finish(close)
        finishIfOver()
    }

    /// The connection is gone.
    func endSocket() {
        socket?.lost()
        socket = nil
        if outgoing == nil { producing?.cancel() }
    }
}
