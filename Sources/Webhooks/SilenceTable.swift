import Domain
import Resilience
import Storage

/// The rows that hold what `SilenceDetector` has learned.
enum SilenceTable {
    /// What has changed of one source.
    struct Change: Sendable {
        let source: Int64
        let hours: [(index: Int, hour: SilenceDetector.Hour)]
        let lastEventAt: Instant?
        let expected: Double

        init(_ source: Int64, _ detector: inout SilenceDetector) {
            self.source = source
            hours = detector.takeChanges()
            lastEventAt = detector.lastEventAt
            expected = detector.expected
        }
    }

    static let migration = Migration(
        number: 420,
        name: "when sources usually send",
        statements: [
            Statement(
                sqlite: """
                    CREATE TABLE source_hours (
                        source_id INTEGER NOT NULL,
                        hour_of_week INTEGER NOT NULL,
                        week INTEGER NOT NULL,
                        events REAL NOT NULL,
                        hours REAL NOT NULL,
                        PRIMARY KEY (source_id, hour_of_week)
                    ) WITHOUT ROWID
                    """,
                postgres: """
                    CREATE TABLE source_hours (
                        source_id BIGINT NOT NULL,
                        hour_of_week BIGINT NOT NULL,
                        week BIGINT NOT NULL,
                        events DOUBLE PRECISION NOT NULL,
                        hours DOUBLE PRECISION NOT NULL,
                        PRIMARY KEY (source_id, hour_of_week)
                    )
                    """
            ),
            Statement(
                sqlite: """
                    CREATE TABLE source_silences (
                        source_id INTEGER PRIMARY KEY,
                        last_event_at INTEGER,
                        expected REAL NOT NULL
                    )
                    """,
                postgres: """
                    CREATE TABLE source_silences (
                        source_id BIGINT PRIMARY KEY,
                        last_event_at BIGINT,
                        expected DOUBLE PRECISION NOT NULL
                    )
                    """
            ),
        ]
    )

    private static let selectHours: Statement =
        "SELECT source_id, hour_of_week, week, events, hours FROM source_hours"
    private static let selectSilences: Statement =
        "SELECT source_id, last_event_at, expected FROM source_silences"
    private static let upsertHour: Statement = """
        INSERT INTO source_hours (source_id, hour_of_week, week, events, hours) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (source_id, hour_of_week) DO UPDATE SET
            week = excluded.week, events = excluded.events, hours = excluded.hours
        """
    private static let upsertSilence: Statement = """
        INSERT INTO source_silences (source_id, last_event_at, expected) VALUES ($1, $2, $3)
        ON CONFLICT (source_id) DO UPDATE SET last_event_at = excluded.last_event_at, expected = excluded.expected
        """

    static func load(_ transaction: Transaction) throws -> [Int64: SilenceDetector] {
        var hours: [Int64: [Int: SilenceDetector.Hour]] = [:]
        for row in try transaction.query(selectHours) {
            hours[try row.integer(0), default: [:]][Int(try row.integer(1))] = SilenceDetector.Hour(
                week: try row.integer(2),
                events: try row.real(3),
                hours: try row.real(4)
            )
        }
        var detectors: [Int64: SilenceDetector] = [:]
        for row in try transaction.query(selectSilences) {
            let source = try row.integer(0)
            detectors[source] = SilenceDetector(
                hours: hours[source] ?? [:],
                lastEventAt: try row.optionalInstant(1),
                expected: try row.real(2)
            )
        }
        return detectors
    }

    static func store(_ change: Change, _ transaction: Transaction) throws {
        for (index, hour) in change.hours {
            try transaction.execute(
                upsertHour,
                [
                    .integer(change.source), .integer(index), .integer(hour.week), .real(hour.events),
                    .real(hour.hours),
                ]
            )
        }
        try transaction.execute(
            upsertSilence,
            [
                .integer(change.source), change.lastEventAt.map { .instant($0) } ?? .null,
                .real(change.expected),
            ]
        )
    }
}
