import Domain
import Registry
import Storage
import Testing
import UsherTesting
import Webhooks

/// The blind index of SQLite, whose blocks hold 2,048 numbers of events.
@Suite(.onSQLiteAlone) struct IdentifierBlockTests {
    private let blockEvents: Int64 = 2_048

    /// The next event gets this number.
    private func jump(to number: Int64, _ station: Station) async throws {
        try await station.execute(
            "UPDATE sequences SET value = $1 WHERE name = 'event'",
            [.integer(number - 1)]
        )
    }

    private func take(_ id: String, _ station: Station) async throws -> EventID {
        let body =
            #"{"id": "\#(id)", "type": "a.b", "data": {"object": {"id": "obj_\#(id)", "customer": "cus_1"}}}"#
        let reception = await station.receive(Array(body.utf8))
        return try #require(reception.stored, "\(reception)")
    }

    private func found(_ text: String, _ station: Station) async throws -> [EventID] {
        try await station.queries.search(text, EventFilter(), limit: 50).elements.map(\.id)
    }

    @Test func `an event is found on both sides of the end of a block`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await jump(to: blockEvents - 2, station)
            var events: [EventID] = []
            for number in 0..<4 {
                #expect((try await station.count("identifier_blocks") > 0) == (number >= 2))
                events.insert(try await take("evt_\(number)", station), at: 0)
                #expect(try await found("cus_1", station) == events)
                #expect(try await found("obj_evt_\(number)", station) == [events[0]])
            }
            let bytes = try await station.rows("SELECT SUM(length(entries)) FROM identifier_blocks")[0]
                .integer(0)
            // One hash of each of the two events in the packed block, and one of both.
            #expect(bytes == 20 + 20 + 22)
        }
    }

    @Test func `a number that no event keeps may be a block's last`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await jump(to: blockEvents - 2, station)
            let event = try await take("evt_1", station)
            #expect(try await station.count("identifier_blocks") == 0)
            let body = #"{"id": "evt_1", "type": "a.b", "data": {"object": {"customer": "cus_1"}}}"#
            #expect(await station.receive(Array(body.utf8)).stored == nil)
            #expect(try await station.count("identifier_blocks") > 0)
            #expect(try await found("cus_1", station) == [event])
        }
    }

    @Test func `what many blocks hold comes newest first, page by page`() async throws {
        try await withStation { station in
            try await station.addSource()
            var events: [EventID] = []
            for block in 0..<300 {
                try await jump(to: blockEvents * Int64(block) + blockEvents - 1, station)
                events.insert(try await take("evt_\(block)", station), at: 0)
            }
            #expect(try await station.rows("SELECT DISTINCT block FROM identifier_blocks").count == 300)
            var pages: [EventID] = []
            var next: Int64?
            repeat {
                let page = try await station.queries.search("cus_1", EventFilter(), next: next, limit: 7)
                pages += page.elements.map(\.id)
                next = page.next
            } while next != nil
            #expect(pages == events)
            #expect(try await found("obj_evt_0", station) == [try #require(events.last)])
        }
    }

    @Test func `retention drops what a block holds of an event, and the rows with the last`() async throws {
        try await withStation { station in
            try await station.addSource { $0.retention = SourceRetention(bodiesDays: 1, fieldsDays: 1) }
            try await jump(to: blockEvents - 2, station)
            _ = try await take("evt_1", station)
            station.clock.advance(by: .seconds(2 * 86_400))
            let second = try await take("evt_2", station)
            try await station.retention.pass()
            #expect(try await found("cus_1", station) == [second])
            let bytes = try await station.rows("SELECT SUM(length(entries)) FROM identifier_blocks")[0]
                .integer(0)
            #expect(bytes == 2 * 20)
            station.clock.advance(by: .seconds(3 * 86_400))
            try await station.retention.pass()
            #expect(try await station.count("identifier_blocks") == 0)
        }
    }

    @Test func `an older database's index is packed at the upgrade`() async throws {
        let step = 424
        try await temporaryLocation { location in
            let older = Station.migrations.filter { $0.number != step }
            try await Database.withOpened(location, migrations: older) { database in
                try await database.write { transaction in
                    for seq in [1, 2_047, 2_048] {
                        try transaction.execute(
                            """
                            INSERT INTO events (seq, source_id, provider_event_id, type, priority, received_at, lane,
                                body_bytes, body_day, first_delivery, delivery_count, identifiers)
                            VALUES ($1, 1, X'00', 'a', 0, 0, 0, 0, 0, 0, 0, zeroblob(16))
                            """,
                            [.integer(Int64(seq))]
                        )
                        try transaction.execute(
                            "INSERT INTO event_identifiers (event_seq, hash) VALUES ($1, zeroblob(16))",
                            [.integer(Int64(seq))]
                        )
                    }
                    try transaction.execute("UPDATE sequences SET value = 2048 WHERE name = 'event'")
                }
            }
            try await Database.withOpened(location, migrations: Station.migrations) { database in
                let rows = try await database.read { transaction in
                    try transaction.query("SELECT shard, block, hex(entries) FROM identifier_blocks")
                }
                #expect(rows.count == 1)
                let zeros = String(repeating: "0", count: 32)
                #expect(try rows.first?.integer(0) == 0 && rows.first?.integer(1) == 0)
                #expect(try rows.first?.text(2) == zeros + "0002" + "07FF" + "0001")
                let tables = try await database.read { transaction in
                    try transaction.query("SELECT 1 FROM sqlite_master WHERE name = 'event_identifiers'")
                }
                #expect(tables.isEmpty)
            }
        }
    }
}
