import Domain
import HTTPAPI
import NIOSSL
import Testing
import UsherTesting

/// Cases 48 and 73 to 79 of the attack list: too large, too many, too slow.
@Suite(.timeLimit(.minutes(1))) struct `HTTP server's limits` {
    /// The limits with one of them so short that a test need not wait; the others are as in production, for this
    /// machine may be busy.
    private func limits(_ change: (inout ServerLimits) -> Void = { _ in }) -> ServerLimits {
        var limits = ServerLimits()
        limits.lingerTimeMax = .milliseconds(100)
        change(&limits)
        return limits
    }

    // MARK: Size

    @Test(arguments: [(98, 200), (99, 431)])
    func `takes 100 fields and no more`(_ extra: Int, _ expected: Int) async throws {
        try await TestServer().run { server in
            let fields = (0..<extra).map { "x-\($0): 1\r\n" }.joined()
            let answer = try await server.exchange(
                "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n" + fields + "\r\n"
            )
            #expect(status(answer) == expected)
        }
    }

    @Test(arguments: [(8_192, 200), (8_193, 431), (100_000, 431)])
    func `takes a field of 8 KiB and no more`(_ count: Int, _ expected: Int) async throws {
        try await TestServer().run { server in
            let value = String(repeating: "a", count: count)
            let answer = try await server.exchange(
                "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx: \(value)\r\n\r\n"
            )
            #expect(status(answer) == expected)
        }
    }

    @Test(arguments: [(15_000, 200), (17_000, 431)])
    func `takes a head of 16 KiB and no more`(_ count: Int, _ expected: Int) async throws {
        try await TestServer().run { server in
            let half = String(repeating: "a", count: count / 2)
            let answer = try await server.exchange(
                "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx: \(half)\r\ny: \(half)\r\n\r\n"
            )
            #expect(status(answer) == expected)
        }
    }

    @Test func `takes no more head than 16 KiB, even of white space`() async throws {
        try await TestServer().run { server in
            let client = try await server.connect()
            client.send("GET / HTTP/1.1\r\nhost: h\r\nx:" + String(repeating: " ", count: 40_000))
            #expect(await status(client.receiveToEnd()) == 431)
        }
    }

    @Test func `answers 413 before a body that is announced too large`() async throws {
        try await TestServer().run { server in
            let answer = try await server.exchange(
                "POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 2147483648\r\n\r\n"
            )
            #expect(status(answer) == 413)
            #expect(answer.contains("\r\nconnection: close\r\n"))
            #expect(server.refusals.all == ["body-too-large"])
        }
    }

    @Test(arguments: [(10, 200), (11, 413)])
    func `bounds a body that is not announced`(_ count: Int, _ expected: Int) async throws {
        try await TestServer(policy: RequestPolicy(bodyBytesMax: 10)).run { server in
            let chunk = String(count, radix: 16) + "\r\n" + String(repeating: "x", count: count)
            let answer = try await server.exchange(
                "POST /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
                    + chunk + "\r\n0\r\n\r\n"
            )
            #expect(status(answer) == expected)
        }
    }

    @Test func `refuses a megabyte of chunk extension`() async throws {
        try await TestServer().run { server in
            let client = try await server.connect()
            client.send("POST /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n1;")
            client.send(String(repeating: "x", count: 1 << 20))
            #expect(await status(client.receiveToEnd()) == 400)
        }
    }

    @Test func `refuses trailers without end`() async throws {
        try await TestServer().run { server in
            let client = try await server.connect()
            client.send("POST /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
            client.send((0..<5_000).map { "x-\($0): 1\r\n" }.joined())
            let status = await status(client.receiveToEnd())
            #expect(status == 431 || status == 400)
        }
    }

    // MARK: Time

    @Test func `closes a connection that sends nothing`() async throws {
        try await TestServer(limits { $0.headTimeMax = .seconds(1) }).run { server in
            let answer = try await server.exchange("")
            #expect(answer == "")
        }
    }

    @Test func `gives up on a head that does not end`() async throws {
        try await TestServer(limits { $0.headTimeMax = .seconds(1) }).run { server in
            let answer = try await server.exchange("GET / HTTP/1.1\r\nhost: h\r\nx: ")
            #expect(status(answer) == 408)
        }
    }

    @Test func `gives up on the second head of a connection as well`() async throws {
        try await TestServer(limits { $0.headTimeMax = .seconds(1) }).run { server in
            let client = try await server.connect()
            client.send("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
            #expect(await status(client.receiveResponse()) == 200)
            client.send("G")
            #expect(await status(client.receiveToEnd()) == 408)
        }
    }

    @Test func `gives up on a body that does not come, and on one that drips`() async throws {
        let drip = limits {
            $0.requestTimeMax = .milliseconds(200)
            $0.bodyBytesPerSecondMin = 10_000
        }
        try await TestServer(drip).run { server in
            let silent = "POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\n"
            for sent in [silent, silent + "abc"] {
                let answer = try await server.exchange(sent)
                #expect(status(answer) == 408)
            }
        }
    }

    @Test func `closes an idle connection`() async throws {
        try await TestServer(limits { $0.idleTimeMax = .milliseconds(100) }).run { server in
            let client = try await server.connect()
            client.send("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
            #expect(await status(client.receiveResponse()) == 200)
            #expect(await client.receiveToEnd() == "")
        }
    }

    @Test func `answers for a handler that takes too long, and cancels it`() async throws {
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        try await TestServer(
            limits { $0.handlingTimeMax = .milliseconds(100) },
            handler: { request in
                let (never, _) = AsyncStream.makeStream(of: Void.self)
                for await _ in never {}
                end.yield(Task.isCancelled)
                return await echo(request)
            }
        ).run { server in
            let answer = try await server.exchange("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
            #expect(status(answer) == 503)
            #expect(answer.contains("handling-timeout"))
            for await wasCancelled in ends {
                #expect(wasCancelled)
                break
            }
        }
    }

    @Test func `closes on a client that never reads`() async throws {
        try await TestServer(
            limits { $0.writeTimeMax = .milliseconds(200) },
            handler: { _ in
                APIResponse(status: 200, body: [UInt8](repeating: 0x61, count: 16 << 20))
            }
        ).run { server in
            let client = try await RawClient.connect(port: server.port, reads: false)
            client.send("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
            // The server can only stop within its limit if it has dropped that connection.
            try await server.waitForConnections(0)
            await client.close()
        }
    }

    // MARK: Number

    @Test func `turns connections away beyond the limit, and takes them again later`() async throws {
        var limits = ServerLimits()
        limits.connectionsMax = 2
        try await TestServer(limits).run { server in
            let first = try await server.connect()
            let second = try await server.connect()
            for client in [first, second] {
                client.send("GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
                #expect(await status(client.receiveResponse()) == 200)
            }
            let refused = try await server.exchange("")
            #expect(status(refused) == 503)
            #expect(refused.contains("\r\nretry-after: 1\r\n"))
            #expect(server.refusals.all == ["too-many-connections"])
            await first.close()
            try await server.waitForConnections(1)
            let again = try await server.exchange("GET /b HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(status(again) == 200)
        }
    }

    @Test func `answers 503 before the body when enough requests are in hand`() async throws {
        var limits = ServerLimits()
        limits.handledRequestsMax = 1
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let (starts, start) = AsyncStream.makeStream(of: Void.self)
        try await TestServer(
            limits,
            handler: { request in
                start.yield()
                if request.path == "/first" { for await _ in gates { break } }
                return await echo(request)
            }
        ).run { server in
            let first = try await server.connect()
            first.send("GET /first HTTP/1.1\r\nhost: h\r\n\r\n")
            for await _ in starts { break }
            let refused = try await server.exchange(
                "POST /b HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\n"
            )
            #expect(status(refused) == 503)
            #expect(refused.contains("\r\nretry-after: 1\r\n"))
            gate.yield()
            #expect(await status(first.receiveResponse()) == 200)
            first.send("GET /again HTTP/1.1\r\nhost: h\r\n\r\n")
            #expect(await status(first.receiveResponse()) == 200)
        }
    }

    @Test(arguments: [(16, true), (17, false)])
    func `keeps sixteen requests sent ahead, and ends with the current one beyond`(
        _ ahead: Int,
        _ allAnswered: Bool
    ) async throws {
        // On the pool, no request is answered before all that came in the same packet has been read.
        try await TestServer(limits(), policy: RequestPolicy(bodyBytesMax: 0)).run { server in
            let client = try await server.connect()
            client.send((0...ahead).map { "GET /\($0) HTTP/1.1\r\nhost: h\r\n\r\n" }.joined())
            client.endSending()
            let answers = await client.receiveToEnd()
            #expect(answers.contains("GET /0 0"))
            #expect(answers.contains("GET /1 0") == allAnswered)
            #expect(answers.contains("GET /\(ahead) 0") == allAnswered)
        }
    }

    @Test func `bears three hundred connections that send half a request`() async throws {
        try await TestServer(limits { $0.headTimeMax = .seconds(2) }).run { server in
            var clients: [RawClient] = []
            for _ in 0..<300 {
                let client = try await server.connect()
                client.send("POST /a HT")
                clients.append(client)
            }
            let answer = try await server.exchange("GET /b HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(status(answer) == 200)
            for client in clients { #expect(await status(client.receiveToEnd()) == 408) }
            try await server.waitForConnections(0)
        }
    }
}
