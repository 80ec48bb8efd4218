import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A client that sends exactly the bytes it is given, right or wrong.
final class RawClient: Sendable {
    private struct Inbox {
        var bytes: [UInt8] = []
        var isClosed = false
        var changes = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let client: RawClient

        init(_ client: RawClient) {
            self.client = client
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            client.received(Array(unwrapInboundIn(data).readableBytesView), isClosed: false)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case .some(.inputClosed) = event as? ChannelEvent { client.received([], isClosed: true) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            client.received([], isClosed: true)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    private let inbox = Mutex(Inbox())
    private let channel = Mutex<(any Channel)?>(nil)

    /// Connects to a port of 127.0.0.1.
    ///
    /// - Parameters:
    ///   - tls: how to speak TLS; nil speaks plainly.
    ///   - reads: whether what the server sends is read at all.
    static func connect(port: Int, tls: TLSConfiguration? = nil, reads: Bool = true) async throws -> RawClient
    {
        let client = RawClient()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: nil)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(client))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        client.channel.withLock { $0 = channel }
        return client
    }

    /// Sends a text as UTF-8.
    func send(_ text: String) {
        send(Array(text.utf8))
    }

    /// Sends bytes; what cannot be sent any more is lost, as on any network.
    func send(_ bytes: [UInt8]) {
        channel.withLock { $0 }?.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    /// Sends nothing more, but still reads.
    func endSending() {
        channel.withLock { $0 }?.close(mode: .output, promise: nil)
    }

    /// Closes both ways.
    func close() async {
        try? await channel.withLock { $0 }?.close()  // It may be closed already.
    }

    /// Everything until the server closes.
    func receiveToEnd() async -> String {
        await received { inbox in inbox.isClosed ? inbox.bytes.count : nil }
    }

    /// The next complete response: head, and as much body as it announces; what came, if the connection ended.
    func receiveResponse() async -> String {
        await received { inbox in
            let text = String(decoding: inbox.bytes, as: UTF8.self)
            guard let head = text.firstRange(of: "\r\n\r\n") else {
                return inbox.isClosed ? inbox.bytes.count : nil
            }
            let length = text[..<head.lowerBound].split(separator: "\r\n")
                .first { $0.hasPrefix("content-length: ") }
                .flatMap { Int($0.dropFirst(16)) }
            let count = text[..<head.upperBound].utf8.count + (length ?? 0)
            return inbox.bytes.count >= count ? count : (inbox.isClosed ? inbox.bytes.count : nil)
        }
    }

    /// Takes out what `complete` says is there, waiting for more as long as it says nil.
    private func received(_ complete: (Inbox) -> Int?) async -> String {
        while true {
            let (text, seen) = inbox.withLock { inbox -> (String?, Int) in
                guard let count = complete(inbox) else { return (nil, inbox.changes) }
                defer { inbox.bytes.removeFirst(count) }
                return (String(decoding: inbox.bytes.prefix(count), as: UTF8.self), inbox.changes)
            }
            if let text { return text }
            await withCheckedContinuation { continuation in
                let isStale = inbox.withLock { inbox in
                    guard inbox.changes == seen else { return true }
                    inbox.waiter = continuation
                    return false
                }
                if isStale { continuation.resume() }
            }
        }
    }

    private func received(_ bytes: [UInt8], isClosed: Bool) {
        let waiter = inbox.withLock { inbox in
            inbox.bytes += bytes
            inbox.changes += 1
            inbox.isClosed = inbox.isClosed || isClosed
            defer { inbox.waiter = nil }
            return inbox.waiter
        }
        waiter?.resume()
    }
}

/// The status of a raw response; nil when nothing came.
func status(_ response: String) -> Int? {
    guard response.hasPrefix("HTTP/1.1 ") else { return nil }
    return Int(response.dropFirst(9).prefix(3))
}

extension RawClient {
    /// Sends bytes and returns once the kernel has them.
    func sendAll(_ bytes: [UInt8]) async throws {
        let channel = channel.withLock { $0 }
        try await channel?.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    /// Ends the connection with a reset.
    func reset() async throws {
        guard let channel = channel.withLock({ $0 }), let socket = channel as? any SocketOptionProvider else {
            return
        }
        try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        try? await channel.close()  // It may be closed already.
    }
}
