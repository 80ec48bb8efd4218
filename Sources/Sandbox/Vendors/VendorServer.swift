import Crypto
package import Domain
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// A vendor on a loopback port: its API, its webhooks, and the sandbox's own endpoints of `VendorControl`.
package final class VendorServer: Service {
    /// The most bytes of a body that are kept; of a longer one the vendor gets these, the length and checksums.
    package static let bodyBytesKept = 17_825_792
    /// The longest body: 5 GiB.
    package static let bodyBytesMax: Int64 = 5_368_709_120
    /// The most requests at a time, those that were swallowed included; one more has its connection closed.
    ///
    /// The sandbox's own endpoints are not counted: a fault must be ended while everything hangs.
    package static let requestsMax = 2_048
    /// How long a swallowed request is held before its connection is closed.
    package static let silence = Duration.seconds(300)
    /// How often webhooks and late effects are looked for.
    package static let pace = Duration.milliseconds(50)

    private struct State {
        var vendor: FaultyVendor
        var random: SeededRandom
        var post = VendorPost()
        var requests = 0

        mutating func enter(_ requestsMax: Int) -> Bool {
            guard requests < requestsMax else { return false }
            requests += 1
            return true
        }
    }

    private let state: Mutex<State>
    private let port: Int
    private let requestsMax: Int
    private let time: Time
    private let logger: Logger
    private let send: @Sendable (VendorWebhook) async -> Int?
    private let started: @Sendable (_ port: Int) async -> Void

    /// Makes a server; it listens once `run` is called.
    /// - Parameter port: 0 lets the system choose.
    /// - Parameter requestsMax: the most requests at a time, from 1.
    /// - Parameter send: posts a webhook and gives the status; nil when there was no answer.
    /// - Parameter started: called with the port once it listens.
    package init(
        _ vendor: FaultyVendor,
        port: Int,
        seed: UInt64,
        requestsMax: Int = VendorServer.requestsMax,
        time: Time,
        logger: Logger,
        send: @escaping @Sendable (VendorWebhook) async -> Int?,
        started: @escaping @Sendable (_ port: Int) async -> Void
    ) {
        state = Mutex(State(vendor: vendor, random: SeededRandom(seed: seed)))
        self.port = port
        self.requestsMax = requestsMax
        self.time = time
        self.logger = logger
        self.send = send
        self.started = started
    }

    /// The vendor as it is now.
    package var snapshot: FaultyVendor { state.withLock { $0.vendor } }

    /// Breaks the vendor from now on, in place of every earlier fault; nil mends it.
    package func fail(_ kind: VendorFault.Kind?, path: String? = nil) {
        let now = time.now()
        state.withLock { state in
            state.vendor.clearFaults()
            if let kind { _ = state.vendor.add(VendorFault(kind, path: path, since: now)) }
        }
    }

    /// Listens and sends webhooks until it is shut down or cancelled; throws when the port is taken.
    package func run() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.listen() }
            group.addTask { await self.deliver() }
            do {
                try await group.next()
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
        }
    }

    private func listen() async throws {
        let channel = HTTP1Channel { [self] request, writer, _ in
            let isCounted = !VendorControl.isOwn(Self.path(request))
            guard !isCounted || state.withLock({ $0.enter(requestsMax) }) else { throw ConnectionClosed() }
            defer { if isCounted { state.withLock { $0.requests -= 1 } } }
            let (answer, isHead) = try await answer(request)
            let head = Self.head(answer, isHead: isHead)
            try await writer.write(response: head, body: isHead ? ResponseBody() : Self.body(answer))
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

    /// The answer to one request, when its time has come; throws when there is none and the connection is to close.
    private func answer(_ request: Request) async throws -> (VendorAnswer, isHead: Bool) {
        let target = request.head.path ?? "/"
        let path = Self.path(request)
        let kept = try await KeptBody(request.body, keptMax: Self.bodyBytesKept, bytesMax: Self.bodyBytesMax)
        var headers = Headers(request.headers.map { ($0.name.canonicalName, $0.value) })
        if let host = request.head.authority { headers.append(lowercaseName: "host", value: host) }
        let read = VendorRequest(
            method: request.method.rawValue,
            path: path,
            query: String(target.dropFirst(path.count + 1)),
            headers: headers,
            body: kept.bytes,
            streamed: kept.streamed
        )
        let isHead = read.method == "HEAD"
        let now = time.now()
        if VendorControl.isOwn(path) {
            return (state.withLock { VendorControl.answer(read, &$0.vendor, now: now) }, isHead)
        }
        let exchange = state.withLock { $0.vendor.exchange(read, now: now, random: &$0.random) }
        switch exchange {
        case .answer(let answer, let delay):
            try await wait(delay)
            return (answer, isHead)
        case .refused: throw ConnectionClosed()
        case .silence:
            try await wait(Self.silence)
            throw ConnectionClosed()
        case .dropped(let delay):
            try await wait(delay)
            throw ConnectionClosed()
        }
    }

    private static func path(_ request: Request) -> String {
        String((request.head.path ?? "/").prefix { $0 != "?" })
    }

    private func wait(_ delay: Duration) async throws {
        guard delay > .zero else { return }
        try await cancelWhenGracefulShutdown { [time] in try await time.sleep(delay) }
    }

    private static func head(_ answer: VendorAnswer, isHead: Bool) -> HTTPResponse {
        var head = HTTPResponse(status: HTTPResponse.Status(code: answer.status))
        for field in answer.headers.fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            head.headerFields.append(HTTPField(name: name, value: field.value))
        }
        if head.headerFields[.contentLength] == nil, answer.status != 204, answer.status != 304 {
            head.headerFields[.contentLength] = "\(answer.run?.count ?? Int64(answer.body.count))"
        }
        return head
    }

    /// The bytes of one piece of a run.
    private static let runBytes = 65_536

    private static func body(_ answer: VendorAnswer) -> ResponseBody {
        guard let run = answer.run else { return ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)) }
        return ResponseBody(contentLength: Int(run.count)) { writer in
            let piece = ByteBuffer(repeating: run.byte, count: runBytes)
            var left = run.count
            while left > 0 {
                let count = Int(min(left, Int64(runBytes)))
                try await writer.write(piece.getSlice(at: 0, length: count) ?? piece)
                left -= Int64(count)
            }
            try await writer.finish(nil)
        }
    }

    /// Sends webhooks and lets late effects come until it is shut down or cancelled.
    private func deliver() async {
        await withDiscardingTaskGroup { group in
            do {
                while true {
                    let now = time.now()
                    let leaving = state.withLock { state in
                        state.vendor.advance(now: now, random: &state.random)
                        return state.post.take(from: &state.vendor, now: now)
                    }
                    for shipment in leaving { group.addTask { await self.ship(shipment) } }
                    try await cancelWhenGracefulShutdown { [time] in try await time.sleep(Self.pace) }
                }
            } catch {
                // Cancelled or shut down: the group waits for what is on its way.
            }
        }
    }

    private func ship(_ shipment: VendorPost.Shipment) async {
        let status = await send(shipment.webhook)
        let now = time.now()
        state.withLock { state in
            state.post.answered(shipment, status: status, vendor: &state.vendor, now: now)
        }
    }

    /// Closes the connection without an answer.
    private struct ConnectionClosed: Error {}
}

/// A body as far as it is kept, with the checksums of one that is longer.
private struct KeptBody {
    var bytes: [UInt8] = []
    var streamed: VendorRequest.StreamedBody?

    init(_ body: RequestBody, keptMax: Int, bytesMax: Int64) async throws {
        var sha256 = SHA256()
        var md5 = Insecure.MD5()
        var count: Int64 = 0
        for try await part in body {
            let view = Array(part.readableBytesView)
            count += Int64(view.count)
            guard count <= bytesMax else { throw BodyTooLong() }
            sha256.update(data: view)
            md5.update(data: view)
            bytes += view.prefix(keptMax - bytes.count)
        }
        guard count > keptMax else { return }
        streamed = .init(bytes: count, sha256: Array(sha256.finalize()), md5: Array(md5.finalize()))
    }

    struct BodyTooLong: Error {}
}
