import Domain
import HTTPAPI
import Testing

/// WebSockets over real sockets, byte by byte; `scripts/e2e-stream` has another's client.
@Suite(.timeLimit(.minutes(1)))
struct SocketTests {
    private static let handshake =
        "GET /ws HTTP/1.1\r\nhost: h\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
        + "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

    /// A client's frame, masked with zeroes.
    private static func frame(_ opcode: UInt8, _ text: String) -> [UInt8] {
        let payload = Array(text.utf8)
        precondition(payload.count < 126, "a short frame")
        return [0x80 | opcode, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
    }

    private static func server(
        _ limits: ServerLimits = ServerLimits(),
        received: @escaping @Sendable ([UInt8]) -> SocketClose? = { _ in nil },
        produce: @escaping @Sendable (ResponseSocket.Sink) async -> SocketClose
    ) -> TestServer {
        TestServer(limits) { request in
            guard let key = request.headers.first("sec-websocket-key") else {
                return APIResponse(status: 426)
            }
            return APIResponse(socket: ResponseSocket(key: key, received: received, produce: produce))
        }
    }

    @Sendable private static func waitForEnd(_ sink: ResponseSocket.Sink) async -> SocketClose {
        await waitForCancellation()
        return .goingAway
    }

    /// Everything after the head.
    private func frames(_ answer: String) -> String {
        answer.split(separator: "\r\n\r\n", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
    }

    @Test func `shakes hands as the example of the RFC, and sends messages`() async throws {
        var limits = ServerLimits()
        limits.socket.closeTimeMax = .milliseconds(100)
        let server = Self.server(limits) { sink in
            do { try await sink.send([Array("one".utf8), Array("two".utf8)]) } catch { return .goingAway }
            return SocketClose(1000, "done")
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(Self.handshake)
            let answer = await client.receiveResponse()
            #expect(status(answer) == 101)
            #expect(answer.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            let rest = await client.receiveToEnd()
            #expect(rest.contains("\u{3}one") && rest.contains("\u{3}two"))
            #expect(rest.hasSuffix("done"))
            try await server.waitForConnections(0)
        }
    }

    @Test func `hands messages over, answers pings and closes as it is asked to`() async throws {
        let heard = Note<String>()
        let server = Self.server(
            received: {
                heard.write(String(decoding: $0, as: UTF8.self))
                return nil
            },
            produce: Self.waitForEnd
        )
        try await server.run { server in
            let client = try await server.connect()
            client.send(Self.handshake)
            _ = await client.receiveResponse()
            client.send(Self.frame(1, "hello"))
            #expect(try await heard.read() == "hello")
            client.send(Self.frame(9, "beat") + Self.frame(8, "\u{3}x"))
            #expect(await client.receiveToEnd().contains("beat"))
            try await server.waitForConnections(0)
        }
    }

    @Test func `what the receiver refuses ends it with the reason`() async throws {
        let server = Self.server(received: { _ in SocketClose(1008, "not that") }, produce: Self.waitForEnd)
        try await server.run { server in
            let client = try await server.connect()
            client.send(Self.handshake)
            _ = await client.receiveResponse()
            client.send(Self.frame(1, "x") + Self.frame(8, ""))
            #expect(await client.receiveToEnd().hasSuffix("not that"))
        }
    }

    @Test func `a frame longer than is read ends it`() async throws {
        try await Self.server(produce: Self.waitForEnd).run { server in
            let client = try await server.connect()
            client.send(Self.handshake)
            _ = await client.receiveResponse()
            client.send([0x81, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0])
            client.send(Self.frame(8, ""))
            #expect(await client.receiveToEnd().contains("too large"))
            try await server.waitForConnections(0)
        }
    }

    @Test(arguments: [true, false])
    func `frames before the handshake is answered are refused`(together: Bool) async throws {
        let gate = Note<Bool>()
        let server = TestServer { request in
            _ = try? await gate.read()
            let key = request.headers.first("sec-websocket-key") ?? ""
            return APIResponse(
                socket: ResponseSocket(key: key, received: { _ in nil }, produce: Self.waitForEnd)
            )
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(Array(Self.handshake.utf8) + (together ? Self.frame(1, "early") : []))
            if !together {
                try await pause(milliseconds: 100)
                client.send(Self.frame(1, "early"))
            }
            try await pause(milliseconds: 100)
            gate.write(true)
            // In one piece with the handshake they are found when it is answered: nothing is said then.
            #expect(status(await client.receiveToEnd()) == (together ? nil : 400))
        }
    }

    @Test func `a client that goes away ends the producer`() async throws {
        let isOver = Note<Bool>()
        let server = Self.server { sink in
            await waitForCancellation()
            isOver.write(true)
            return .goingAway
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(Self.handshake)
            _ = await client.receiveResponse()
            try await client.reset()
            #expect(try await isOver.read())
            try await server.waitForConnections(0)
        }
    }

    @Test func `a client without a pong is cut off`() async throws {
        var limits = ServerLimits()
        limits.socket.pingEvery = .milliseconds(50)
        limits.socket.pongTimeMax = .milliseconds(100)
        try await Self.server(limits, produce: Self.waitForEnd).run { server in
            let client = try await server.connect()
            client.send(Self.handshake)
            #expect(status(await client.receiveToEnd()) == 101)
            try await server.waitForConnections(0)
        }
    }

    @Test func `a reader that is too slow is cut off`() async throws {
        var limits = ServerLimits()
        limits.liveStreamRule = ProgressRule(
            window: .milliseconds(200),
            bytesPerWindowMin: 1,
            timeMax: .seconds(60)
        )
        let isOver = Note<Bool>()
        let server = Self.server(limits) { sink in
            defer { isOver.write(true) }
            while true {
                do { try await sink.send([[UInt8](repeating: 0x61, count: 1 << 16)]) } catch {
                    return .goingAway
                }
            }
        }
        try await server.run { server in
            let client = try await RawClient.connect(port: server.port, reads: false)
            client.send(Self.handshake)
            #expect(try await isOver.read())
            try await server.waitForConnections(0)
        }
    }

    @Test func `a server that stops says so`() async throws {
        var limits = ServerLimits()
        limits.socket.closeTimeMax = .milliseconds(100)
        try await Self.server(limits, produce: Self.waitForEnd).run { server in
            let client = try await server.connect()
            client.send(Self.handshake)
            _ = await client.receiveResponse()
            await server.stop()
            #expect(await client.receiveToEnd().contains("the server stops"))
        }
    }
}

/// Answers that go on for as long as the client listens.
@Suite(.timeLimit(.minutes(1)))
struct LiveStreamTests {
    private let get = "GET /x HTTP/1.1\r\nhost: h\r\n\r\n"

    private func server(
        _ limits: ServerLimits = ServerLimits(),
        produce: @escaping @Sendable (ResponseStream.Sink) async throws -> Void
    ) -> TestServer {
        TestServer(limits) { _ in APIResponse(status: 200, stream: ResponseStream(live: produce)) }
    }

    @Test func `takes no place of the other streams`() async throws {
        var limits = ServerLimits()
        limits.streamsMax = 1
        let server = server(limits) { sink in
            try await sink.write([0x61])
            await waitForCancellation()
        }
        try await server.run { server in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try await server.connect()
                client.send(get)
                #expect(status(await client.receiveResponse()) == 200)
                clients.append(client)
            }
            #expect(server.connectionCount() == 3)
            for client in clients { await client.close() }
        }
    }

    @Test func `ends with its last chunk when the server stops`() async throws {
        let server = server { sink in
            try await sink.write([0x61])
            await waitForCancellation()
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(get)
            _ = await client.receiveResponse()
            await server.stop()
            #expect(await client.receiveToEnd().hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func `a client that closes its side is gone, though nothing is written`() async throws {
        let isOver = Note<Bool>()
        let server = server { sink in
            try await sink.write([0x61])
            await waitForCancellation()
            isOver.write(true)
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(get)
            _ = await client.receiveResponse()
            client.endSending()
            #expect(try await isOver.read())
            try await server.waitForConnections(0)
        }
    }

    @Test func `is cut off when nothing is read for a window`() async throws {
        var limits = ServerLimits()
        limits.liveStreamRule = ProgressRule(
            window: .milliseconds(200),
            bytesPerWindowMin: 1,
            timeMax: .seconds(60)
        )
        let isOver = Note<Bool>()
        let server = server(limits) { sink in
            defer { isOver.write(true) }
            while true { try await sink.write([UInt8](repeating: 1, count: 1 << 16)) }
        }
        try await server.run { server in
            let client = try await RawClient.connect(port: server.port, reads: false)
            client.send(get)
            #expect(try await isOver.read())
            try await server.waitForConnections(0)
        }
    }
}
