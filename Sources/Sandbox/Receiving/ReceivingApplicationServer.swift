package import Domain
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Signatures
import Synchronization

/// What the receiving application saw and answered, once per request.
package struct ReceivedDelivery: Hashable, Sendable {
    /// The `webhook-id`: the event.
    package let webhookID: String
    /// Usher's id of the delivery: a replay is another delivery of the same event.
    package let deliveryID: String
    /// The event's type, as Usher names it.
    package let type: String
    /// The source it came from, as Usher names it.
    package let source: String
    /// Which try it is, as Usher counts.
    package let attempt: Int
    /// The wedding that Usher says it belongs to; nil for none.
    package let wedding: String?
    /// How urgent Usher says it is: `critical`, `high`, `normal`, `low`.
    package let priority: String
    /// What was answered.
    package let answer: ReceivingApplication.Answer

    /// Makes the note of one request.
    package init(
        webhookID: String,
        deliveryID: String,
        type: String,
        source: String,
        attempt: Int,
        wedding: String? = nil,
        priority: String = "normal",
        answer: ReceivingApplication.Answer
    ) {
        self.webhookID = webhookID
        self.deliveryID = deliveryID
        self.type = type
        self.source = source
        self.attempt = attempt
        self.wedding = wedding
        self.priority = priority
        self.answer = answer
    }
}

/// A `ReceivingApplication` on a loopback port: `POST /hooks`.
package final class ReceivingApplicationServer: Service {
    /// The path deliveries are posted to.
    package static let path = "/hooks"
    /// The largest delivery it takes.
    package static let bodyBytesMax = 10_485_760
    /// How long it keeps a request it will never answer.
    package static let silence = Duration.seconds(60)

    private let application: Mutex<ReceivingApplication>
    private let port: Int
    private let time: Time
    private let logger: Logger
    private let started: @Sendable (_ port: Int) async -> Void
    private let observe: @Sendable (ReceivedDelivery) -> Void

    /// Makes a server; it listens once `run` is called.
    /// - Parameter port: 0 lets the system choose.
    /// - Parameter started: called with the port once it listens.
    /// - Parameter observe: called with each request and its answer.
    package init(
        _ application: ReceivingApplication,
        port: Int,
        time: Time,
        logger: Logger,
        started: @escaping @Sendable (_ port: Int) async -> Void,
        observe: @escaping @Sendable (ReceivedDelivery) -> Void
    ) {
        self.application = Mutex(application)
        self.port = port
        self.time = time
        self.logger = logger
        self.started = started
        self.observe = observe
    }

    /// The application as it is now: what it has taken, and what came twice.
    package var snapshot: ReceivingApplication { application.withLock { $0 } }

    /// Listens until it is shut down; throws when the port is taken.
    package func run() async throws {
        let channel = HTTP1Channel { [self] request, writer, _ in
            let response = try await respond(to: request)
            try await writer.writeResponse(response)
        }
        let server = Server(
            childChannelSetup: channel,
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { [started] channel in await started(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        try await server.run()
    }

    private func respond(to request: Request) async throws -> HTTPResponse {
        guard request.method == .post, request.head.path == Self.path else {
            return HTTPResponse(status: .notFound, headerFields: [.contentLength: "0"])
        }
        let body = try await request.body.collect(upTo: Self.bodyBytesMax)
        let headers = Headers(request.headers.map { ($0.name.canonicalName, $0.value) })
        let received = WebhookRequest(
            url: "http://127.0.0.1" + Self.path,
            headers: headers,
            body: Array(body.readableBytesView)
        )
        let now = time.now()
        let answer = application.withLock { $0.receive(received, now: now) }
        observe(
            ReceivedDelivery(
                webhookID: headers.first("webhook-id") ?? "",
                deliveryID: headers.first("usher-delivery") ?? "",
                type: headers.first("usher-event-type") ?? "",
                source: headers.first("usher-source") ?? "",
                attempt: headers.first("usher-attempt").flatMap { Int($0) } ?? 1,
                wedding: headers.first("usher-wedding"),
                priority: headers.first("usher-priority") ?? "normal",
                answer: answer
            )
        )
        guard let status = answer.status else {
            try await cancelWhenGracefulShutdown { [time] in try await time.sleep(Self.silence) }
            throw SilenceEnded()
        }
        var head = HTTPResponse(
            status: HTTPResponse.Status(code: status),
            headerFields: [.contentLength: "0"]
        )
        if case .busy(let seconds) = answer { head.headerFields[.retryAfter] = "\(seconds)" }
        return head
    }

    /// Closes the connection without an answer.
    private struct SilenceEnded: Error {}
}
