import Domain
import HTTPAPI
import Testing

/// Bodies that are streamed in.
@Suite(.timeLimit(.minutes(1)))
struct IncomingStreamTests {
    private let mebibyte = [UInt8](repeating: 0x61, count: 1 << 20)

    private func server(
        _ limits: ServerLimits = ServerLimits(),
        bytesMax: Int = 1 << 30,
        handler: @escaping @Sendable (RequestBody) async throws -> String
    ) -> TestServer {
        TestServer(limits, policy: .streaming(bytesMax: bytesMax)) { request in
            guard let body = request.stream else { return APIResponse(status: 500) }
            do {
                let text = try await handler(body)
                return APIResponse(status: 200, contentType: "text/plain", body: Array(text.utf8))
            } catch {
                return APIResponse(status: 500)
            }
        }
    }

    private func head(_ fields: String) -> String {
        "POST /x HTTP/1.1\r\nhost: h\r\n\(fields)\r\n\r\n"
    }

    @Sendable private static func count(_ body: RequestBody) async throws -> String {
        var bytes = 0
        for try await piece in body { bytes += piece.count }
        return "\(bytes)"
    }

    @Test func `64 MiB pass through, and never more waits than may`() async throws {
        let largest = Note<Int>()
        let server = server { body in
            var bytes = 0
            for try await piece in body {
                bytes += piece.count
                largest.write(max(largest.current ?? 0, piece.count))
            }
            return "\(bytes)"
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(head("content-length: \(64 << 20)"))
            for _ in 0..<64 { try await client.sendAll(mebibyte) }
            #expect(await client.receiveResponse().hasSuffix("\(64 << 20)"))
        }
        // What may wait, and the one read that crosses the mark.
        #expect(largest.current ?? .max <= ServerLimits().streamBufferBytesMax + (1 << 20))
    }

    @Test func `a handler that does not read stops the client, and goes on from there`() async throws {
        let gate = Note<Bool>()
        let sent = Tally()
        let server = server { body in
            _ = try await gate.read()
            return try await Self.count(body)
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(head("content-length: \(64 << 20)"))
            let sending = Task { [mebibyte] in
                for _ in 0..<64 {
                    try await client.sendAll(mebibyte)
                    sent.add()
                }
            }
            #expect(try await sent.settled() < 32)
            gate.write(true)
            try await sending.value
            #expect(await client.receiveResponse().hasSuffix("\(64 << 20)"))
        }
    }

    @Test func `chunks, and a second request on the same connection`() async throws {
        try await server(handler: Self.count).run { server in
            let client = try await server.connect()
            let request = head("transfer-encoding: chunked") + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            client.send(request + request)
            #expect(await client.receiveResponse().hasSuffix("\r\n\r\n5"))
            #expect(await client.receiveResponse().hasSuffix("\r\n\r\n5"))
            client.send(head("content-length: 0"))
            #expect(await client.receiveResponse().hasSuffix("\r\n\r\n0"))
        }
    }

    @Test(arguments: [
        "content-length: 11\r\n\r\nhello world", "transfer-encoding: chunked\r\n\r\nb\r\nhello world\r\n",
    ])
    func `a body over the limit is 413, announced or not`(rest: String) async throws {
        let fault = Note<RequestBody.Fault>()
        let server = server(bytesMax: 10) { body in
            do {
                return try await Self.count(body)
            } catch let error as RequestBody.Fault {
                fault.write(error)
                throw error
            }
        }
        try await server.run { server in
            let answer = try await server.exchange("POST /x HTTP/1.1\r\nhost: h\r\n" + rest)
            #expect(status(answer) == 413)
            if rest.hasPrefix("transfer") { #expect(try await fault.read() == .refused) }
        }
    }

    @Test func `drips end after one window, however steady`() async throws {
        var limits = ServerLimits()
        limits.incomingStreamRule = ProgressRule(
            window: .milliseconds(200),
            bytesPerWindowMin: 1_000,
            timeMax: .seconds(60)
        )
        let fault = Note<RequestBody.Fault>()
        let server = server(limits) { body in
            do {
                return try await Self.count(body)
            } catch let error as RequestBody.Fault {
                fault.write(error)
                throw error
            }
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(head("content-length: 100000"))
            let dripping = Task {
                while !Task.isCancelled {
                    client.send("a")
                    try await pause(milliseconds: 5)
                }
            }
            #expect(status(await client.receiveToEnd()) == 408)
            dripping.cancel()
            #expect(try await fault.read() == .refused)
            #expect(server.refusals.all == ["request-timeout"])
        }
    }

    @Test func `no body outlives its whole time`() async throws {
        var limits = ServerLimits()
        limits.incomingStreamRule = ProgressRule(
            window: .milliseconds(50),
            bytesPerWindowMin: 1,
            timeMax: .milliseconds(300)
        )
        try await server(limits, handler: Self.count).run { server in
            let client = try await server.connect()
            client.send(head("content-length: 100000"))
            let dripping = Task {
                while !Task.isCancelled {
                    client.send("a")
                    try await pause(milliseconds: 5)
                }
            }
            #expect(status(await client.receiveToEnd()) == 408)
            dripping.cancel()
        }
    }

    @Test func `a handler that never asks for the body is given up`() async throws {
        var limits = ServerLimits()
        limits.handlingTimeMax = .milliseconds(300)
        let cancelled = Note<Bool>()
        let server = server(limits) { _ in
            await waitForCancellation()
            cancelled.write(true)
            return ""
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(head("content-length: \(8 << 20)"))
            for _ in 0..<8 { client.send(mebibyte) }
            #expect(status(await client.receiveToEnd()) == 503)
            #expect(try await cancelled.read())
        }
    }

    @Test func `a client that is gone is told to the handler`() async throws {
        let fault = Note<RequestBody.Fault>()
        let started = Note<Bool>()
        let server = server { body in
            do {
                _ = try await body.next()
                started.write(true)
                return try await Self.count(body)
            } catch let error as RequestBody.Fault {
                fault.write(error)
                throw error
            }
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(head("content-length: 1000") + "some")
            _ = try await started.read()
            await client.close()
            #expect(try await fault.read() == .disconnected)
            try await server.waitForConnections(0)
        }
    }

    @Test func `asks for the body with 100 Continue only when the handler does`() async throws {
        let server = TestServer(policy: .streaming(bytesMax: 100)) { request in
            guard request.path == "/read", let body = request.stream else { return APIResponse(status: 401) }
            let text = try? await Self.count(body)
            return APIResponse(status: 200, contentType: "text/plain", body: Array((text ?? "?").utf8))
        }
        try await server.run { server in
            let rest = " HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n"
            let refused = try await server.exchange("POST /refuse" + rest)
            #expect(status(refused) == 401 && refused.contains("connection: close"))
            let client = try await server.connect()
            client.send("POST /read" + rest)
            #expect(await client.receiveResponse() == "HTTP/1.1 100 Continue\r\n\r\n")
            client.send("hello")
            #expect(await client.receiveResponse().hasSuffix("\r\n\r\n5"))
        }
    }

    @Test func `an answer before the body's end is seen by a client that still sends`() async throws {
        let server = TestServer(policy: .streaming(bytesMax: 1 << 30)) { _ in APIResponse(status: 403) }
        try await server.run { server in
            let client = try await server.connect()
            client.send(head("content-length: \(64 << 20)"))
            for _ in 0..<4 { client.send(mebibyte) }
            let answer = await client.receiveToEnd()
            #expect(status(answer) == 403 && answer.contains("connection: close"))
        }
    }

    @Test func `a malformed chunk is 400`() async throws {
        try await server(handler: Self.count).run { server in
            let answer = try await server.exchange(head("transfer-encoding: chunked") + "3\r\nabc\r\nzz\r\n")
            #expect(status(answer) == 400)
        }
    }

    @Test func `there are no more streams at a time than may be`() async throws {
        var limits = ServerLimits()
        limits.streamsMax = 1
        let started = Note<Bool>()
        let server = server(limits) { body in
            started.write(true)
            return try await Self.count(body)
        }
        try await server.run { server in
            let first = try await server.connect()
            first.send(head("content-length: 4") + "ab")
            _ = try await started.read()
            let second = try await server.exchange(head("connection: close\r\ncontent-length: 0"))
            #expect(status(second) == 503)
            first.send("cd")
            #expect(await first.receiveResponse().hasSuffix("\r\n\r\n4"))
            let third = try await server.exchange(head("connection: close\r\ncontent-length: 0"))
            #expect(status(third) == 200)
        }
    }
}
