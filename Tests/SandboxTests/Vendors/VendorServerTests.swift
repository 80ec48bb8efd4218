import Domain
import Logging
import Providers
import Sandbox
import Signatures
import Synchronization
import Testing
import UsherTesting

private let charge = "amount=1250&currency=eur&payment_method=pm_card_visa&confirm=true"

/// A vendor server while `body` runs.
private func withServer(
    _ vendor: any VendorMachine,
    time: ManualTime = ManualTime(),
    requestsMax: Int = VendorServer.requestsMax,
    send: @escaping @Sendable (VendorWebhook) async -> Int? = { _ in nil },
    _ body: (_ port: Int, VendorServer) async throws -> Void
) async throws {
    let (ports, started) = AsyncStream<Int>.makeStream()
    let server = VendorServer(
        FaultyVendor(vendor),
        port: 0,
        seed: 1,
        requestsMax: requestsMax,
        time: time.time,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        send: send,
        started: { port in started.yield(port) }
    )
    try await withThrowingTaskGroup { group in
        group.addTask { try await server.run() }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next())
        try await body(port, server)
        group.cancelAll()
    }
}

private func pay(_ port: Int, key: String = "k1") async throws -> LoopbackClient.Answer? {
    try await LoopbackClient.send(
        "POST",
        "/v1/payment_intents",
        port: port,
        headers: [
            ("authorization", "Bearer \(StripeVendor.secretKeyDefault)"), ("idempotency-key", key),
            ("content-type", "application/x-www-form-urlencoded"),
        ],
        body: Array(charge.utf8)
    )
}

private func fault(_ text: String, _ port: Int) async throws {
    let answer = try await LoopbackClient.send("POST", "/_faults", port: port, body: Array(text.utf8))
    #expect(answer?.status == 201)
}

struct VendorServerTests {
    @Test func `the vendor answers, and its ledger can be read`() async throws {
        try await withServer(StripeVendor()) { port, _ in
            let answer = try #require(try await pay(port))
            #expect(answer.status == 200)
            #expect(answer.head.contains("content-type: application/json"))
            let ledger = try #require(try await LoopbackClient.send("GET", "/_ledger", port: port))
            #expect(ledger.json.pointer("/entries/0/id") == answer.json["id"])
            #expect(ledger.json["count"]?.int64 == 1)
            let traffic = try #require(try await LoopbackClient.send("GET", "/_traffic?from=0", port: port))
            #expect(traffic.json.pointer("/requests/0/3")?.int64 == 200)
            #expect(try await LoopbackClient.send("POST", "/_reset", port: port)?.status == 204)
            let empty = try await LoopbackClient.send("GET", "/_ledger", port: port)
            #expect(empty?.json["count"]?.int64 == 0)
        }
    }

    /// What a fault does to one charge: the status, nil for a closed connection, and how many charges there are then.
    @Test(arguments: [
        (#"{"kind":"refuse"}"#, nil, 0), (#"{"kind":"fail_before"}"#, 503, 0),
        (#"{"kind":"fail_after","status":502}"#, 502, 1), (#"{"kind":"stored_failure"}"#, 500, 1),
        (#"{"kind":"storm","retry_after":"garbage"}"#, 429, 0), (#"{"kind":"drop_answer"}"#, nil, 1),
        (#"{"kind":"late_effect","delay_ms":60000}"#, nil, 0),
        (#"{"kind":"hide_new","delay_ms":60000}"#, 200, 1),
        (#"{"kind":"clock_skew","delay_ms":3600000}"#, 200, 1), (#"{"kind":"halve_limit"}"#, 200, 1),
        (#"{"kind":"scale_limit","factor":10}"#, 200, 1), (#"{"kind":"punish","delay_ms":1000}"#, 200, 1),
    ])
    func `a fault shows on the wire`(_ text: String, _ status: Int?, _ charges: Int) async throws {
        try await withServer(StripeVendor()) { port, server in
            try await fault(text, port)
            #expect(try await pay(port)?.status == status)
            #expect(server.snapshot.ledger.count == charges)
            let cleared = try await LoopbackClient.send("DELETE", "/_faults", port: port)
            #expect(cleared?.json["faults"]?.array?.isEmpty == true)
        }
    }

    @Test(arguments: [
        (#"{"kind":"slow","delay_ms":2000}"#, Duration.seconds(2), 200, 1),
        (#"{"kind":"creep","delay_ms":2000}"#, .seconds(2), 200, 1),
        (#"{"kind":"black_hole"}"#, VendorServer.silence, nil, 0),
    ])
    func `an answer waits as long as the fault says`(
        _ text: String,
        _ delay: Duration,
        _ status: Int?,
        _ charges: Int
    ) async throws {
        let time = ManualTime()
        try await withServer(StripeVendor(), time: time) { port, server in
            try await fault(text, port)
            async let answer = pay(port)
            // The delivery's pause and the request's delay.
            await time.waitForSleepers(2)
            time.advance(by: delay)
            #expect(try await answer?.status == status)
            #expect(server.snapshot.ledger.count == charges)
        }
    }

    @Test func `one request too many is closed, and a fault is ended while everything hangs`() async throws {
        let time = ManualTime()
        try await withServer(StripeVendor(), time: time, requestsMax: 2) { port, server in
            try await fault(#"{"kind":"black_hole"}"#, port)
            async let first = pay(port, key: "k1")
            async let second = pay(port, key: "k2")
            // The delivery's pause and two swallowed requests.
            await time.waitForSleepers(3)
            #expect(try await pay(port, key: "k3")?.status == nil)
            #expect(try await LoopbackClient.send("DELETE", "/_faults", port: port)?.status == 200)
            #expect(try await pay(port, key: "k3")?.status == nil)
            time.advance(by: VendorServer.silence)
            #expect(try await [first?.status, second?.status] == [nil, nil])
            #expect(try await pay(port, key: "k3")?.status == 200)
            #expect(server.snapshot.ledger.count == 1)
        }
    }

    @Test func `a late effect comes without anybody asking`() async throws {
        let time = ManualTime()
        try await withServer(StripeVendor(), time: time) { port, server in
            try await fault(#"{"kind":"late_effect","delay_ms":60000}"#, port)
            #expect(try await pay(port)?.status == nil)
            await time.waitForSleepers(1)
            time.advance(by: .seconds(60))
            await time.waitForSleepers(1)
            #expect(server.snapshot.ledger.count == 1)
        }
    }

    @Test func `a fault that cannot be read is 400, one too many 409, anything else of ours 404`()
        async throws
    {
        try await withServer(StripeVendor()) { port, _ in
            let bad = try await LoopbackClient.send("POST", "/_faults", port: port, body: Array("{}".utf8))
            #expect(bad?.status == 400)
            for _ in 0..<FaultyVendor.faultsMax { try await fault(#"{"kind":"slow","delay_ms":0}"#, port) }
            let more = Array(#"{"kind":"refuse"}"#.utf8)
            #expect(try await LoopbackClient.send("POST", "/_faults", port: port, body: more)?.status == 409)
            #expect(try await LoopbackClient.send("GET", "/_nothing", port: port)?.status == 404)
        }
    }

    @Test func `of a long body the beginning, the length and the checksums reach the vendor`() async throws {
        let long = (0..<(VendorServer.bodyBytesKept + 5)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withServer(Listener()) { port, _ in
            let answer = try await LoopbackClient.send("PUT", "/album/1?x=1", port: port, body: long)
            let seen = try #require(answer?.json)
            #expect(seen["kept"]?.int64 == Int64(VendorServer.bodyBytesKept))
            #expect(seen["bytes"]?.int64 == Int64(long.count))
            #expect(seen["sha256"]?.string == Hex.encode(sha256([long])))
            #expect(seen["host"]?.string == "127.0.0.1:\(port)")
            #expect(seen["query"]?.string == "x=1")
            let short = try await LoopbackClient.send("PUT", "/album/1", port: port, body: [1, 2])
            #expect(short?.json["bytes"]?.isNull == true)
            let head = try await LoopbackClient.send("HEAD", "/album/1", port: port)
            #expect(head?.body.isEmpty == true)
            #expect(head?.head.lowercased().contains("content-length: ") == true)
        }
    }

    @Test func `webhooks are sent until they are taken`() async throws {
        let secret = Secret("whsec_0123456789abcdef")
        let settings = VendorSettings(webhookURL: "http://app/hooks", webhookKeys: SigningKeys([secret]))
        let time = ManualTime()
        let tries = Mutex<[String]>([])
        let (signals, sent) = AsyncStream<Void>.makeStream()
        let application: @Sendable (VendorWebhook) async -> Int? = { webhook in
            let count = tries.withLock { tries in
                tries.append(webhook.id)
                return tries.count
            }
            sent.yield()
            return count <= 3 ? 500 : 200
        }
        try await withServer(StripeVendor(settings: settings), time: time, send: application) { port, _ in
            var iterator = signals.makeAsyncIterator()
            let answer = try await pay(port)
            #expect(answer?.status == 200)
            await time.waitForSleepers(1)
            time.advance(by: VendorServer.pace)
            for _ in 0..<3 { await iterator.next() }
            for _ in 0..<3 {
                await time.waitForSleepers(1)
                time.advance(by: .seconds(60))
            }
            for _ in 0..<3 { await iterator.next() }
            let ids = tries.withLock { $0 }
            #expect(ids.count == 6)
            #expect(Set(ids.prefix(3)) == Set(ids.suffix(3)))
        }
    }
}

/// A vendor that tells what it was sent.
private struct Listener: VendorMachine {
    let provider = APIProvider.awsS3
    let ledger: [LedgerEntry] = []

    mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        VendorAnswer(
            status: 200,
            json: [
                "kept": .integer(request.body.count),
                "bytes": request.streamed.map { .integer($0.bytes) } ?? .null,
                "sha256": request.streamed.map { .string(Hex.encode($0.sha256)) } ?? .null,
                "host": .string(request.headers.first("host") ?? ""), "query": .string(request.query),
            ]
        )
    }
}

struct VendorSetTests {
    @Test func `each provider has its own port, whoever else is played`() {
        let all = VendorSet(only: [], portBase: 8_420, webhooksTo: nil)
        #expect(all.places.prefix(3).map(\.port) == [8_421, 8_422, 8_423])
        #expect(all.places.prefix(3).map(\.provider) == [.stripe, .square, .paypal])
        let one = VendorSet(only: [.paypal], portBase: 8_420, webhooksTo: nil)
        #expect(one.places.map(\.url) == ["http://127.0.0.1:8423"])
    }

    @Test func `the configuration names every place and refers to the environment`() {
        let vendors = VendorSet(only: [.stripe], portBase: 8_420, webhooksTo: "http://127.0.0.1:8080/in")
        #expect(
            vendors.configuration == [
                "integrations:", "  stripe:", "    provider: stripe", "    base_url: http://127.0.0.1:8421",
                "    allow_private: true", "    credential:", "      key: env:SANDBOX_STRIPE_KEY", "sources:",
                "  stripe:", "    provider: stripe", "    secrets: [env:SANDBOX_STRIPE_WEBHOOK_SECRET]",
            ]
        )
        #expect(vendors.environment.map(\.name) == ["SANDBOX_STRIPE_KEY", "SANDBOX_STRIPE_WEBHOOK_SECRET"])
        #expect(vendors.webhookURL(.stripe) == "http://127.0.0.1:8080/in/stripe")
    }

    @Test func `every vendor that can be played has a credential to call it with`() {
        for provider in [APIProvider.stripe, .square, .paypal] {
            #expect(VendorCatalogue.vendor(provider, settings: VendorSettings())?.provider == provider)
            #expect(!VendorCatalogue.credential(provider).isEmpty)
        }
    }
}
