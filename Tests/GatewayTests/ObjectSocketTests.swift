import Calls
import Crypto
import Domain
import Gateway
import HTTPAPI
import NIOPosix
import Storage
import Testing
import Transport
import UsherTesting

/// Objects between two sockets: a client, the gateway's server, and an S3 on loopback that a handler plays.
@Suite(.timeLimit(.minutes(2)))
struct ObjectSocketTests {
    private static let mebibyte = 1 << 20
    private static let credential: [JSONMember] = [
        JSONMember("access_key_id", "AKIATEST"), JSONMember("secret_key", "secret-of-the-bucket"),
        JSONMember("region", "eu-central-1"), JSONMember("bucket", "photos"),
    ]

    private struct World: Sendable {
        let bench: GatewayBench
        let port: Int
        let client: HTTPUpstream

        func get(
            _ target: String,
            _ headers: [(String, String)] = [],
            key: String? = nil,
            method: String = "GET"
        ) async throws -> StreamedResponse {
            let policy = AddressPolicy(allowPrivate: true)
            return try await client.streaming.send(
                StreamedRequest(
                    method: method,
                    url: try DestinationURL("http://127.0.0.1:\(port)/api/objects/\(target)", policy: policy),
                    headers: [("authorization", "Bearer \(key ?? bench.admin)")] + headers,
                    body: nil,
                    rule: ProgressRule(window: .seconds(30), bytesPerWindowMin: 1, timeMax: .seconds(100)),
                    policy: policy
                )
            )
        }

        /// The newest row of the journal that has an end, for what the provider's path ends with.
        func journalled(_ path: String) async throws -> JSONValue {
            for _ in 0..<1_000 {
                await bench.services.proxy.journal.flush()
                let listed = try await bench.send(.get, "/api/proxy-calls", key: bench.admin).json
                let row = listed["data"]?.array?.first { $0["path"]?.string?.hasSuffix(path) ?? false }
                if let row { return row }
                try await Time.system.sleep(.milliseconds(5))
            }
            return .null
        }
    }

    private func withWorld(
        provider handler: @escaping RequestHandler,
        _ body: (World) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let upstream = HTTPUpstream(group: group, time: .system, resolver: .system(threads: .singleton))
        let client = HTTPUpstream(group: group, time: .system, resolver: .system(threads: .singleton))
        try await temporaryDatabase(migrations: Services.migrations) { database in
            let bench = try await GatewayBench.start(database, time: .system, streaming: upstream.streaming)
            try await serving(handler, { _ in RequestPolicy(bodyBytesMax: 1_024) }) { provider in
                try await bench.addIntegration(
                    "photos",
                    "aws-s3",
                    .object(Self.credential),
                    baseURL: "http://127.0.0.1:\(provider)"
                )
                try await serving(bench.api.handle, bench.api.policy) { port in
                    try await body(World(bench: bench, port: port, client: client))
                    await client.shutdown()
                }
            }
        }
        await upstream.shutdown()
    }

    /// An answer of S3 with these bytes; its fields say `etag` and `sha256`, whatever the bytes are.
    private static func answer(
        _ bytes: [UInt8],
        etag: String? = nil,
        sha256: String? = nil
    ) -> APIResponse {
        let md5 = Hex.encode(Array(Insecure.MD5.hash(data: bytes)))
        var headers = Headers([("content-type", "image/jpeg"), ("etag", "\"\(etag ?? md5)\"")])
        if let sha256 { headers.append("x-amz-meta-usher-sha256", sha256) }
        return APIResponse(
            status: 200,
            headers: headers,
            stream: ResponseStream(length: Int64(bytes.count)) { sink in
                for start in stride(from: 0, to: bytes.count, by: 65_536) {
                    try await sink.write(Array(bytes[start..<min(start + 65_536, bytes.count)]))
                }
            }
        )
    }

    private func collect(_ body: StreamedResponseBody) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try await body.next() { bytes += piece }
        return bytes
    }

    private static let photo = (0..<(3 * mebibyte + 17)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    @Test func `an object comes down whole, and says what it was judged by`() async throws {
        let seen = Note<[String]>([])
        let sha256 = Hex.encode(Array(SHA256.hash(data: Self.photo)))
        try await withWorld { request in
            seen.change { $0.append("\(request.method.rawValue) \(request.path)") }
            return Self.answer(Self.photo, sha256: request.path.hasSuffix("own.jpg") ? sha256 : nil)
        } _: { world in
            for (key, checked) in [("garcia%2F1%20%C3%A9.jpg", "md5"), ("own.jpg", "sha256")] {
                let response = try await world.get("photos?key=\(key)")
                #expect(response.status == 200)
                #expect(response.headers.first("usher-checked") == checked)
                #expect(response.headers.first("content-type") == "image/jpeg")
                #expect(response.headers.first("content-length") == "\(Self.photo.count)")
                #expect(response.headers.first("x-amz-meta-usher-sha256") == nil)
                #expect(try await collect(response.body) == Self.photo)
            }
            #expect(seen.value.first == "GET /photos/garcia/1%20%C3%A9.jpg")
            let row = try await world.journalled("own.jpg")
            #expect(row["error"] == .null && row["bytes_out"]?.int64 == Int64(Self.photo.count))
        }
    }

    @Test(arguments: ["etag", "sha256", "short"])
    func `what is not as it was stored breaks off before its end, and is journalled`(
        wrong: String
    )
        async throws
    {
        let other = String(repeating: "ab", count: wrong == "etag" ? 16 : 32)
        try await withWorld { _ in
            switch wrong {
            case "etag": Self.answer(Self.photo, etag: other)
            case "sha256": Self.answer(Self.photo, sha256: other)
            default:
                APIResponse(
                    status: 200,
                    headers: Headers([("etag", "\"x\"")]),
                    stream: ResponseStream(length: 100_000) { sink in
                        try await sink.write([UInt8](repeating: 1, count: 50_000))
                        throw CancellationError()
                    }
                )
            }
        } _: { world in
            let response = try await world.get("photos?key=a.jpg")
            #expect(response.status == 200)
            await #expect(throws: TransportError.self) { try await collect(response.body) }
            let row = try await world.journalled("a.jpg")
            if wrong == "short" {
                #expect(row["error"]?.string != nil && row["error"]?.string != "checksum_mismatch")
            } else {
                #expect(row["error"] == "checksum_mismatch")
            }
        }
    }

    @Test func `a range is asked for and passed on; other forms bring the whole`() async throws {
        try await withWorld { request in
            guard let range = request.headers.first("range") else { return Self.answer(Self.photo) }
            let bytes = Array(Self.photo[10..<20])
            guard range == "bytes=10-19" || range == "bytes=10-" else { return APIResponse(status: 416) }
            return APIResponse(
                status: 206,
                headers: Headers([
                    ("etag", "\"00000000000000000000000000000000\""),
                    ("content-range", "bytes 10-19/\(Self.photo.count)"),
                ]),
                body: bytes
            )
        } _: { world in
            for range in ["bytes=10-19", "bytes=10-"] {
                let response = try await world.get("photos?key=a", [("range", range)])
                #expect(response.status == 206)
                #expect(response.headers.first("content-range") == "bytes 10-19/\(Self.photo.count)")
                #expect(response.headers.first("usher-checked") == "length")
                #expect(try await collect(response.body) == Array(Self.photo[10..<20]))
            }
            for range in ["bytes=-5", "bytes=5-1", "bytes=0-1,3-4", "lines=1-2", "bytes=+1-2", "bytes="] {
                let response = try await world.get("photos?key=a", [("range", range)])
                #expect(response.status == 200, "\(range)")
                #expect(try await collect(response.body).count == Self.photo.count)
            }
            let outside = try await world.get("photos?key=a", [("range", "bytes=99999999-99999999")])
            #expect(outside.status == 416)
        }
    }

    @Test func `64 MiB wait at the provider while the client does not read`() async throws {
        let given = Note(0)
        let piece = [UInt8](repeating: 7, count: 65_536)
        try await withWorld { _ in
            APIResponse(
                status: 200,
                headers: Headers([("etag", "\"x-1\"")]),
                stream: ResponseStream(length: Int64(64 * Self.mebibyte)) { sink in
                    while given.value < 64 * Self.mebibyte {
                        try await sink.write(piece)
                        given.change { $0 += piece.count }
                    }
                }
            )
        } _: { world in
            let response = try await world.get("photos?key=film.mp4")
            var (last, rounds) = (-1, 0)
            while rounds < 10 {
                (rounds, last) = given.value == last ? (rounds + 1, last) : (0, given.value)
                try await Time.system.sleep(.milliseconds(20))
            }
            #expect(given.value > 0 && given.value < 40 * Self.mebibyte)
            #expect(try await collect(response.body).count == 64 * Self.mebibyte)
        }
    }

    @Test func `refusals become problems, and HEAD brings no bytes`() async throws {
        try await withWorld { request in
            switch request.path {
            case "/photos/gone":
                APIResponse(
                    status: 404,
                    contentType: "application/xml",
                    body: Array("<Error><Code>NoSuchKey</Code></Error>".utf8)
                )
            case "/photos/broken": APIResponse(status: 500)
            default: Self.answer(Self.photo)
            }
        } _: { world in
            for (target, status, code) in [
                ("photos?key=gone", 404, "not-found"), ("photos?key=broken", 502, nil),
                ("photos", 400, "key-invalid"), ("photos?key=%2Fa", 400, "key-invalid"),
                ("photos?key=a%2F..%2Fb", 422, nil), ("nobody?key=a", 404, "not-found"),
            ] {
                let response = try await world.get(target)
                #expect(response.status == status, "\(target)")
                let problem = try JSONParser.parse(try await collect(response.body))
                if let code { #expect(problem["code"]?.string == code) }
            }
            let head = try await world.get("photos?key=a", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.headers.first("content-length") == "\(Self.photo.count)")
            #expect(try await collect(head.body).isEmpty)
        }
    }

    @Test func `a vendor reads at its own integrations, and elsewhere nothing that it did not store`()
        async throws
    {
        try await withWorld { _ in
            Self.answer(Self.photo)
        } _: { world in
            let bench = world.bench
            for vendor in ["anna", "ben"] {
                let body: JSONValue = ["name": .string(vendor)]
                #expect(try await bench.send(.post, "/api/vendors", body, key: bench.admin).status == 201)
            }
            let anna = try await bench.key("read", vendor: "anna")
            #expect(try await world.get("photos?key=a", key: anna).status == 404)
            // As an upload of Anna's leaves it.
            try await bench.services.database.write { transaction in
                try transaction.execute(
                    """
                    INSERT INTO calls (id, owner, body_hash, operation, priority, deadline, is_async, state, epoch, input,
                        integration_id, reference, created_at)
                    SELECT $1, 'vendor:anna', $1, 'storage.upload', 1, 0, 0, 4, 1, $1, id, 'a', 0
                    FROM integrations WHERE name = 'photos'
                    """,
                    [.blob([UInt8](repeating: 1, count: 16))]
                )
            }
            #expect(try await world.get("photos?key=a", key: anna).status == 200)
            #expect(try await world.get("photos?key=b", key: anna).status == 404)
            let ben = try await bench.key("read", vendor: "ben")
            #expect(try await world.get("photos?key=a", key: ben).status == 404)
        }
    }
}
