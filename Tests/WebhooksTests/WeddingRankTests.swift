import Domain
import Registry
import Signatures
import Storage
import Testing
import Transport
import UsherTesting
import Webhooks

@Suite struct WeddingRankTests {
    /// The station's clock starts at 2026-03-01T00:00:00Z.
    private func wedding(
        _ text: String = "w1",
        on day: String = "2026-06-20",
        vendors: [String] = [],
        starts: [Instant] = []
    ) throws -> Wedding {
        try Wedding(
            id: try #require(WeddingID(text)),
            title: "Ana & Ben",
            date: try #require(CivilDate(day)),
            zone: .utc,
            vendors: vendors.map { VendorAssignment(vendor: name($0), role: name("venue")) },
            timeline: try starts.enumerated().map { index, start in
                try TimelineItem(id: try #require(TimelineItemID("i\(index)")), name: "Item", startsAt: start)
            }
        )
    }

    private func body(
        _ id: String,
        wedding: String? = nil,
        customer: String = "cus_1",
        object: String? = nil
    ) -> [UInt8] {
        let metadata = wedding.map { #""metadata": {"wedding_id": "\#($0)"}, "# } ?? ""
        return Array(
            """
            {"id": "\(id)", "object": "event", "type": "customer.created", "created": 1772323200,
            "data": {"object": {\(metadata)"id": "\(object ?? id)", "object": "thing", "customer": "\(customer)"}}}
            """.utf8
        )
    }

    private func ranks(_ station: Station) async throws -> [String] {
        try await station.rows("SELECT priority FROM deliveries ORDER BY seq").map {
            Priority(rawValue: Int(try $0.integer(0)))?.name ?? "?"
        }
    }

    private func laneRanks(_ station: Station) async throws -> [Int64] {
        try await station.rows("SELECT priority FROM lanes ORDER BY head_seq").map { try $0.integer(0) }
    }

    @Test func `an event of a wedding is as urgent as the wedding's phase makes it`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.weddings.commit([
                .create(try wedding("far")), .create(try wedding("today", on: "2026-03-01")),
            ])
            for (id, wedding) in [("e1", "far"), ("e2", "today"), ("e3", "unknown")] {
                #expect(await station.receive(body(id, wedding: wedding)).stored != nil)
            }
            #expect(try await ranks(station) == ["normal", "critical", "normal"])
            let owners = try await station.queries.events(EventFilter(), limit: 10).elements.map(\.owner)
            #expect(owners.map(\.wedding?.text) == [nil, "today", "far"])
            let first = try await station.claim(1, limit: 1)
            #expect(first.map(\.provided) == ["e2"])
            #expect(first.first?.event.wedding?.text == "today")
        }
    }

    @Test func `a delivery says which wedding it is for and how urgent it is`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.weddings.commit([.create(try wedding("today", on: "2026-03-01"))])
            #expect(await station.receive(body("e1", wedding: "today")).stored != nil)
            try await station.delivering { await station.finishes.reach(1) }
            #expect(await station.receive(body("e2")).stored != nil)
            try await station.delivering { await station.finishes.reach(2) }
            let headers = station.upstream.requests.map { Headers($0.headers) }
            #expect(headers.map { $0.values("usher-wedding") } == [["today"], []])
            #expect(headers.map { $0.values("usher-priority") } == [["critical"], ["normal"]])
        }
    }

    @Test func `a customer tied to a wedding is enough`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let customer = try #require(
                ExternalReference(provider: name("stripe"), kind: name("customer"), objectID: "cus_7")
            )
            let today = try wedding(on: "2026-03-01")
            try await station.weddings.commit([
                .create(today), .tie(customer, WeddingLink(wedding: today.id)),
            ])
            _ = await station.receive(body("e1", customer: "cus_7"))
            _ = await station.receive(body("e2", customer: "cus_8"))
            #expect(try await ranks(station) == ["critical", "normal"])
        }
    }

    @Test func `a vendor's source cannot make its events part of a wedding that it does not work`()
        async throws
    {
        try await withStation { station in
            try await station.addSource { $0.vendor = name("anna") }
            try await station.addDestination()
            try await station.weddings.commit([
                .createVendor(try Vendor(name: name("anna"), title: "Anna")),
                .create(try wedding("hers", on: "2026-03-01", vendors: ["anna"])),
                .create(try wedding("other", on: "2026-03-01")),
            ])
            _ = await station.receive(body("e1", wedding: "other"))
            _ = await station.receive(body("e2", wedding: "hers"))
            #expect(try await ranks(station) == ["normal", "critical"])
            let owners = try await station.queries.events(EventFilter(), limit: 10).elements.map(\.owner)
            #expect(owners.map(\.vendor?.text) == ["anna", "anna"])
        }
    }

    @Test func `what waits is ranked anew when a phase turns, its lane too`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.weddings.commit([.create(try wedding(on: "2026-03-02"))])
            _ = await station.receive(body("e0"))
            _ = await station.receive(body("e1", wedding: "w1"))
            // The eve.
            #expect(try await ranks(station) == ["normal", "high"])
            _ = await station.reranker.rankDue()
            station.clock.advance(by: .seconds(86_399))
            _ = await station.reranker.rankDue()
            #expect(try await ranks(station) == ["normal", "high"])
            station.clock.advance(by: .seconds(1))
            _ = await station.reranker.rankDue()
            #expect(try await ranks(station) == ["normal", "critical"])
            #expect(try await laneRanks(station) == [2, 0])
            station.clock.advance(by: .seconds(100_800))
            _ = await station.reranker.rankDue()
            #expect(try await ranks(station) == ["normal", "normal"])
            #expect(try await laneRanks(station) == [2, 2])
        }
    }

    @Test func `what waits is ranked anew when the date moves, and when the wedding goes`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let planned = try wedding()
            try await station.weddings.commit([.create(planned)])
            _ = await station.receive(body("e1", wedding: "w1"))
            #expect(try await ranks(station) == ["normal"])
            try await station.weddings.commit([.update(try wedding(on: "2026-03-01"))])
            _ = await station.reranker.rankDue()
            #expect(try await ranks(station) == ["critical"])
            try await station.weddings.commit([.remove(planned.id, keepingEvents: true)])
            _ = await station.reranker.rankDue()
            #expect(try await ranks(station) == ["normal"])
        }
    }

    @Test func `a lane keeps the rank of what else waits in it`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let today = try wedding(on: "2026-03-01")
            try await station.weddings.commit([.create(today)])
            _ = await station.receive(body("e1", object: "same"))
            _ = await station.receive(body("e2", wedding: "w1", object: "same"))
            #expect(try await laneRanks(station) == [0])
            try await station.weddings.commit([.remove(today.id, keepingEvents: true)])
            _ = await station.reranker.rankDue()
            #expect(try await laneRanks(station) == [2])
            #expect(try await station.claim(1).map(\.provided) == ["e1"])
        }
    }

    @Test func `a wedding with more deliveries than a batch is ranked whole`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.weddings.commit([.create(try wedding())])
            let count = RankTable.batchRows + 1
            for number in 0..<count { _ = await station.receive(body("e\(number)", wedding: "w1")) }
            try await station.weddings.commit([.update(try wedding(on: "2026-03-01"))])
            _ = await station.reranker.rankDue()
            #expect(try await station.count("deliveries", "priority = 0") == Int64(count))
        }
    }

    @Test func `a retry that waits is hastened when the timeline moves towards it`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.weddings.commit([.create(try wedding(on: "2026-03-01"))])
            _ = await station.receive(body("e1", wedding: "w1"))
            let claimed = try #require(try await station.claim(1).first)
            try await station.finish(claimed, .retry(at: station.clock.now + .seconds(40_000)))
            let soon = station.clock.now + .seconds(4_000)
            try await station.weddings.commit([.update(try wedding(on: "2026-03-01", starts: [soon]))])
            _ = await station.reranker.rankDue()
            let due = try await station.rows("SELECT due_at FROM lanes").first?.instant(0)
            #expect(due == station.clock.now + .seconds(1_000))
        }
    }

    @Test(.onManualClock)
    func `a retry waits no longer than the timeline allows, whatever the destination asks for`()
        async throws
    {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let soon = station.clock.now + .seconds(4_000)
            try await station.weddings.commit([.create(try wedding(on: "2026-03-01", starts: [soon]))])
            station.upstream.answer { _ in .status(503, [("retry-after", "3600")]) }
            _ = await station.receive(body("e1", wedding: "w1"))
            try await station.delivering { await station.finishes.reach(1) }
            let due = try await station.rows("SELECT due_at FROM lanes").first?.instant(0)
            #expect(due == station.clock.now + .seconds(1_000))
        }
    }

    @Test func `the next look is when the next wedding turns`() async throws {
        var plan = RerankPlan()
        let w1 = try wedding(starts: [])
        let snapshot = WeddingSnapshot(weddings: [w1.id: w1], vendors: [:], references: [:])
        let before = w1.clock.day - .seconds(100)
        #expect(plan.look(snapshot, changed: [], now: before) == .init(weddings: [], wait: .seconds(100)))
        let turned = plan.look(snapshot, changed: [], now: w1.clock.day)
        #expect(turned == .init(weddings: [w1.id], wait: RerankPlan.settling))
        // Once more, for what was on its way into the store.
        let settled = plan.look(snapshot, changed: [], now: w1.clock.day + RerankPlan.settling)
        #expect(settled == .init(weddings: [w1.id], wait: RerankPlan.lookInterval))
        let quiet = plan.look(snapshot, changed: [], now: w1.clock.day + .seconds(60))
        #expect(quiet == .init(weddings: [], wait: RerankPlan.lookInterval))
        let over = plan.look(snapshot, changed: [], now: w1.clock.after + .seconds(7_200))
        #expect(over.weddings == [w1.id])
    }
}
