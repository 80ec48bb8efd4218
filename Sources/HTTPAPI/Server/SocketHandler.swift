import Domain
import NIOCore
import NIOWebSocket

/// Carries out what `SocketMachine` decides: reads and writes the frames of one WebSocket.
///
/// Stands before `ConnectionHandler`, which still holds the connection's limits and its end. Lives on its event loop only.
final class SocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let time: Time
    private let received: ([UInt8]) -> SocketClose?
    private let closing: () -> Void
    private var machine: SocketMachine
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?
    private var room: EventLoopPromise<Void>?
    private var isOver = false

    /// Makes the handler of one socket.
    ///
    /// - Parameters:
    ///   - received: takes a whole text message.
    ///   - closing: called when nothing more can be sent.
    init(
        limits: SocketLimits,
        time: Time,
        received: @escaping ([UInt8]) -> SocketClose?,
        closing: @escaping () -> Void
    ) {
        self.time = time
        self.received = received
        self.closing = closing
        machine = SocketMachine(limits: limits, now: time.elapsed())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        armTimer()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        lost()
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        let action = machine.frameCame(
            SocketMachine.Frame(
                opcode: UInt8(webSocketOpcode: frame.opcode),
                isLast: frame.fin,
                isMasked: frame.maskKey != nil,
                isReserved: !frame.reservedBits.isEmpty,
                payload: Array(frame.unmaskedData.readableBytesView)
            ),
            at: time.elapsed()
        )
        perform(action)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = error as? NIOWebSocketError else { return context.close(promise: nil) }
        perform(machine.decoderFailed(tooLarge: failure == .invalidFrameLength, at: time.elapsed()))
    }

    /// Sends text messages; nil when none can be sent any more.
    func send(_ messages: [[UInt8]]) -> EventLoopFuture<Void>? {
        guard let context, machine.isOpen, !isOver else { return nil }
        var last: EventLoopFuture<Void>?
        for message in messages {
            let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: message))
            last = context.write(wrapOutboundOut(frame))
        }
        context.flush()
        return last ?? context.eventLoop.makeSucceededVoidFuture()
    }

    /// Completes when there is room for more.
    func waitForRoom(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        guard !isOver else { return eventLoop.makeFailedFuture(OutgoingStream.Failure.disconnected) }
        if let room { return room.futureResult }
        let promise = eventLoop.makePromise(of: Void.self)
        room = promise
        return promise.futureResult
    }

    /// There is room for more.
    func roomCame() {
        let promise = room
        room = nil
        promise?.succeed(())
    }

    /// There is nothing more to say.
    func finish(_ close: SocketClose) {
        perform(machine.finish(close, at: time.elapsed()))
    }

    /// The connection is gone, or nothing more can be sent over it.
    func lost() {
        guard !isOver else { return }
        isOver = true
        machine.connectionLost()
        timer?.cancel()
        context = nil
        let promise = room
        room = nil
        promise?.fail(OutgoingStream.Failure.disconnected)
        closing()
    }

    private func perform(_ action: SocketMachine.Action) {
        guard let context else { return }
        switch action {
        case .none: break
        case .deliver(let text):
            if let close = received(text) { return finish(close) }
        case .pong(let payload): write(.pong, payload, context)
        case .ping: write(.ping, [], context)
        case .close(let close):
            write(
                .connectionClose,
                [UInt8(close.code >> 8), UInt8(close.code & 0xFF)] + close.reason.utf8,
                context
            )
            closing()
        case .answerClose(let payload):
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            write(.connectionClose, payload, context).whenComplete { _ in bound.value.close(promise: nil) }
            closing()
        case .end:
            context.close(promise: nil)
        }
        armTimer()
    }

    @discardableResult
    private func write(
        _ opcode: WebSocketOpcode,
        _ payload: [UInt8],
        _ context: ChannelHandlerContext
    ) -> EventLoopFuture<Void> {
        let frame = WebSocketFrame(fin: true, opcode: opcode, data: ByteBuffer(bytes: payload))
        return context.writeAndFlush(wrapOutboundOut(frame))
    }

    private func armTimer() {
        timer?.cancel()
        timer = nil
        guard let context, let deadline = machine.deadline else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let wait = max(deadline - time.elapsed(), .milliseconds(1))
        timer = context.eventLoop.scheduleTask(in: .init(wait)) {
            bound.value.perform(bound.value.machine.timerFired(at: bound.value.time.elapsed()))
        }
    }
}
