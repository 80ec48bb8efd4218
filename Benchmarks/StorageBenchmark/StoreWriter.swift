import Storage

/// The store itself, through a typed batch or a closure each.
enum StoreWriter {
    private static let insert: Statement = """
        INSERT INTO events (tenant, source, external_id, kind, received, state, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """

    private static let migration = Migration(
        number: 1,
        name: "events",
        statements: BenchmarkRow.schema.map { Statement($0) }
    )

    static func withBatches(_ path: String, _ body: (RowWriter) async throws -> Void) async throws {
        let kind = BatchKind<BenchmarkRow, Int>(name: "append", itemsMax: 512, waitingMax: 4096) {
            transaction,
            rows in
            for row in rows { try transaction.execute(insert, arguments(row)) }
            return Array(repeating: 0, count: rows.count)
        }
        try await withDatabase(path) { database in
            let lane = database.batch(kind)
            try await body(
                RowWriter(
                    insert: { _ = try await lane.submit($0) },
                    commits: { database.statistics().transactions }
                )
            )
        }
    }

    static func withClosures(_ path: String, _ body: (RowWriter) async throws -> Void) async throws {
        try await withDatabase(path) { database in
            try await body(
                RowWriter(
                    insert: { row in try await database.write { _ = try $0.execute(insert, arguments(row)) }
                    },
                    commits: { database.statistics().transactions }
                )
            )
        }
    }

    private static func withDatabase(
        _ path: String,
        _ body: (Database) async throws -> Void
    ) async throws {
        let configuration = DatabaseConfiguration(location: .sqlite(path: path))
        try await Database.withOpened(configuration, migrations: [migration], body)
    }

    private static func arguments(_ row: BenchmarkRow) -> [SQLValue] {
        [
            .integer(row.tenant), .text("stripe"), .text(row.externalID), .text(row.kind),
            .integer(row.received),
            .integer(row.state), .blob(row.body),
        ]
    }
}
