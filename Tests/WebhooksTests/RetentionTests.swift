import Domain
import Registry
import Storage
import Synchronization
import Testing
import Transport
import UsherTesting
import Vault
import Webhooks

struct RetentionTests {
    private static let day = Duration.seconds(86_400)

    private func days(_ count: Int) -> Duration { .seconds(Int64(count) * 86_400) }

    private func body(_ id: EventID, _ station: Station) async throws -> [UInt8]? {
        let event = try #require(try await station.queries.event(id))
        return try await station.queries.body(of: event)
    }

    /// Delivers everything that waits.
    private func deliver(_ station: Station, _ destination: Int64) async throws {
        while true {
            let claimed = try await station.claim(destination)
            guard !claimed.isEmpty else { return }
            for delivery in claimed { try await station.finish(delivery, .delivered) }
        }
    }

    private func addSource(
        _ station: Station,
        _ text: String,
        bodies: Int,
        fields: Int
    ) async throws -> Source {
        try await station.addSource(text) {
            $0.retention = SourceRetention(bodiesDays: bodies, fieldsDays: fields)
        }
    }

    @Test(.onSQLiteAlone) func `a body is readable for its days, and then its key is gone`() async throws {
        try await withStation { station in
            _ = try await addSource(station, "shop", bodies: 2, fields: 400)
            let id = try await station.take("evt_1")
            // Received at 00:00, so its day is over after one day; then two whole days.
            station.clock.advance(by: days(3) - .microseconds(1))
            #expect(try await station.retention.pass() == Retention.Outcome.nothing)
            #expect(try await body(id, station) == stripeBody("evt_1"))
            station.clock.advance(by: .microseconds(1))
            // Before the pass has come by, nobody is shown it any more.
            #expect(try await body(id, station) == nil)
            let outcome = try await station.retention.pass()
            #expect(outcome.keys == 1 && outcome.tables == 1 && outcome.events == 0)
            #expect(try await station.count("data_keys", "scope LIKE 'source:%'") == 0)
            #expect(try await station.count("sqlite_master", "name LIKE 'event_bodies_%'") == 0)
            #expect(try await body(id, station) == nil)
            #expect(try await station.queries.event(id) != nil)
            #expect(try await station.retention.pass() == Retention.Outcome.nothing)
        }
    }

    @Test func `a key that was used a moment ago does not stay in memory`() async throws {
        try await withStation { station in
            let source = try await addSource(station, "shop", bodies: 1, fields: 400)
            let id = try await station.take("evt_1")
            #expect(try await body(id, station) != nil)
            let sealed = try await station.rows(
                "SELECT sealed FROM event_bodies_\(station.clock.now.dayNumber)"
            )
            station.clock.advance(by: days(2))
            try await station.retention.pass()
            // A copy of the sealed body, kept by whomever, opens no more.
            let context = SealContext(
                table: "events",
                column: "body",
                row: Array("\(source.id)/evt_1".utf8)
            )
            await #expect(throws: VaultError.unknownKey) {
                try await station.vault.openPayload(try sealed[0].blob(0), context)
            }
        }
    }

    @Test func `a day's table stays while one source keeps the day; the others' bodies are gone`()
        async throws
    {
        try await withStation { station in
            _ = try await addSource(station, "short", bodies: 1, fields: 400)
            _ = try await addSource(station, "long", bodies: 5, fields: 400)
            let short = try await station.take("evt_1", source: "short")
            let long = try await station.take("evt_1", source: "long")
            station.clock.advance(by: days(2))
            #expect(try await station.retention.pass().tables == 0)
            #expect(try await body(short, station) == nil)
            #expect(try await body(long, station) != nil)
            station.clock.advance(by: days(4))
            #expect(try await station.retention.pass().tables == 1)
            #expect(try await body(long, station) == nil)
        }
    }

    @Test func `fields go with deliveries and tries, and the key of the event stays for 90 days`()
        async throws
    {
        try await withStation { station in
            _ = try await addSource(station, "shop", bodies: 1, fields: 10)
            let app = try await station.addDestination()
            for index in 0..<250 { try await station.take("evt_\(index)", index % 2 == 0 ? "a.b" : "c.d") }
            try await deliver(station, app)
            station.clock.advance(by: days(11))
            let now = station.clock.now.microseconds
            let kept = try await station.take("evt_new")
            try await deliver(station, app)
            #expect(try await station.retention.pass().events == 250)
            for table in ["events", "deliveries"] { #expect(try await station.count(table) == 1) }
            #expect(try await station.queries.event(kept) != nil)
            #expect(try await station.count("event_keys") == 251)
            #expect(await station.receive(stripeBody("evt_7")).repeated != nil)
            station.clock.advance(by: days(80))
            try await station.retention.pass()
            #expect(try await station.count("event_keys", "received_at < \(now)") == 0)
            #expect(try await station.count("kept_event_keys") == 1)
            #expect(await station.receive(stripeBody("evt_7")).stored != nil)
        }
    }

    @Test(.onSQLiteAlone) func `an event with a delivery that waits is kept, and so is a replay of it`()
        async throws
    {
        try await withStation { station in
            _ = try await addSource(station, "shop", bodies: 1, fields: 1)
            let app = try await station.addDestination()
            let waiting = try await station.take("evt_1")
            station.clock.advance(by: days(3))
            #expect(try await station.retention.pass().events == 0)
            #expect(try await station.queries.event(waiting) != nil)
            try await deliver(station, app)
            _ = try await station.execute(
                """
                INSERT INTO deliveries (seq, event_seq, destination_id, lane, state, priority, deadline, created_at,
                    replay_id) VALUES (900, \(waiting.sequence), \(app), 1, 0, 1, 0, 0, x'00')
                """
            )
            #expect(try await station.retention.pass().events == 0)
            try await station.execute("UPDATE deliveries SET state = 1 WHERE seq = 900")
            #expect(try await station.retention.pass().events == 1)
            #expect(try await station.count("deliveries") == 0)
        }
    }

    @Test(.onSQLiteAlone) func `killed after any step, the next pass finishes what was begun`() async throws {
        for steps in 1...6 {
            try await temporaryDatabase(migrations: Station.migrations) { database in
                let world = Station.World()
                let station = try await Station.start(database, world)
                _ = try await addSource(station, "shop", bodies: 1, fields: 2)
                _ = try await addSource(station, "mail", bodies: 1, fields: 400)
                for index in 0..<205 { try await station.take("evt_\(index)") }
                let kept = try await station.take("evt_1", source: "mail")
                world.clock.advance(by: days(4))
                let first = try await station.retention.pass(stepsMax: steps)
                #expect(first.steps == steps)
                let restarted = try await Station.start(database, world)
                try await restarted.retention.pass()
                #expect(try await restarted.count("events") == 1)
                #expect(try await restarted.count("body_days") == 0)
                #expect(try await restarted.count("sqlite_master", "name LIKE 'event_bodies_%'") == 0)
                #expect(try await restarted.count("data_keys", "scope LIKE 'source:%'") == 0)
                #expect(try await body(kept, restarted) == nil)
                #expect(try await restarted.retention.pass() == Retention.Outcome.nothing)
            }
        }
    }

    @Test func `a delivery whose body is gone becomes a dead letter at once`() async throws {
        try await withStation { station in
            _ = try await addSource(station, "shop", bodies: 1, fields: 400)
            try await station.addDestination()
            _ = try await addSource(station, "long", bodies: 9, fields: 400)
            let gone = try await station.take("evt_1")
            try await station.take("evt_2", source: "long")
            station.clock.advance(by: days(2))
            try await station.retention.pass()
            try await station.delivering { await station.finishes.reach(2) }
            #expect(station.upstream.requests.count == 1)
            let event = try #require(try await station.queries.event(gone))
            let (delivery, tries) = try #require(try await station.queries.history(of: event).first)
            #expect(delivery.state == .dead && delivery.error == "payload_gone" && tries.count == 1)
        }
    }

    @Test func `a replay passes over events whose bodies are gone`() async throws {
        try await withStation { station in
            _ = try await addSource(station, "shop", bodies: 1, fields: 400)
            try await station.addDestination()
            try await station.take("evt_1")
            station.clock.advance(by: days(2))
            try await station.take("evt_2")
            let preview = try await station.replayer.preview(.events(EventFilter(), destinationID: nil))
            #expect(preview.matched == 1 && preview.deliveries == 1)
        }
    }

    @Test func `what a removed source has left is kept for the standard time`() async throws {
        try await withStation { station in
            let source = try await addSource(station, "shop", bodies: 1, fields: 1)
            let id = try await station.take("evt_1")
            try await station.registry.commit([.removeSource(source.name)], owner: .api)
            station.clock.advance(by: days(SourceRetention.standard.bodiesDays))
            #expect(try await station.retention.pass() == Retention.Outcome.nothing)
            #expect(try await body(id, station) != nil)
            station.clock.advance(by: days(1))
            #expect(try await station.retention.pass().keys == 1)
            station.clock.advance(by: days(SourceRetention.standard.fieldsDays))
            #expect(try await station.retention.pass().events == 1)
        }
    }

    @Test func `the service passes by at midnight, and reports what is kept`() async throws {
        try await withStation { station in
            _ = try await addSource(station, "shop", bodies: 1, fields: 400)
            let start = station.clock.now
            try await station.take("evt_1")
            var report = try #require(try await station.retention.report().first)
            #expect(report.oldestBodyDay == start.dayNumber && report.oldestEventAt == start)
            #expect(report.nextDropAt == start + days(2))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await station.retention.run() }
                await station.clock.waitForSleepers(1)
                while try await station.count("data_keys", "scope LIKE 'source:%'") > 0 {
                    await station.clock.waitForSleepers(1)
                    try #require(station.clock.now < start + days(3))
                    station.clock.advance(by: Retention.interval)
                    await Task.yield()
                }
                group.cancelAll()
            }
            #expect(station.clock.now >= start + days(2))
            report = try #require(try await station.retention.report().first)
            #expect(report.oldestBodyDay == nil && report.nextDropAt == nil && report.oldestEventAt == start)
        }
    }
}
