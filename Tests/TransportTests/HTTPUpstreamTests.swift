import Domain
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Transport

@Suite(.timeLimit(.minutes(1)))
struct HTTPUpstreamTests {
    static let ok: TestServer.Reply = { _, channel in
        channel.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nX-Echo: a\r\nx-echo: b\r\n\r\nhi")
    }

    static let silence: TestServer.Reply = { _, _ in }

    @Test
    func `sends what it is given and returns what came`() async throws {
        try await TestServer.run(reply: Self.ok) { server, upstream in
            let path = "/x//y/../z;p=1/%2f%7e?q=%2F&r=a+b?c"
            let request = try server.request(
                path,
                headers: [("Webhook-Id", "msg_1"), ("x-empty", "")],
                body: "payload"
            )
            let response = try await upstream.upstream.send(request)
            #expect(response.status == 200)
            #expect(response.body == Array("hi".utf8) && !response.isCut)
            #expect(response.headers.values("x-echo") == ["a", "b"])
            let received = try #require(server.requests.first)
            #expect(received.head.uri == path)
            #expect(received.head.method == .POST)
            #expect(received.head.headers["host"] == ["hooks.example.com:\(server.port)"])
            #expect(received.head.headers["webhook-id"] == ["msg_1"])
            #expect(received.head.headers["content-length"] == ["7"])
            #expect(received.head.headers["transfer-encoding"].isEmpty)
            #expect(received.body == Array("payload".utf8))
        }
    }

    @Test(arguments: ["/", "/?", "/a?", "/a?b", "//a", "/?a=/../b", "/.", "/..", "/a/./b", "/a:b@c", "/%00"])
    func `the path goes out as it was checked`(path: String) async throws {
        try await TestServer.run(reply: Self.ok) { server, upstream in
            _ = try await upstream.send(try server.request(path))
            #expect(server.requests.first?.head.uri == path)
        }
    }

    @Test
    func `uses a connection again`() async throws {
        try await TestServer.run(reply: Self.ok) { server, upstream in
            for _ in 1...50 { _ = try await upstream.send(try server.request()) }
            #expect(server.requests.count == 50)
            #expect(server.connections == 1)
            #expect(upstream.clients == 1)
        }
    }

    @Test
    func `many at a time share connections up to the limit`() async throws {
        var configuration = HTTPUpstream.Configuration()
        configuration.connectionsMax = 8
        try await TestServer.run(configuration: configuration, reply: Self.ok) { server, upstream in
            let request = try server.request()
            let statuses = await withTaskGroup { group in
                for _ in 1...200 { group.addTask { try? await upstream.send(request).status } }
                return await group.reduce(into: 0) { $0 += $1 == 200 ? 1 : 0 }
            }
            #expect(statuses == 200)
            #expect(server.requests.count == 200)
            #expect((1...8).contains(server.connections))
        }
    }

    @Test
    func `sends requests without a body`() async throws {
        try await TestServer.run(reply: Self.ok) { server, upstream in
            _ = try await upstream.send(try server.request(method: "GET", body: ""))
            #expect(server.requests.first?.head.method == .GET)
            #expect(server.requests.first?.body.isEmpty == true)
        }
    }

    /// Attack 38.
    @Test(arguments: [301, 302, 303, 307, 308])
    func `does not follow a redirect`(status: Int) async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send(
                "HTTP/1.1 \(status) R\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
            )
        }
        try await TestServer.run(reply: reply) { server, upstream in
            let response = try await upstream.send(try server.request())
            #expect(response.status == status)
            #expect(server.requests.count == 1)
        }
    }

    /// Attack 43: a body without end is cut, and the connection with it.
    @Test
    func `cuts an endless body and closes the connection`() async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n")
            channel.sendForEver(ByteBuffer(repeating: 0x61, count: 65_536))
        }
        try await TestServer.run(reply: reply) { server, upstream in
            let response = try await upstream.send(try server.request(responseBytesMax: 1_000))
            #expect(response.status == 200 && response.isCut)
            #expect(response.body == Array(repeating: 0x61, count: 1_000))
            try await server.allClosed()
        }
    }

    @Test(arguments: [(9, true), (10, false), (11, false)])
    func `cuts beyond the limit and not at it`(limit: Int, isCut: Bool) async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789")
        }
        try await TestServer.run(reply: reply) { server, upstream in
            let response = try await upstream.send(try server.request(responseBytesMax: limit))
            #expect(response.isCut == isCut)
            #expect(response.body == Array("0123456789".utf8.prefix(limit)))
        }
    }

    /// Attack 43: what is compressed stays compressed.
    @Test
    func `does not decompress`() async throws {
        let bomb = "\u{1f}fake"
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\n\(bomb)")
        }
        try await TestServer.run(reply: reply) { server, upstream in
            let response = try await upstream.send(try server.request())
            #expect(response.body == Array(bomb.utf8))
        }
    }

    @Test
    func `a body that drips is bounded by the whole request's time`() async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            channel.sendForEver(ByteBuffer(string: "x"), pause: .milliseconds(10))
        }
        try await TestServer.run(reply: reply) { server, upstream in
            let request = try server.request(timeout: .milliseconds(300))
            await #expect(throws: TransportError.timedOut(sent: true)) { try await upstream.send(request) }
            try await server.allClosed()
        }
    }

    @Test
    func `no answer in time is a time-out after sending`() async throws {
        try await TestServer.run(reply: Self.silence) { server, upstream in
            for body in ["hello", ""] {
                let request = try server.request(body: body, timeout: .milliseconds(200))
                await #expect(throws: TransportError.timedOut(sent: true)) {
                    try await upstream.send(request)
                }
            }
        }
    }

    @Test
    func `a refused connection sent nothing`() async throws {
        try await TestServer.run(reply: Self.ok) { server, upstream in
            let port = server.port == 65_535 ? 65_534 : server.port + 1
            let url = try DestinationURL("http://127.0.0.2:\(port)/", policy: .init(allowPrivate: true))
            let request = OutgoingRequest(
                method: "POST",
                url: url,
                headers: [],
                body: [1],
                timeout: .seconds(10),
                policy: .init(allowPrivate: true)
            )
            let error = TransportError.connectFailed("refused")
            await #expect(throws: error) { try await upstream.send(request) }
            #expect(!error.requestMayHaveBeenSent && error.isPeerFailure)
        }
    }

    @Test
    func `tries the next address when nothing has left`() async throws {
        try await TestServer.run(resolver: .fixed(["127.0.0.2", "127.0.0.1"]), reply: Self.ok) {
            server,
            upstream in
            let response = try await upstream.send(try server.request())
            #expect(response.status == 200)
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly a part"])
    func `a reset before the end of the answer may have been sent`(start: String) async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send(start).whenComplete { _ in channel.reset() }
        }
        try await TestServer.run(reply: reply) { server, upstream in
            let request = try server.request()
            await #expect(throws: TransportError.connectionLost(sent: true)) {
                try await upstream.send(request)
            }
        }
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "+PONG\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n"])
    func `what is not HTTP is named so`(text: String) async throws {
        let reply: TestServer.Reply = { _, channel in channel.send(text) }
        try await TestServer.run(reply: reply) { server, upstream in
            let request = try server.request()
            await #expect(throws: TransportError.malformedResponse) { try await upstream.send(request) }
        }
    }

    @Test
    func `a head without end is cut off`() async throws {
        let reply: TestServer.Reply = { _, channel in
            channel.send("HTTP/1.1 200 OK\r\n")
            channel.sendForEver(ByteBuffer(string: "x-a: \(String(repeating: "b", count: 1_000))\r\n"))
        }
        try await TestServer.run(reply: reply) { server, upstream in
            let request = try server.request()
            await #expect(throws: TransportError.malformedResponse) { try await upstream.send(request) }
            try await server.allClosed()
        }
    }

    @Test(arguments: [
        ("POST", "x-a", "b\r\nx-c: d"), ("POST", "x-a", "b\u{0}"), ("POST", "x a", "b"), ("POST", "", "b"),
        ("POST", "x-a:", "b"), ("POST", "Host", "b"), ("POST", "content-length", "5"),
        ("POST", "Transfer-Encoding", "chunked"), ("POST", "connection", "close"),
        ("GET / HTTP/1.1\r\n", "x-a", "b"),
        ("post", "x-a", "b"), ("", "x-a", "b"),
    ])
    func `nobody can write lines of their own`(method: String, name: String, value: String) async throws {
        try await TestServer.run(reply: Self.ok) { server, upstream in
            let request = try server.request(method: method, headers: [(name, value)])
            let error = await #expect(throws: TransportError.self) { try await upstream.send(request) }
            #expect(error?.code == "invalid_request")
            #expect(server.connections == 0)
        }
    }

    @Test
    func `a cancelled task ends its request`() async throws {
        let arrived = AsyncStream.makeStream(of: Void.self)
        let reply: TestServer.Reply = { _, _ in arrived.continuation.yield() }
        try await TestServer.run(reply: reply) { server, upstream in
            let request = try server.request()
            await withTaskGroup { group in
                group.addTask {
                    await #expect(throws: TransportError.cancelled(sent: true)) {
                        try await upstream.send(request)
                    }
                }
                for await _ in arrived.stream { break }
                group.cancelAll()
            }
        }
    }

    @Test
    func `clients are bounded and the one idle for longest goes`() async throws {
        var configuration = HTTPUpstream.Configuration()
        configuration.clientsMax = 2
        try await TestServer.run(configuration: configuration, reply: Self.ok) { server, upstream in
            for host in ["a.example", "b.example", "a.example", "c.example", "a.example"] {
                _ = try await upstream.send(try server.request(host: host))
            }
            #expect(upstream.clients == 2)
            #expect(server.connections == 3)
        }
    }

    @Test
    func `when all clients are busy the next one is told so`() async throws {
        var configuration = HTTPUpstream.Configuration()
        configuration.clientsMax = 1
        let arrived = AsyncStream.makeStream(of: Void.self)
        let reply: TestServer.Reply = { _, _ in arrived.continuation.yield() }
        try await TestServer.run(configuration: configuration, reply: reply) { server, upstream in
            let first = try server.request(host: "a.example")
            let second = try server.request(host: "b.example")
            await withTaskGroup { group in
                group.addTask { _ = try? await upstream.send(first) }
                for await _ in arrived.stream { break }
                await #expect(throws: TransportError.overloaded) { try await upstream.send(second) }
                group.cancelAll()
            }
        }
    }

    @Test
    func `after shutdown nothing is sent`() async throws {
        try await TestServer.run(reply: Self.ok) { server, upstream in
            _ = try await upstream.send(try server.request())
            await upstream.shutdown()
            let request = try server.request()
            await #expect(throws: TransportError.cancelled(sent: false)) { try await upstream.send(request) }
            try await server.allClosed()
        }
    }
}
