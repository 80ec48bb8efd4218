import Calls
import Domain
import Logging
import Storage
import Testing
import UsherTesting
import Vault

struct ProxyJournalTests {
    private static let start = Instant(seconds: 1_772_323_200)

    private func withJournal(
        _ limits: ProxyJournal.Limits = .init(),
        _ body: (ProxyJournal, ManualTime, Database) async throws -> Void
    ) async throws {
        let time = ManualTime(now: Self.start)
        try await temporaryDatabase(migrations: Vault.migrations + CallTables.migrations) { database in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let journal = ProxyJournal(database: database, time: time.time, logger: logger, limits: limits)
            try await body(journal, time, database)
        }
    }

    private func record(
        _ number: Int,
        at instant: Instant = start,
        vendor: String? = nil,
        state: ProxyState = .answered,
        path: String = "/v1/x"
    ) -> ProxyRecord {
        ProxyRecord(
            id: ProxyCallID(milliseconds: UInt64(instant.milliseconds), UInt64(number), UInt64(number)),
            integration: Int64(number % 2),
            vendor: vendor.flatMap { ResourceName($0) },
            method: "POST",
            path: path,
            wedding: WeddingID("w1"),
            priority: .high,
            startedAt: instant,
            state: state,
            status: state == .answered ? 200 : nil,
            duration: state == .answered ? .milliseconds(12) : nil,
            bytesIn: 3,
            bytesOut: 5,
            error: state == .failed ? "connect_failed" : nil
        )
    }

    private func all(_ journal: ProxyJournal, _ filter: ProxyFilter = .init()) async throws -> [ProxyRecord] {
        try await journal.list(filter, before: nil, limit: 100)
    }

    @Test func `what was written down comes back as it was, by filter and page`() async throws {
        try await withJournal { journal, _, _ in
            let records = (0..<6).map {
                record($0, vendor: $0 < 2 ? "anna" : nil, state: $0 == 5 ? .failed : .answered)
            }
            for record in records { journal.end(record, isKnown: false) }
            #expect(try await all(journal).isEmpty)
            await journal.flush()
            let newestFirst = Array(records.reversed())
            #expect(try await all(journal) == newestFirst)
            #expect(try await all(journal, .init(integration: 1)).count == 3)
            #expect(try await all(journal, .init(state: .failed)) == [records[5]])
            #expect(try await all(journal, .init(vendor: ResourceName("anna"))).count == 2)
            let page = try await journal.list(.init(), before: records[3].id, limit: 2)
            #expect(page == [records[2], records[1]])
        }
    }

    @Test func `what is too much is dropped and counted, the ends of what is on record later`() async throws {
        var limits = ProxyJournal.Limits()
        limits.waitingMax = 3
        limits.endingsMax = 2
        try await withJournal(limits) { journal, _, _ in
            for number in 0..<5 { journal.end(record(number), isKnown: false) }
            #expect(journal.droppedCount == 2)
            for number in 5..<8 { journal.end(record(number), isKnown: true) }
            #expect(journal.droppedCount == 3)
            await journal.flush()
            let written = try await all(journal)
            #expect(written.count == 5)
            journal.end(record(9), isKnown: false)
            #expect(journal.droppedCount == 3)
        }
    }

    @Test func `an intent is there before its end, and unknown when its process is gone`() async throws {
        try await withJournal { journal, _, database in
            var ended = record(1, state: .sent)
            try await journal.begin(ended)
            try await journal.begin(record(2, state: .sent))
            #expect(try await all(journal, .init(state: .sent)).count == 2)
            (ended.state, ended.status, ended.duration) = (.answered, 201, .seconds(1))
            journal.end(ended, isKnown: true)
            await journal.flush()
            #expect(try await all(journal, .init(state: .answered)) == [ended])
            try await ProxyJournal.giveUpAll(database, now: Self.start + .seconds(1))
            let unknown = try await all(journal, .init(state: .unknown))
            #expect(unknown.map(\.error) == ["interrupted"] && unknown.map(\.status) == [nil])
            #expect(try await all(journal, .init(state: .sent)).isEmpty)
        }
    }

    @Test func `what never ended is given up in time, and what is old is dropped`() async throws {
        var limits = ProxyJournal.Limits()
        limits.sweptMax = 2
        try await withJournal(limits) { journal, _, _ in
            let old = Self.start - limits.keptFor - .seconds(1)
            for number in 0..<3 { try await journal.begin(record(number, at: old)) }
            try await journal.begin(record(7, at: Self.start - limits.openMax - .seconds(1), state: .sent))
            try await journal.begin(record(8, at: Self.start - limits.openMax + .seconds(1), state: .sent))
            journal.end(record(9), isKnown: false)
            journal.stop()
            await journal.run()  // Stopped before it began: it writes what waits, and sweeps nothing.
            #expect(try await all(journal).count == 6)
            await journal.sweep()
            let left = try await all(journal)
            #expect(left.map(\.state) == [.answered, .sent, .unknown, .answered])
            await journal.sweep()
            #expect(try await all(journal).count == 3)
        }
    }

    @Test func `a long path is cut`() {
        let long = record(1, path: "/" + String(repeating: "a", count: 600))
        #expect(long.path.utf8.count == ProxyRecord.pathBytesMax)
    }
}
