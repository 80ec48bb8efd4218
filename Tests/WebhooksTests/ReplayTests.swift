import Domain
import Registry
import Storage
import Testing
import UsherTesting
import Webhooks

struct ReplayTests {
    private func start(
        _ station: Station,
        _ subject: ReplayRequest.Subject
    ) async throws -> ReplayStatus {
        try await station.replayer.start(ReplayRequest(subject, requestedBy: "test"))
    }

    /// Stores `count` events and delivers them all.
    private func deliver(_ count: Int, _ station: Station) async throws -> [EventID] {
        var ids: [EventID] = []
        for index in 0..<count { ids.append(try await station.take("evt_\(index)")) }
        try await station.delivering { await station.finishes.reach(count) }
        return ids
    }

    @Test func `one event is delivered again, at once and at its own priority`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            let id = try await station.take("evt_1", "charge.failed")
            try await station.delivering { await station.finishes.reach(1) }
            let status = try await start(station, .event(id, destinationID: nil))
            #expect(status.matched == 1 && status.queued == 1 && status.progress == 1)
            #expect(status.finishedAt != nil)
            let again = try await station.claim(app)
            #expect(again.map(\.provided) == ["evt_1"] && again[0].priority == .high)
            #expect(again[0].event.id == id)
        }
    }

    @Test func `an event goes to those who want it now, or to the one that is named`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination("gone")
            let id = try await station.take("evt_1")
            try await station.delivering { await station.finishes.reach(1) }
            try await station.registry.commit([.removeDestination(name("gone"))], owner: .api)
            let new = try await station.addDestination("new")
            let other = try await station.addDestination("other") { $0.events = ["charge.*"] }
            #expect(try await start(station, .event(id, destinationID: nil)).queued == 1)
            #expect(try await station.claim(new, other).map(\.destinationID) == [new])
            #expect(try await start(station, .event(id, destinationID: other)).queued == 1)
            #expect(try await station.claim(new, other).map(\.destinationID) == [other])
        }
    }

    @Test func `a dry run counts what is then queued, and changes nothing`() async throws {
        try await withStation { station in
            let shop = try await station.addSource("shop")
            try await station.addSource("other")
            let app = try await station.addDestination()
            try await station.addDestination("second") { $0.events = ["charge.*"] }
            for index in 0..<6 {
                try await station.take("evt_\(index)", index % 2 == 0 ? "charge.failed" : "customer.created")
            }
            try await station.take("evt_0", "charge.failed", source: "other")
            let noon = station.clock.now + .seconds(1)
            station.clock.advance(by: .seconds(2))
            try await station.take("evt_late", "charge.failed")
            let before = try await station.count("deliveries")
            let filters: [(EventFilter, Int64?, Int, Int)] = [
                (EventFilter(), nil, 8, 13),
                (EventFilter(), app, 8, 8),
                (EventFilter(sourceID: shop.id), nil, 7, 11),
                (EventFilter(visibleSources: []), nil, 0, 0),
                (EventFilter(visibleSources: [shop.id]), nil, 7, 11),
                (EventFilter(type: EventPattern("charge.*")), nil, 5, 10),
                (EventFilter(type: EventPattern("customer.created")), nil, 3, 3),
                (EventFilter(since: noon), nil, 1, 2),
                (EventFilter(until: noon), app, 7, 7),
            ]
            for (filter, destination, matched, deliveries) in filters {
                let preview = try await station.replayer.preview(.events(filter, destinationID: destination))
                #expect(preview.matched == matched && preview.deliveries == deliveries, "\(filter)")
            }
            #expect(try await station.count("deliveries") == before)
            for (filter, destination, matched, deliveries) in filters {
                let status = try await start(station, .events(filter, destinationID: destination))
                #expect(status.matched == matched && status.queued == deliveries, "\(filter)")
            }
            #expect(try await station.count("deliveries", "replay_id IS NOT NULL AND priority = 3") == 65)
        }
    }

    @Test(.onManualClock) func `a replay cut in the middle goes on where it was and repeats nothing`()
        async throws
    {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.take("evt_0")
            // Twelve hundred events more: three steps.
            try await station.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
                INSERT INTO events SELECT i, source_id, secret_id, CAST(provider_event_id || i AS BLOB), type, priority, received_at,
                    occurred_at, lane + i, content_type, body_bytes, body_day, first_delivery, 0, 0, NULL, NULL, NULL, NULL
                FROM n, events WHERE seq = 1
                """
            )
            let status = try await start(station, .events(EventFilter(), destinationID: nil))
            #expect(status.matched == 500 && status.finishedAt == nil)
            #expect(abs(status.progress - 500.0 / 1_200) < 0.001)
            // Another process takes over; its run loop carries on to the end.
            var world = station.world
            world.seed = 2
            let restarted = try await Station.start(station.database, world)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await restarted.replayer.run() }
                while try await restarted.replayer.status(status.id)?.finishedAt == nil { await Task.yield() }
                group.cancelAll()
            }
            let end = try #require(try await restarted.replayer.status(status.id))
            #expect(end.matched == 1_200 && end.queued == 1_200 && end.progress == 1 && !end.isCancelled)
            let queued = try await station.rows(
                "SELECT COUNT(*), COUNT(DISTINCT event_seq) FROM deliveries WHERE replay_id IS NOT NULL"
            )
            #expect(try queued[0].integer(0) == 1_200 && queued[0].integer(1) == 1_200)
        }
    }

    @Test(.onManualClock) func `a cancelled replay queues nothing more`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            try await station.take("evt_0")
            try await station.execute(
                """
                WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
                INSERT INTO events SELECT i, source_id, secret_id, CAST(provider_event_id || i AS BLOB), type, priority, received_at,
                    occurred_at, lane + i, content_type, body_bytes, body_day, first_delivery, 0, 0, NULL, NULL, NULL, NULL
                FROM n, events WHERE seq = 1
                """
            )
            let started = try await start(station, .events(EventFilter(), destinationID: nil))
            let cancelled = try #require(try await station.replayer.cancel(started.id))
            #expect(cancelled.isCancelled && cancelled.finishedAt != nil && cancelled.queued == 500)
            let next = try await start(station, .events(EventFilter(visibleSources: []), destinationID: nil))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await station.replayer.run() }
                while try await station.replayer.status(next.id)?.finishedAt == nil { await Task.yield() }
                group.cancelAll()
            }
            #expect(try await station.replayer.status(started.id) == cancelled)
        }
    }

    @Test func `dead letters are queued anew, each once and to its own destination`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            let second = try await station.addDestination("second")
            for index in 0..<3 { try await station.take("evt_\(index)") }
            for claimed in try await station.claim(app, second) {
                try await station.finish(claimed, .dead("status_500"))
            }
            let toApp = ReplayRequest.Subject.deadLetters(DeliveryFilter(destinationID: app, state: .dead))
            #expect(try await station.replayer.preview(toApp).deliveries == 3)
            #expect(try await start(station, toApp).queued == 3)
            #expect(try await station.replayer.preview(toApp).deliveries == 0)
            #expect(try await start(station, toApp).queued == 0)
            #expect(try await station.claim(app, second).map(\.destinationID) == [app, app, app])
            #expect(try await station.count("deliveries", "state = 3") == 3)

            let letters = try await station.queries.deliveries(DeliveryFilter(state: .dead), limit: 10)
                .elements
            #expect(letters.map(\.destinationName) == ["second", "second", "second"])
            #expect(try await start(station, .deadLetter(letters[0].id)).queued == 1)
            #expect(try await start(station, .deadLetter(letters[0].id)).queued == 0)
            try await station.registry.commit([.removeDestination(name("second"))], owner: .api)
            #expect(try await start(station, .deadLetters(DeliveryFilter(state: .dead))).queued == 0)
        }
    }

    @Test func `a vendor's destination never gets another's events, not even when it is named`() async throws
    {
        try await withStation { station in
            try await station.addSource("anna-shop") { $0.vendor = name("anna") }
            try await station.addSource("ben-shop") { $0.vendor = name("ben") }
            try await station.addSource("shop")
            let anna = try await station.addDestination("anna") { $0.vendor = name("anna") }
            try await station.take("evt_1", source: "anna-shop")
            let other = try await station.take("evt_2", source: "ben-shop")
            try await station.take("evt_3", source: "shop")
            try await station.delivering { await station.finishes.reach(1) }
            #expect(try await start(station, .event(other, destinationID: anna)).queued == 0)
            #expect(try await start(station, .events(EventFilter(), destinationID: anna)).queued == 1)
            #expect(try await station.claim(anna).map(\.provided) == ["evt_1"])
        }
    }

    @Test func `replays are listed newest first`() async throws {
        try await withStation { station in
            var ids: [ReplayID] = []
            for _ in 0..<3 {
                ids.append(try await start(station, .events(EventFilter(), destinationID: nil)).id)
                station.clock.advance(by: .seconds(1))
            }
            #expect(try await station.replayer.list(before: nil, limit: 2).map(\.id) == [ids[2], ids[1]])
            #expect(try await station.replayer.list(before: ids[1], limit: 2).map(\.id) == [ids[0]])
            #expect(try await station.replayer.status(ReplayID(at: station.clock.now, sequence: 1)) == nil)
        }
    }
}
