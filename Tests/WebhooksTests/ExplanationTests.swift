import Domain
import Registry
import Synchronization
import Testing
import Transport
import UsherTesting
import Webhooks

@Suite(.onManualClock) struct ExplanationTests {
    private func lines(_ id: EventID, _ station: Station) async throws -> [String] {
        let event = try #require(try await station.queries.event(id))
        let history = try await station.queries.history(of: event)
        return Explanation(
            event,
            history: history,
            duplicates: try await station.queries.duplicateTimes(of: event),
            obstacle: { station.health.obstacle(to: $0) },
            snapshot: station.registry.snapshot,
            now: station.clock.now
        ).lines.map(\.text)
    }

    @Test func `tells the wedding and the vendor it belongs to`() async throws {
        try await withStation { station in
            try await station.addSource()
            let wedding = try Wedding(
                id: try #require(WeddingID("w1")),
                title: "Ana & Ben",
                date: try #require(CivilDate("2026-06-20")),
                zone: .utc,
                vendors: [VendorAssignment(vendor: name("villa"), role: name("venue"))]
            )
            try await station.weddings.commit([
                .createVendor(try Vendor(name: name("villa"), title: "Villa")), .create(wedding),
            ])
            let body = Array(
                """
                {"id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1772323200,
                "data": {"object": {"metadata": {"wedding_id": "w1", "vendor": "villa"}}}}
                """.utf8
            )
            let id = try #require(await station.receive(body).stored)
            #expect(try await lines(id, station).contains("belongs to wedding w1 and vendor villa"))
        }
    }

    @Test func `tells the secret, the repeats, every try and the end`() async throws {
        try await withStation { station in
            try await station.addSource(secrets: [secret(1), secret(2)])
            try await station.addDestination { $0.standbyURL = "https://second.example.com" }
            try await station.addDestination("charges") { $0.events = ["charge.*"] }
            let answers = Mutex<[Int?]>([200, nil, 500])
            station.upstream.answer { _ throws(TransportError) in
                guard let status = answers.withLock({ $0.popLast() ?? 200 }) else {
                    throw .timedOut(sent: true)
                }
                return .status(status)
            }
            let body = stripeBody("evt_1")
            let received = await station.receive(body, headers: station.signed(body, [secret(2)]))
            let id = try #require(received.stored)
            #expect(await station.receive(body).repeated == id)
            #expect(await station.receive(body).repeated == id)
            try await station.delivering {
                await station.finishes.reach(1)
                await station.clock.waitForSleepers(1)
                station.clock.advance(by: .seconds(43_200))
                await station.finishes.reach(2)
            }
            let told = try await lines(id, station)
            let event = try #require(try await station.queries.event(id))
            let delivery = try #require(try await station.queries.history(of: event).first?.0)
            #expect(
                told == [
                    "happened at the provider",
                    "received from shop as evt_1 (customer.created, \(body.count) bytes)",
                    "verified with secret 2 of 2",
                    "came again; nothing was added",
                    "came again; nothing was added",
                    "not for charges: it wants charge.*, not customer.created",
                    "queued for app as \(delivery.id): it wants *",
                    "try 1 at app answered 500 after 0 ms",
                    "try 2 at app (standby URL) failed: \(TransportError.timedOut(sent: true).code) after 0 ms",
                    "waited 43200 s for the next try, as scheduled",
                    "try 3 at app answered 200 after 0 ms",
                    "delivered to app",
                ]
            )
        }
    }

    @Test func `tells what a waiting delivery waits for`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            let first = try await station.take("a1", object: "a")
            let second = try await station.take("a2", object: "a")
            #expect(try await lines(first, station).last == "next in its lane for app")
            let event = try #require(try await station.queries.event(first))
            let head = try #require(try await station.queries.history(of: event).first?.0.id)
            #expect(
                try await lines(second, station).last
                    == "waits behind \(head) for earlier events of the same lane at app"
            )
            let due = station.clock.now + .seconds(10)
            try await station.finish(try await station.claim(app)[0], .retry(at: due))
            #expect(try await lines(first, station).last == "tried again at \(due)")
            station.clock.advance(by: .seconds(10))
            try await station.finish(try await station.claim(app)[0], .dead("status_500"))
            #expect(try await lines(first, station).last == "given up for app: status_500")
        }
    }

    @Test func `tells why a destination was left out`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination("anna") { $0.vendor = name("anna") }
            try await station.addDestination("mailer") { $0.sources = [name("mail"), name("post")] }
            try await station.addDestination("many") { $0.events = (0..<7).map { "type\($0).x" } }
            let id = try await station.take("evt_1")
            try await station.addDestination("late")
            let told = try await lines(id, station).filter { $0.hasPrefix("not for") }
            #expect(
                told == [
                    "not for anna: it belongs to anna, shop does not",
                    "not for late: it did not want customer.created when the event came, or was not there yet",
                    "not for mailer: it wants events of mail, post, not of shop",
                    "not for many: it wants type0.x, type1.x, type2.x, type3.x, type4.x and 2 more, "
                        + "not customer.created",
                ]
            )
        }
    }

    @Test func `tells what keeps a destination from being tried`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination { $0.ratePerSecond = 0.1 }
            let id = try await station.take("evt_1")
            try await station.change("app") { $0.enabled = false }
            #expect(
                try await lines(id, station).last
                    == "next in its lane for app; waits: the destination is disabled"
            )
            try await station.change("app") { $0.enabled = true }
            try await station.registry.stop(destination: app, reason: "answered 410 Gone")
            let since = station.clock.now
            #expect(
                try await lines(id, station).last
                    == "next in its lane for app; waits: the destination is stopped since \(since): "
                    + "answered 410 Gone"
            )
            try await station.registry.resume(destination: name("app"))
            try await station.delivering { await station.finishes.reach(1) }
            let second = try await station.take("evt_2")
            #expect(
                try await lines(second, station).last
                    == "next in its lane for app; waits: the destination's rate of 0.1/s is used up for now"
            )
        }
    }

    @Test func `twenty repeats are told one by one, then all are counted`() async throws {
        try await withStation { station in
            try await station.addSource()
            let id = try await station.take("evt_1")
            for _ in 0..<21 { #expect(await station.receive(stripeBody("evt_1")).repeated == id) }
            let told = try await lines(id, station)
            #expect(told.filter { $0 == "came again; nothing was added" }.count == 20)
            #expect(told.contains("came again 21 times in all, the last time now; nothing was added"))
        }
    }

    @Test func `tells that the body is gone`() async throws {
        try await withStation { station in
            try await station.addSource { $0.retention.bodiesDays = 1 }
            let id = try await station.take("evt_1")
            station.clock.advance(by: .seconds(2 * 86_400))
            #expect(
                try await lines(id, station).last
                    == "its body is gone: it was kept for 1 day; it cannot be delivered again"
            )
        }
    }

    @Test func `tells names that are gone`() async throws {
        try await withStation { station in
            try await station.addSource()
            let id = try await station.take("evt_1")
            try await station.registry.commit([.removeSource(name("shop"))], owner: .api)
            let told = try await lines(id, station)
            #expect(told.contains { $0.hasPrefix("received from shop as evt_1") })
            #expect(told.contains("verified with a secret that has been removed since"))
        }
    }
}
