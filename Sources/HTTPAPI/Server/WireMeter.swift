import NIOCore

/// The first handler behind the socket (or TLS): tells the connection how many bytes come before they are parsed,
/// and drops them once it wants none.
final class WireMeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: ConnectionHandler

    /// Reports to `connection`.
    init(_ connection: ConnectionHandler) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.bytesCame(unwrapInboundIn(data).readableBytes) { context.fireChannelRead(data) }
    }
}
