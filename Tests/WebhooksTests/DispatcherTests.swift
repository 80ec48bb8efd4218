import Domain
import Registry
import Signatures
import Synchronization
import Testing
import Transport
import UsherTesting
import Webhooks

@Suite(.onManualClock) struct DispatcherTests {
    @Test func `delivers what was received, byte for byte, signed and named`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let body = Array(
                "{ \"type\" : \"charge.refunded\",\n\t\"id\": \"evt_1\", \"ü\": \"\\u00fc\" }\n".utf8
            )
            let id = try #require(await station.receive(body).stored)
            try await station.delivering { await station.finishes.reach(1) }
            let request = try #require(station.upstream.requests.first)
            #expect(request.method == "POST")
            #expect(request.url.text == "https://app.example.com/hooks")
            #expect(request.body == body)
            let headers = Headers(request.headers)
            #expect(headers.values("webhook-id") == [id.description])
            #expect(headers.values("webhook-timestamp") == ["\(station.clock.now.seconds)"])
            #expect(headers.values("content-type") == ["application/json"])
            #expect(headers.values("usher-event-type") == ["charge.refunded"])
            #expect(headers.values("usher-source") == ["shop"])
            #expect(headers.values("usher-attempt") == ["1"])
            #expect(headers.values("stripe-signature").isEmpty)
            #expect(try verify(request, [secret(9)], station.clock.now) == 0)
            #expect(throws: SignatureError.mismatch) { try verify(request, [secret(8)], station.clock.now) }
            #expect(station.finishes.all == [.recorded(laneReady: false)])
        }
    }

    @Test func `signs with both secrets while one is rotated`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination(secrets: [secret(8), secret(9)])
            try await station.take("evt_1")
            try await station.delivering { await station.finishes.reach(1) }
            let request = try #require(station.upstream.requests.first)
            let signature = try #require(Headers(request.headers).first("webhook-signature"))
            #expect(signature.split(separator: " ").count == 2)
            #expect(try verify(request, [secret(8)], station.clock.now) == 0)
            #expect(try verify(request, [secret(9)], station.clock.now) == 0)
        }
    }

    @Test func `tries again with the same id until it is accepted`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let left = Mutex([500, 404, 302])
            station.upstream.answer { _ in .status(left.withLock { $0.popLast() } ?? 200) }
            let id = try await station.take("evt_1")
            try await station.delivering {
                for attempt in 1...4 {
                    await station.finishes.reach(attempt)
                    await station.clock.waitForSleepers(attempt == 4 ? 0 : 1)
                    station.clock.advance(by: .seconds(43_200))
                }
            }
            let requests = station.upstream.requests.map { Headers($0.headers) }
            #expect(requests.map { $0.first("webhook-id") } == Array(repeating: id.description, count: 4))
            #expect(requests.map { $0.first("usher-attempt") } == ["1", "2", "3", "4"])
            #expect(Set(requests.map { $0.first("webhook-timestamp") }).count == 4)
            let event = try #require(try await station.queries.event(id))
            let (delivery, tries) = try #require(try await station.queries.history(of: event).first)
            #expect(tries.map(\.status) == [302, 404, 500, 200])
            #expect(delivery.state == .delivered && delivery.attempts == 4)
        }
    }

    @Test func `gives up after the limit, with the last reason`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination { $0.attemptsMax = 2 }
            station.upstream.answer { _ throws(TransportError) in throw .timedOut(sent: true) }
            try await station.take("evt_1")
            try await station.delivering {
                await station.finishes.reach(1)
                let waiting = try await station.count("deliveries", "state = 0 AND attempts = 1")
                #expect(waiting == 1)
                await station.clock.waitForSleepers(1)
                station.clock.advance(by: .seconds(43_200))
                await station.finishes.reach(2)
            }
            let dead = try await station.queries.deliveries(DeliveryFilter(state: .dead), limit: 2).elements
            #expect(dead.map(\.error) == [TransportError.timedOut(sent: true).code])
            #expect(station.upstream.requests.count == 2)
        }
    }

    @Test func `waits as long as it is asked to`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            station.upstream.answer { _ in .status(503, [("Retry-After", "600")]) }
            try await station.take("evt_1")
            try await station.delivering { await station.finishes.reach(1) }
            station.clock.advance(by: .seconds(600) - .microseconds(1))
            #expect(try await station.claim(app).isEmpty)
            station.clock.advance(by: .seconds(61))
            #expect(try await station.claim(app).count == 1)
        }
    }

    @Test func `410 stops the destination until somebody enables it`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            station.upstream.answer { _ in .status(410) }
            try await station.take("evt_1")
            try await station.delivering {
                await station.finishes.reach(1)
                let stopped = try #require(station.registry.snapshot.destinations.first)
                #expect(stopped.stop?.reason == "answered 410 Gone" && !stopped.isActive)
                try await station.take("evt_2")
                await station.clock.waitForSleepers(1)
                station.clock.advance(by: .seconds(3_600))
                for _ in 0..<1_000 { await Task.yield() }
                #expect(station.upstream.requests.count == 1)
                station.upstream.answer { _ in .status(200) }
                try await station.registry.resume(destination: name("app"))
                await station.finishes.reach(3)
            }
            #expect(try await station.count("deliveries", "state = 1") == 2)
            #expect(station.upstream.requests.count == 3)
        }
    }

    @Test func `the standby URL gets the same delivery when the first fails`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination { $0.standbyURL = "https://second.example.com/hooks" }
            station.upstream.answer { request in
                .status(request.url.text.contains("second") ? 200 : 500)
            }
            let id = try await station.take("evt_1")
            try await station.delivering { await station.finishes.reach(1) }
            let requests = station.upstream.requests
            #expect(
                requests.map(\.url.text) == [
                    "https://app.example.com/hooks", "https://second.example.com/hooks",
                ]
            )
            #expect(requests.map(\.body) == [stripeBody("evt_1"), stripeBody("evt_1")])
            let ids = requests.map { Headers($0.headers).first("webhook-id") }
            #expect(ids == [id.description, id.description])
            let event = try #require(try await station.queries.event(id))
            let (delivery, tries) = try #require(try await station.queries.history(of: event).first)
            #expect(delivery.state == .delivered)
            #expect(tries.map(\.isStandby) == [false, true] && tries.map(\.status) == [500, 200])
        }
    }

    @Test func `a destination that is switched off gets nothing until it is on again`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination { $0.enabled = false }
            try await station.addDestination("other")
            try await station.take("evt_1")
            try await station.delivering {
                await station.finishes.reach(1)
                #expect(station.upstream.requests.map(\.url.text) == ["https://other.example.com/hooks"])
                try await station.change("app") { $0.enabled = true }
                await station.finishes.reach(2)
            }
            #expect(station.upstream.requests.last?.url.text == "https://app.example.com/hooks")
        }
    }

    @Test func `never more in flight than the destination allows`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination { $0.concurrency = 2 }
            let gate = Tally<Void>()
            let flying = Mutex((now: 0, most: 0))
            station.upstream.answer { _ in
                flying.withLock {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                await gate.reach(1)
                flying.withLock { $0.now -= 1 }
                return .status(200)
            }
            for index in 0..<20 { try await station.take("evt_\(index)") }
            try await station.delivering {
                await station.upstream.waitForRequests(2)
                for _ in 0..<1_000 { await Task.yield() }
                #expect(station.upstream.requests.count == 2)
                gate.add(())
                await station.finishes.reach(20)
            }
            #expect(flying.withLock { $0.most } == 2)
            #expect(try await station.count("deliveries", "state = 1") == 20)
        }
    }

    @Test func `work that arrives while it runs is delivered, all of it`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.delivering {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<200 {
                        group.addTask { try await station.take("evt_\(index)", object: "obj_\(index % 17)") }
                    }
                    try await group.waitForAll()
                }
                await station.finishes.reach(200)
            }
            #expect(try await station.count("deliveries", "state = 1") == 200)
            #expect(try await station.count("lanes") == 0)
        }
    }

    @Test func `gates follow the registry, in whatever order its changes are told`() async throws {
        try await withStation { station in
            let app = try await station.addDestination()
            for round in 0..<8 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 1...16 {
                        group.addTask {
                            try await station.change("app") { $0.concurrency = round * 16 + index }
                        }
                    }
                    try await group.waitForAll()
                }
                let wanted = try #require(station.registry.snapshot.destination(id: app)).definition
                    .concurrency
                #expect(station.dispatcher.gate(app)?.limits.concurrency == wanted, "round \(round)")
            }
        }
    }

    private func verify(_ request: OutgoingRequest, _ secrets: [Secret], _ now: Instant) throws -> Int {
        let webhook = WebhookRequest(
            method: request.method,
            url: request.url.text,
            headers: Headers(request.headers),
            body: request.body
        )
        let tolerance = TimestampTolerance(past: .seconds(300), future: .seconds(300))
        return try StandardWebhooksSignature.verify(webhook, secrets: secrets, now: now, tolerance: tolerance)
    }
}
