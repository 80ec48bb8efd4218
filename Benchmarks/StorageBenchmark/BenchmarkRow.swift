import Domain

/// A row like a stored event: 1.5 KB of body and six indexed columns, one of them random and unique.
struct BenchmarkRow: Sendable {
    let tenant: Int64
    let externalID: String
    let kind: String
    let received: Int64
    let state: Int64
    let body: [UInt8]

    static let schema = [
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY, tenant INTEGER NOT NULL, source TEXT NOT NULL, external_id TEXT NOT NULL,
            kind TEXT NOT NULL, received INTEGER NOT NULL, state INTEGER NOT NULL, body BLOB NOT NULL
        )
        """,
        "CREATE INDEX events_tenant ON events (tenant)",
        "CREATE INDEX events_source ON events (source)",
        "CREATE UNIQUE INDEX events_external_id ON events (external_id)",
        "CREATE INDEX events_kind ON events (kind)",
        "CREATE INDEX events_received ON events (received)",
        "CREATE INDEX events_state ON events (state)",
    ]

    /// One producer's rows, the same in every run.
    struct Source {
        private var random: SeededRandom
        private var sequence: Int64 = 0
        private let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1500)

        init(producer: Int) {
            random = SeededRandom(seed: UInt64(producer))
        }

        mutating func next() -> BenchmarkRow {
            sequence += 1
            return BenchmarkRow(
                tenant: sequence % 50,
                externalID: "evt_\(random.next())",
                kind: "kind.\(sequence % 40)",
                received: sequence,
                state: sequence % 4,
                body: body
            )
        }
    }
}
