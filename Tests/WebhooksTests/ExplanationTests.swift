import Domain
import Registry
import Synchronization
import Testing
import Transport
import UsherTesting
import Webhooks

struct ExplanationTests {
    private func lines(_ id: EventID, _ station: Station) async throws -> [String] {
        let event = try #require(try await station.queries.event(id))
        let history = try await station.queries.history(of: event)
        return Explanation(
            event,
            history: history,
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
                    "came again 2 times, the last time now; nothing was added",
                    "not for charges: it does not want customer.created from shop",
                    "queued for app as \(delivery.id)",
                    "try 1 at app answered 500 after 0 ms",
                    "try 2 at app (standby URL) failed: \(TransportError.timedOut(sent: true).code) after 0 ms",
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
            #expect(
                try await lines(second, station).last == "waits for earlier events of the same lane at app"
            )
            let due = station.clock.now + .seconds(10)
            try await station.finish(try await station.claim(app)[0], .retry(at: due))
            #expect(try await lines(first, station).last == "tried again at \(due)")
            station.clock.advance(by: .seconds(10))
            try await station.finish(try await station.claim(app)[0], .dead("status_500"))
            #expect(try await lines(first, station).last == "given up for app: status_500")
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
