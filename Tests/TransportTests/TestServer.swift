import Domain
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Transport

/// What a test server got.
struct Received: Sendable {
    var head: HTTPRequestHead
    var body: [UInt8]
}

/// A server on 127.0.0.1 that reads HTTP requests and answers with whatever bytes the test wants.
final class TestServer: Sendable {
    typealias Reply = @Sendable (Received, any Channel) -> Void

    let group: MultiThreadedEventLoopGroup
    let port: Int
    private let listener: any Channel
    private let counts: Counts

    final class Counts: Sendable {
        let connections = Atomic<Int>(0)
        let closed = Atomic<Int>(0)
        let requests = Mutex<[Received]>([])
        let doesNotRead = Atomic<Bool>(false)
        let early = Mutex<String?>(nil)
    }

    private init(group: MultiThreadedEventLoopGroup, listener: any Channel, counts: Counts) {
        self.group = group
        self.listener = listener
        self.counts = counts
        port = listener.localAddress?.port ?? 0
    }

    var connections: Int { counts.connections.load(ordering: .sequentiallyConsistent) }
    var closed: Int { counts.closed.load(ordering: .sequentiallyConsistent) }
    var requests: [Received] { counts.requests.withLock { $0 } }

    /// Runs `body` with a server and an upstream that finds every name at 127.0.0.1.
    static func run(
        tls: TLSConfiguration? = nil,
        configuration: HTTPUpstream.Configuration = .init(),
        resolver: NameResolver = .fixed(["127.0.0.1"]),
        time: Time = .standing,
        reply: @escaping Reply,
        _ body: (TestServer, HTTPUpstream) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let counts = Counts()
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(RequestHandler(counts: counts, reply: reply))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = TestServer(group: group, listener: listener, counts: counts)
        let upstream = HTTPUpstream(
            group: group,
            time: time,
            resolver: resolver,
            configuration: configuration
        )
        let result: Result<Void, any Error>
        do {
            try await body(server, upstream)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await upstream.shutdown()
        try await listener.close()
        try await group.shutdownGracefully()
        try result.get()
    }

    func request(
        _ path: String = "/",
        method: String = "POST",
        scheme: String = "http",
        host: String = "hooks.example.com",
        headers: [(String, String)] = [],
        body: String = "hello",
        timeout: Duration = .seconds(10),
        responseBytesMax: Int = 1_000,
        policy: AddressPolicy = .init(allowPrivate: true)
    ) throws -> OutgoingRequest {
        OutgoingRequest(
            method: method,
            url: try DestinationURL("\(scheme)://\(host):\(port)\(path)", policy: .init(allowPrivate: true)),
            headers: headers,
            body: Array(body.utf8),
            timeout: timeout,
            responseBytesMax: responseBytesMax,
            policy: policy
        )
    }

    /// Whether connections read what comes after a head.
    func reads(_ reads: Bool) {
        counts.doesNotRead.store(!reads, ordering: .sequentiallyConsistent)
    }

    /// Answers every head at once.
    func answerAtHead(_ text: String) {
        counts.early.withLock { $0 = text }
    }

    /// Waits until all connections are closed.
    func allClosed() async throws {
        while closed < connections {
            try await group.next().scheduleTask(in: .milliseconds(5)) {}.futureResult.get()
        }
    }
}

private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let counts: TestServer.Counts
    private let reply: TestServer.Reply
    private var received: Received?

    init(counts: TestServer.Counts, reply: @escaping TestServer.Reply) {
        self.counts = counts
        self.reply = reply
    }

    func handlerAdded(context: ChannelHandlerContext) {
        counts.connections.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        counts.closed.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            received = Received(head: head, body: [])
            if counts.doesNotRead.load(ordering: .sequentiallyConsistent) {
                context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
            }
            if let text = counts.early.withLock({ $0 }) { context.channel.send(text) }
        case .body(let part): received?.body += Array(part.readableBytesView)
        case .end:
            guard let received else { return }
            counts.requests.withLock { $0.append(received) }
            reply(received, context.channel)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension Channel {
    /// Writes text as it is.
    @discardableResult
    func send(_ text: String) -> EventLoopFuture<Void> {
        writeAndFlush(ByteBuffer(string: text))
    }

    /// Writes `piece` again and again for as long as somebody listens.
    func sendForEver(_ piece: ByteBuffer, pause: TimeAmount = .zero) {
        writeAndFlush(piece).whenSuccess {
            self.eventLoop.scheduleTask(in: pause) { self.sendForEver(piece, pause: pause) }
        }
    }

    /// Ends the connection with a reset.
    func reset() {
        guard let socket = self as? any SocketOptionProvider else { return close(promise: nil) }
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in self.close(promise: nil) }
    }
}

extension Time {
    /// The machine's clock, for what has passed.
    static let running = Time(
        now: { Instant(seconds: 0) },
        elapsed: { ContinuousClock().now - start },
        sleep: { _ in }
    )
    private static let start = ContinuousClock().now

    /// A clock that stands still.
    static let standing = Time(now: { Instant(seconds: 0) }, elapsed: { .zero }, sleep: { _ in })
}

extension NameResolver {
    /// Finds every name at these addresses.
    static func fixed(_ texts: [String]) -> NameResolver {
        NameResolver { _, loop in loop.makeSucceededFuture(texts.compactMap { IPAddress($0) }) }
    }
}

/// Waits on an event loop, for what happens in the kernel.
func pause(milliseconds: Int64) async throws {
    try Task.checkCancellation()
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    try await loop.scheduleTask(in: .milliseconds(milliseconds)) {}.futureResult.get()
}
