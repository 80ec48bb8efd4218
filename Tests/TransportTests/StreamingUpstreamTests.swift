import Domain
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Transport

@Suite(.timeLimit(.minutes(1)))
struct StreamingUpstreamTests {
    private struct Broken: Error {}

    /// Gives `count` pieces and counts how many were asked for.
    private final class Pieces: Sendable {
        private let given = Mutex(0)
        private let count: Int
        private let piece: [UInt8]

        init(count: Int, bytes: Int) {
            self.count = count
            piece = [UInt8](repeating: 0x61, count: bytes)
        }

        var asked: Int { given.withLock { $0 } }

        func next() -> [UInt8]? {
            given.withLock { given in
                guard given < count else { return nil }
                given += 1
                return piece
            }
        }

        func body(length: Bool) -> StreamedRequest.Body {
            StreamedRequest.Body(length: length ? Int64(count * piece.count) : nil) { self.next() }
        }
    }

    private func request(
        _ server: TestServer,
        body: StreamedRequest.Body? = nil,
        rule: ProgressRule = ProgressRule(window: .seconds(10), bytesPerWindowMin: 1, timeMax: .seconds(30)),
        headTimeout: Duration = .seconds(10),
        policy: AddressPolicy = .init(allowPrivate: true)
    ) throws -> StreamedRequest {
        let plain = try server.request(method: body == nil ? "GET" : "PUT", body: "")
        return StreamedRequest(
            method: plain.method,
            url: plain.url,
            headers: [("x-test", "1")],
            body: body,
            rule: rule,
            headTimeout: headTimeout,
            policy: policy
        )
    }

    private func collect(_ body: StreamedResponseBody) async throws(TransportError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await body.next() { bytes += piece }
        return bytes
    }

    @Test(arguments: [true, false])
    func `64 MiB leave with or without a known length`(known: Bool) async throws {
        try await TestServer.run(time: .running, reply: HTTPUpstreamTests.ok) { server, upstream in
            let pieces = Pieces(count: 1_024, bytes: 1 << 16)
            let response = try await upstream.streaming.send(
                try request(server, body: pieces.body(length: known))
            )
            #expect(response.status == 200 && response.headers.first("x-echo") == "a")
            #expect(try await collect(response.body) == Array("hi".utf8))
            let received = try #require(server.requests.first)
            #expect(received.body.count == 64 << 20)
            #expect(received.head.headers["content-length"] == (known ? ["\(64 << 20)"] : []))
            #expect(received.head.headers["transfer-encoding"] == (known ? [] : ["chunked"]))
            #expect(received.head.headers["x-test"] == ["1"])
        }
    }

    @Test
    func `an answer's body comes while it is read, and no faster`() async throws {
        let sent = Mutex(0)
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-length: \(64 << 20)\r\n\r\n")
            @Sendable func piece(_ left: Int) {
                guard left > 0 else { return }
                channel.writeAndFlush(ByteBuffer(repeating: 0x62, count: 1 << 20)).whenSuccess {
                    sent.withLock { $0 += 1 }
                    channel.eventLoop.execute { piece(left - 1) }
                }
            }
            piece(64)
        }
        try await TestServer.run(time: .running, reply: reply) { server, upstream in
            let response = try await upstream.stream(try request(server))
            var before = -1
            while before != sent.withLock({ $0 }) {
                before = sent.withLock { $0 }
                try await pause(milliseconds: 200)
            }
            #expect(before < 32)
            var bytes = 0
            var largest = 0
            for try await piece in response.body {
                bytes += piece.count
                largest = max(largest, piece.count)
            }
            #expect(bytes == 64 << 20)
            #expect(largest < 4 << 20)
        }
    }

    @Test
    func `a peer that does not read stops the request`() async throws {
        let pieces = Pieces(count: 1_024, bytes: 1 << 16)
        let reply: TestServer.Reply = { _, _ in }
        try await TestServer.run(time: .running, reply: reply) { server, upstream in
            let rule = ProgressRule(window: .milliseconds(300), bytesPerWindowMin: 1, timeMax: .seconds(20))
            let request = try request(server, body: pieces.body(length: true), rule: rule)
            server.reads(false)
            await #expect(throws: TransportError.timedOut(sent: true)) { try await upstream.stream(request) }
            #expect(pieces.asked < 512)
        }
    }

    @Test
    func `a head that does not come in time ends the exchange`() async throws {
        try await TestServer.run(time: .running, reply: HTTPUpstreamTests.silence) { server, upstream in
            let rule = ProgressRule(window: .milliseconds(400), bytesPerWindowMin: 1, timeMax: .seconds(20))
            let request = try request(server, rule: rule, headTimeout: .milliseconds(100))
            await #expect(throws: TransportError.timedOut(sent: true)) { try await upstream.stream(request) }
        }
    }

    @Test
    func `a dripping answer ends in time`() async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            channel.sendForEver(ByteBuffer(string: "a"), pause: .milliseconds(5))
        }
        try await TestServer.run(time: .running, reply: reply) { server, upstream in
            let rule = ProgressRule(
                window: .milliseconds(200),
                bytesPerWindowMin: 1_000,
                timeMax: .seconds(20)
            )
            let response = try await upstream.stream(try request(server, rule: rule))
            await #expect(throws: TransportError.timedOut(sent: true)) { try await collect(response.body) }
        }
    }

    @Test
    func `the whole exchange has an end`() async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            channel.sendForEver(ByteBuffer(string: "abcdef"), pause: .milliseconds(5))
        }
        try await TestServer.run(time: .running, reply: reply) { server, upstream in
            let rule = ProgressRule(
                window: .milliseconds(50),
                bytesPerWindowMin: 1,
                timeMax: .milliseconds(400)
            )
            let response = try await upstream.stream(try request(server, rule: rule))
            await #expect(throws: TransportError.timedOut(sent: true)) { try await collect(response.body) }
        }
    }

    @Test
    func `an answer cut short is an error, never a short body`() async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").whenComplete { _ in
                channel.close(promise: nil)
            }
        }
        try await TestServer.run(time: .running, reply: reply) { server, upstream in
            let response = try await upstream.stream(try request(server))
            await #expect(throws: TransportError.connectionLost(sent: true)) {
                try await collect(response.body)
            }
        }
    }

    @Test
    func `letting the body go ends the exchange`() async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\n\r\n")
            channel.sendForEver(ByteBuffer(string: "a"), pause: .milliseconds(5))
        }
        try await TestServer.run(time: .running, reply: reply) { server, upstream in
            let status = try await upstream.stream(try request(server)).status
            #expect(status == 200)
            try await server.allClosed()
        }
    }

    @Test
    func `a body that breaks off on our side is our cancelling, and may have been seen`() async throws {
        try await TestServer.run(time: .running, reply: HTTPUpstreamTests.ok) { server, upstream in
            let body = StreamedRequest.Body(length: 10) { throw Broken() }
            let broken = try request(server, body: body)
            await #expect(throws: TransportError.cancelled(sent: true)) { try await upstream.stream(broken) }
            let pieces = Pieces(count: 1, bytes: 3)
            let short = StreamedRequest.Body(length: 10) { pieces.next() }
            let request = try request(server, body: short)
            await #expect(throws: TransportError.cancelled(sent: true)) { try await upstream.stream(request) }
            #expect(server.requests.isEmpty)
        }
    }

    @Test
    func `cancelling the caller ends the exchange`() async throws {
        try await TestServer.run(time: .running, reply: HTTPUpstreamTests.silence) { server, upstream in
            let request = try request(server)
            let task = Task { try await upstream.stream(request).status }
            while server.requests.isEmpty { try await pause(milliseconds: 2) }
            task.cancel()
            await #expect(throws: TransportError.cancelled(sent: true)) { try await task.value }
        }
    }

    @Test
    func `goes nowhere that other requests may not go`() async throws {
        try await TestServer.run(time: .running, reply: HTTPUpstreamTests.ok) { server, upstream in
            let request = try request(server, policy: AddressPolicy(allowPrivate: false))
            let error = await #expect(throws: TransportError.self) { try await upstream.stream(request) }
            #expect(error?.code == "refused_address")
            #expect(server.connections == 0)
        }
    }

    @Test(arguments: [0, 2])
    func `an answer before the request's end is passed on`(length: Int) async throws {
        let pieces = Mutex(0)
        try await TestServer.run(time: .running, reply: HTTPUpstreamTests.silence) { server, upstream in
            server.reads(false)
            server.answerAtHead(
                "HTTP/1.1 413 Content Too Large\r\ncontent-length: \(length)\r\n\r\n"
                    + (length == 2 ? "no" : "")
            )
            let body = StreamedRequest.Body(length: 1 << 40) {
                pieces.withLock { $0 += 1 }
                return [UInt8](repeating: 1, count: 1 << 16)
            }
            let response = try await upstream.stream(try request(server, body: body))
            #expect(response.status == 413)
            #expect(try await collect(response.body) == Array("no".utf8.prefix(length)))
            try await server.allClosed()
        }
    }
}
