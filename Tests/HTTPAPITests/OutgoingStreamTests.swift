import Domain
import Foundation
import HTTPAPI
import Testing

/// Bodies that are streamed out.
@Suite(.timeLimit(.minutes(1)))
struct OutgoingStreamTests {
    private struct Broken: Error {}

    private func server(
        _ limits: ServerLimits = ServerLimits(),
        length: Int64? = nil,
        produce: @escaping @Sendable (ResponseStream.Sink) async throws -> Void
    ) -> TestServer {
        TestServer(limits) { _ in APIResponse(status: 200, stream: ResponseStream(length: length, produce)) }
    }

    private let get = "GET /x HTTP/1.1\r\nhost: h\r\n\r\n"

    @Sendable private static func greet(_ sink: ResponseStream.Sink) async throws {
        try await sink.write(Array("hello ".utf8))
        try await sink.write([])
        try await sink.write(Array("world".utf8))
    }

    @Test func `chunks when the length is not known, and the connection goes on`() async throws {
        try await server(produce: Self.greet).run { server in
            let client = try await server.connect()
            client.send(get + get + "GET /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            let answer = await client.receiveToEnd()
            let body = "\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"
            #expect(answer.contains("transfer-encoding: chunked\r\n"))
            #expect(!answer.contains("content-length"))
            #expect(answer.components(separatedBy: body).count == 4)
        }
    }

    @Test func `a known length is announced, and the bytes go as they are`() async throws {
        try await server(length: 11, produce: Self.greet).run { server in
            let client = try await server.connect()
            client.send(get)
            #expect(await client.receiveResponse().hasSuffix("content-length: 11\r\n\r\nhello world"))
            client.send(get)
            #expect(await client.receiveResponse().hasSuffix("hello world"))
        }
    }

    @Test func `HTTP 1.0 is told the end by closing`() async throws {
        try await server(produce: Self.greet).run { server in
            let answer = try await server.exchange("GET /x HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
            #expect(answer.hasSuffix("\r\n\r\nhello world"))
            #expect(answer.contains("connection: close") && !answer.contains("chunked"))
        }
    }

    @Test func `HEAD gets the fields, and nothing is made`() async throws {
        let made = Note<Bool>()
        let server = server(length: 5) { _ in made.write(true) }
        try await server.run { server in
            let answer = try await server.exchange("HEAD /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(answer.contains("content-length: 5\r\n") && answer.hasSuffix("\r\n\r\n"))
            #expect(made.current == nil)
        }
    }

    @Test func `64 MiB arrive, and a reader that stops stops the producer`() async throws {
        let piece = [UInt8](repeating: 0x62, count: 1 << 16)
        let made = Tally()
        let server = server(length: 64 << 20) { sink in
            for _ in 0..<1_024 {
                try await sink.write(piece)
                made.add()
            }
        }
        try await server.run { server in
            let reader = try await server.connect()
            reader.send("GET /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(await reader.receiveToEnd().utf8.count > 64 << 20)
            #expect(made.count == 1_024)
            let lazy = try await RawClient.connect(port: server.port, reads: false)
            lazy.send(get)
            #expect(try await made.settled() < 1_536)
            await lazy.close()
        }
    }

    @Test func `a client that goes away ends the producer`() async throws {
        let isOver = Note<Bool>()
        let server = server { sink in
            do {
                while true { try await sink.write([UInt8](repeating: 1, count: 1 << 16)) }
            } catch {
                isOver.write(true)
                throw error
            }
        }
        try await server.run { server in
            let client = try await RawClient.connect(port: server.port, reads: false)
            client.send(get)
            try await pause(milliseconds: 100)
            try await client.reset()
            #expect(try await isOver.read())
            try await server.waitForConnections(0)
        }
    }

    @Test func `a producer that waits is cancelled when the client goes away`() async throws {
        let isOver = Note<Bool>()
        let server = server { sink in
            defer { isOver.write(true) }
            try await sink.write([1])
            await waitForCancellation()
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send(get)
            _ = await client.receiveResponse()
            try await client.reset()
            #expect(try await isOver.read())
        }
    }

    @Test func `a reader that is too slow is cut off`() async throws {
        var limits = ServerLimits()
        limits.outgoingStreamRule = ProgressRule(
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

    @Test func `a producer that pauses is not taken for a slow reader`() async throws {
        var limits = ServerLimits()
        limits.outgoingStreamRule = ProgressRule(
            window: .milliseconds(50),
            bytesPerWindowMin: 1_000_000,
            timeMax: .seconds(60)
        )
        let server = server(limits) { sink in
            for _ in 0..<4 {
                try await sink.write([0x61])
                try await pause(milliseconds: 100)
            }
        }
        try await server.run { server in
            let answer = try await server.exchange("GET /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(answer.hasSuffix("1\r\na\r\n1\r\na\r\n1\r\na\r\n1\r\na\r\n0\r\n\r\n"))
        }
    }

    @Test func `no stream outlives its whole time`() async throws {
        var limits = ServerLimits()
        limits.outgoingStreamRule = ProgressRule(
            window: .seconds(1),
            bytesPerWindowMin: 1,
            timeMax: .milliseconds(200)
        )
        let server = server(limits) { sink in
            while true {
                try await sink.write([0x61])
                try await pause(milliseconds: 5)
            }
        }
        try await server.run { server in
            let answer = try await server.exchange(get)
            #expect(status(answer) == 200 && !answer.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test(arguments: [10, 12])
    func `a body of another length than announced ends in a broken connection`(length: Int64) async throws {
        try await server(length: length, produce: Self.greet).run { server in
            let answer = try await server.exchange(get)
            let body = answer.components(separatedBy: "\r\n\r\n").last
            #expect(body?.utf8.count != Int(length))
        }
    }

    @Test func `a producer that fails ends in a broken connection, not in a last chunk`() async throws {
        let server = server { sink in
            try await sink.write([0x61])
            throw Broken()
        }
        try await server.run { server in
            let answer = try await server.exchange(get)
            #expect(answer.hasSuffix("1\r\na\r\n"))
        }
    }

    @Test func `there are no more streams at a time than may be`() async throws {
        var limits = ServerLimits()
        limits.streamsMax = 1
        let gate = Note<Bool>()
        let server = server(limits) { sink in
            try await sink.write([0x61])
            _ = try await gate.read()
        }
        try await server.run { server in
            let first = try await server.connect()
            first.send(get)
            _ = await first.receiveResponse()
            let second = try await server.exchange("GET /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
            #expect(status(second) == 503)
            #expect(server.refusals.all == ["too-many-streams"])
            gate.write(true)
        }
    }

    @Test func `a proxy of streams passes a body on while it comes`() async throws {
        let server = TestServer(policy: .streaming(bytesMax: 1 << 30)) { request in
            guard let body = request.stream else { return APIResponse(status: 500) }
            var bytes = 0
            while let piece = try? await body.next() { bytes += piece.count }
            let total = bytes
            return APIResponse(
                status: 200,
                stream: ResponseStream { sink in try await sink.write(Array("\(total)".utf8)) }
            )
        }
        try await server.run { server in
            let client = try await server.connect()
            client.send("POST /x HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello")
            #expect(await client.receiveToEnd().hasSuffix("1\r\n5\r\n0\r\n\r\n"))
        }
    }
}
