import Calls
import Domain
import Gateway
import HTTPAPI
import Logging
import NIOPosix
import ServiceLifecycle
import Testing
import Transport
import UsherTesting

/// The proxy between two sockets: a client, the gateway's server, and a provider on loopback.
@Suite(.timeLimit(.minutes(2)))
struct ProxySocketTests {
    private static let secret = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
    private static let mebibyte = 1 << 20

    private struct World: Sendable {
        let bench: GatewayBench
        let port: Int
        let client: HTTPUpstream

        /// A request through the gateway.
        func request(
            _ method: String,
            _ path: String,
            body: StreamedRequest.Body? = nil
        ) throws -> StreamedRequest {
            let policy = AddressPolicy(allowPrivate: true)
            return StreamedRequest(
                method: method,
                url: try DestinationURL("http://127.0.0.1:\(port)/api/proxy/shop\(path)", policy: policy),
                headers: [("authorization", "Bearer \(bench.admin)")],
                body: body,
                rule: ProgressRule(window: .seconds(30), bytesPerWindowMin: 1, timeMax: .seconds(100)),
                policy: policy
            )
        }
    }

    /// Runs `body` with a gateway whose integration `shop` is at a provider that `handler` plays.
    private func withWorld(
        provider handler: @escaping RequestHandler,
        _ body: (World) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let upstream = HTTPUpstream(group: group, time: .system, resolver: .system(threads: .singleton))
        let client = HTTPUpstream(group: group, time: .system, resolver: .system(threads: .singleton))
        try await temporaryDatabase(migrations: Services.migrations) { database in
            let bench = try await GatewayBench.start(
                database,
                time: .system,
                streaming: upstream.streaming
            )
            let limit = RequestPolicy.streaming(bytesMax: 1 << 30)
            try await serving(handler, { _ in limit }) { provider in
                let base = "http://127.0.0.1:\(provider)"
                try await bench.addIntegration("shop", "stripe", ["key": .string(Self.secret)], baseURL: base)
                try await serving(bench.api.handle, bench.api.policy) { port in
                    try await body(World(bench: bench, port: port, client: client))
                    await client.shutdown()
                }
            }
        }
        await upstream.shutdown()
    }

    /// Gives 64 MiB in pieces of 64 KiB, and counts them.
    private func pieces(_ given: Note<Int>) -> @Sendable () -> [UInt8]? {
        { @Sendable in
            guard given.value < 64 * Self.mebibyte else { return nil }
            given.change { $0 += 65_536 }
            return [UInt8](repeating: UInt8(truncatingIfNeeded: given.value >> 16), count: 65_536)
        }
    }

    /// Returns once a number has stood still for a while.
    private func standstill(_ number: Note<Int>) async throws {
        var (last, rounds) = (-1, 0)
        while rounds < 10 {
            (rounds, last) = number.value == last ? (rounds + 1, last) : (0, number.value)
            try await Time.system.sleep(.milliseconds(20))
        }
    }

    @Test func `64 MiB go up whole, and wait at the client while the provider does not read`() async throws {
        let received = Note(0)
        let isReading = Note(false)
        try await withWorld { request in
            guard let stream = request.stream else { return APIResponse(status: 500) }
            while !isReading.value { try? await Time.system.sleep(.milliseconds(5)) }
            do {
                for try await piece in stream { received.change { $0 += piece.count } }
            } catch {
                return APIResponse(status: 500)
            }
            return APIResponse(status: 200, contentType: "text/plain", body: Array("ok".utf8))
        } _: { world in
            let given = Note(0)
            let next = pieces(given)
            let body = StreamedRequest.Body(length: Int64(64 * Self.mebibyte)) { next() }
            let request = try world.request("POST", "/v1/files", body: body)
            async let sent = world.client.streaming.send(request)
            try await standstill(given)
            #expect(given.value > 0 && given.value < 40 * Self.mebibyte)
            isReading.set(true)
            let response = try await sent
            #expect(response.status == 200)
            #expect(try await collect(response.body) == 2)
            #expect(received.value == 64 * Self.mebibyte)
            var bytes: JSONValue?
            // The row is completed by the server's side of the exchange, a moment after the client has its answer.
            for _ in 0..<1_000 where bytes?.int64 == nil {
                await world.bench.services.proxy.journal.flush()
                let listed = try await world.bench.send(.get, "/api/proxy-calls", key: world.bench.admin).json
                bytes = listed["data"]?.array?.first?["bytes_in"]
                await Task.yield()
            }
            #expect(bytes == .integer(64 * Self.mebibyte))
        }
    }

    @Test func `64 MiB come down whole, and wait at the provider while the client does not read`()
        async throws
    {
        let given = Note(0)
        let next = pieces(given)
        try await withWorld { _ in
            APIResponse(
                status: 200,
                stream: ResponseStream { sink in
                    while let piece = next() { try await sink.write(piece) }
                }
            )
        } _: { world in
            let response = try await world.client.streaming.send(try world.request("GET", "/v1/files"))
            #expect(response.status == 200)
            try await standstill(given)
            #expect(given.value > 0 && given.value < 40 * Self.mebibyte)
            #expect(try await collect(response.body) == 64 * Self.mebibyte)
        }
    }

    @Test func `a drip-fed body arrives as it drips`() async throws {
        let received = Note<[UInt8]>([])
        try await withWorld { request in
            guard let stream = request.stream else { return APIResponse(status: 500) }
            do {
                for try await piece in stream { received.change { $0 += piece } }
            } catch {
                return APIResponse(status: 500)
            }
            return APIResponse(status: 201)
        } _: { world in
            let drops = Note(0)
            let body = StreamedRequest.Body(length: nil) {
                // The next drop falls once the one before has arrived.
                while received.value.count < drops.value { try await Time.system.sleep(.milliseconds(2)) }
                guard drops.value < 40 else { return nil }
                drops.change { $0 += 1 }
                return [UInt8(drops.value)]
            }
            let response = try await world.client.streaming.send(
                try world.request("POST", "/v1/files", body: body)
            )
            #expect(response.status == 201)
            #expect(received.value == (1...40).map { UInt8($0) })
        }
    }

    @Test func `when the client is gone the provider's side ends too`() async throws {
        let isBroken = Note(false)
        let given = Note(0)
        try await withWorld { _ in
            APIResponse(
                status: 200,
                stream: ResponseStream { sink in
                    do {
                        while true {
                            try await sink.write([UInt8](repeating: 1, count: 65_536))
                            given.change { $0 += 65_536 }
                        }
                    } catch {
                        isBroken.set(true)
                        throw error
                    }
                }
            )
        } _: { world in
            let response = try await world.client.streaming.send(try world.request("GET", "/v1/files"))
            _ = try await response.body.next()
            response.body.cancel()
            while !isBroken.value { try await Time.system.sleep(.milliseconds(5)) }
            while world.bench.services.proxy.inFlight > 0 { try await Time.system.sleep(.milliseconds(5)) }
            await world.bench.services.proxy.journal.flush()
            let listed = try await world.bench.send(.get, "/api/proxy-calls", key: world.bench.admin).json
            let error = try #require(listed["data"]?.array?.first?["error"]?.string)
            #expect(["abandoned", "cancelled"].contains(error))
        }
    }

    @Test func `when the client leaves before the answer, nobody waits for it any more`() async throws {
        let isAsked = Note(false)
        let mayAnswer = Note(false)
        try await withWorld { _ in
            isAsked.set(true)
            while !mayAnswer.value { try? await Time.system.sleep(.milliseconds(5)) }
            return APIResponse(status: 200)
        } _: { world in
            let body = StreamedRequest.Body(length: 0) { nil }
            let request = try world.request("POST", "/v1/charges", body: body)
            let pending = Task { _ = try? await world.client.streaming.send(request) }
            while !isAsked.value { try await Time.system.sleep(.milliseconds(5)) }
            #expect(world.bench.services.proxy.inFlight == 1)
            pending.cancel()
            await pending.value
            while world.bench.services.proxy.inFlight > 0 { try await Time.system.sleep(.milliseconds(5)) }
            mayAnswer.set(true)
            await world.bench.services.proxy.journal.flush()
            let listed = try await world.bench.send(.get, "/api/proxy-calls", key: world.bench.admin).json
            let record = try #require(listed["data"]?.array?.first)
            #expect(record["error"]?.string == "cancelled" && record["state"]?.string == "unknown")
        }
    }

    @Test func `an answer before the request's end is passed on whole`() async throws {
        try await withWorld { _ in
            APIResponse(status: 413, contentType: "application/json", body: Array(#"{"error":"large"}"#.utf8))
        } _: { world in
            let given = Note(0)
            let next = pieces(given)
            let body = StreamedRequest.Body(length: Int64(64 * Self.mebibyte)) { next() }
            let response = try await world.client.streaming.send(
                try world.request("POST", "/v1/files", body: body)
            )
            #expect(response.status == 413)
            #expect(try await collect(response.body) == 17)
        }
    }

    private func collect(_ body: StreamedResponseBody) async throws -> Int {
        var count = 0
        while let piece = try await body.next() { count += piece.count }
        return count
    }
}
