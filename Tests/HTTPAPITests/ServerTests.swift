import Domain
import HTTPAPI
import NIOSSL
import Testing
import UsherTesting

/// What a well-behaved client sees.
@Suite(.timeLimit(.minutes(1))) struct `HTTP server` {
    @Test func `answers one request after another on one connection`() async throws {
        try await TestServer().run { server in
            let client = try await server.connect()
            client.send("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello")
            let first = await client.receiveResponse()
            #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(first.hasSuffix("\r\n\r\nPOST /a 5"))
            client.send("GET /b HTTP/1.1\r\nhost: h\r\n\r\n")
            #expect(await client.receiveResponse().hasSuffix("GET /b 0"))
        }
    }

    @Test func `says what protects the answer, and not what it runs on`() async throws {
        try await TestServer().run { server in
            let answer = try await server.exchange("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(answer.contains("\r\nx-content-type-options: nosniff\r\n"))
            #expect(answer.contains("\r\ncache-control: no-store\r\n"))
            #expect(answer.contains("\r\nconnection: close\r\n"))
            #expect(answer.contains("\r\ndate: "))
            #expect(!lowercasedASCII(answer).contains("\r\nserver:"))
        }
    }

    @Test func `gathers a body that comes in chunks and in pieces`() async throws {
        try await TestServer().run { server in
            let client = try await server.connect()
            client.send("POST /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
            client.send("A\r\n01234")
            client.send("56789\r\n0\r\n\r\n")
            #expect(await client.receiveResponse().hasSuffix("POST /a 13"))
        }
    }

    @Test(arguments: [RequestPolicy.Placement.eventLoop, .pool])
    func `answers requests sent ahead in their order`(_ placement: RequestPolicy.Placement) async throws {
        try await TestServer(policy: RequestPolicy(bodyBytesMax: 10, placement: placement)).run { server in
            let client = try await server.connect()
            let requests = (0..<16).map { "POST /\($0) HTTP/1.1\r\nhost: h\r\ncontent-length: 1\r\n\r\nx" }
            client.send(requests.joined())
            for number in 0..<16 {
                #expect(await client.receiveResponse().hasSuffix("POST /\(number) 1"))
            }
        }
    }

    @Test func `handles one request of a connection at a time`() async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let (starts, start) = AsyncStream.makeStream(of: String.self)
        try await TestServer(handler: { request in
            start.yield(request.path)
            if request.path == "/first" { for await _ in gates { break } }
            return await echo(request)
        }).run { server in
            let client = try await server.connect()
            client.send("GET /first HTTP/1.1\r\nhost: h\r\n\r\nGET /second HTTP/1.1\r\nhost: h\r\n\r\n")
            var iterator = starts.makeAsyncIterator()
            #expect(await iterator.next() == "/first")
            // Another connection comes through meanwhile: the second request would have started by now.
            #expect(
                try await status(
                    server.exchange("GET /other HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
                ) == 200
            )
            #expect(await iterator.next() == "/other")
            gate.yield()
            #expect(await iterator.next() == "/second")
            #expect(await client.receiveResponse().hasSuffix("GET /first 0"))
            #expect(await client.receiveResponse().hasSuffix("GET /second 0"))
        }
    }

    @Test func `answers HTTP 1.0 and closes, unless asked to keep the connection`() async throws {
        try await TestServer().run { server in
            #expect(try await server.exchange("GET /a HTTP/1.0\r\n\r\n").hasSuffix("GET /a 0"))
            let client = try await server.connect()
            client.send("GET /a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            #expect(await client.receiveResponse().contains("\r\nconnection: keep-alive\r\n"))
            client.send("GET /b HTTP/1.0\r\n\r\n")
            #expect(await client.receiveToEnd().hasSuffix("GET /b 0"))
        }
    }

    @Test func `answers HEAD with the length and no body`() async throws {
        try await TestServer().run { server in
            let answer = try await server.exchange(
                "HEAD /abc HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"
            )
            #expect(answer.contains("\r\ncontent-length: 11\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `says 100 to a client that waits before it sends its body`() async throws {
        try await TestServer().run { server in
            let client = try await server.connect()
            client.send("POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n")
            #expect(await client.receiveResponse() == "HTTP/1.1 100 Continue\r\n\r\n")
            client.send("abc")
            #expect(await client.receiveResponse().hasSuffix("POST /a 3"))
        }
    }

    @Test func `answers a client that has ended its side`() async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        try await TestServer(handler: { request in
            for await _ in gates { break }
            return await echo(request)
        }).run { server in
            let client = try await server.connect()
            client.send("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
            client.endSending()
            gate.yield()
            #expect(await client.receiveToEnd().hasSuffix("GET /a 0"))
        }
    }

    @Test func `writes an answer of megabytes whole, and takes the next request`() async throws {
        try await TestServer(handler: { request in
            APIResponse(
                status: 200,
                body: [UInt8](repeating: 0x61, count: request.path == "/big" ? 8 << 20 : 1)
            )
        }).run { server in
            let client = try await server.connect()
            client.send("GET /big HTTP/1.1\r\nhost: h\r\n\r\n")
            client.send("GET /small HTTP/1.1\r\nhost: h\r\n\r\n")
            #expect(await client.receiveResponse().utf8.count > 8 << 20)
            #expect(await client.receiveResponse().hasSuffix("\r\n\r\na"))
        }
    }

    @Test func `turns a handler's unsafe header field into a plain 500`() async throws {
        try await TestServer(handler: { _ in
            APIResponse(status: 200, headers: Headers([("location", "/a\r\nset-cookie: x=1")]))
        }).run { server in
            let answer = try await server.exchange("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(status(answer) == 500)
            #expect(!answer.contains("set-cookie"))
        }
    }

    @Test func `gives handlers the peer's address and an id of their own`() async throws {
        try await TestServer(handler: { request in
            APIResponse(status: 200, body: Array("\(request.clientAddress) \(request.id)".utf8))
        }).run { server in
            let get = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n"
            let first = try await server.exchange(get).split(separator: " ").last
            let second = try await server.exchange(get)
            #expect(second.contains("127.0.0.1 req_"))
            #expect(second.split(separator: " ").last != first)
        }
    }
}

/// What happens when the server cannot start.
@Suite(.timeLimit(.minutes(1))) struct `HTTP server's start` {
    private func error(host: String, port: Int) async -> HTTPServerError? {
        await #expect(throws: HTTPServerError.self) {
            try await TestServer().run(host: host, port: port) { _ in }
        }
    }

    @Test func `names the address that it cannot listen on`() async throws {
        try await TestServer().run { server in
            let taken = await error(host: "127.0.0.1", port: server.port)
            #expect(taken?.code == "cannot_listen")
            #expect(taken?.description.contains("127.0.0.1:\(server.port)") == true)
        }
        let foreign = await error(host: "192.0.2.1", port: 0)
        #expect(foreign?.code == "cannot_listen")
    }
}

/// What happens when the server is told to stop.
@Suite(.timeLimit(.minutes(1))) struct `HTTP server's end` {
    @Test func `finishes the request in hand, closes idle connections and takes no new ones`() async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        try await TestServer(handler: { request in
            start.yield()
            for await _ in gates { break }
            return await echo(request)
        }).run { server in
            let idle = try await server.connect()
            let busy = try await server.connect()
            busy.send("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
            for await _ in starts { break }
            await server.stop()
            #expect(await idle.receiveToEnd() == "")
            await #expect(throws: (any Error).self) { try await server.connect() }
            gate.yield()
            let answer = await busy.receiveToEnd()
            #expect(answer.contains("\r\nconnection: close\r\n"))
            #expect(answer.hasSuffix("GET /a 0"))
        }
    }

    @Test func `does not wait longer than its limit`() async throws {
        var limits = ServerLimits()
        limits.shutdownTimeMax = .milliseconds(100)
        limits.lingerTimeMax = .milliseconds(100)
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        try await TestServer(
            limits,
            handler: { request in
                start.yield()
                let (never, _) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}  // Ends when the server cancels the handler.
                return await echo(request)
            }
        ).run { server in
            let client = try await server.connect()
            client.send("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
            for await _ in starts { break }
            await server.stop()
            #expect(await status(client.receiveToEnd()) == 503)
        }
    }
}
