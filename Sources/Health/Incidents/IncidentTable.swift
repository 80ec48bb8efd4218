import Domain
import Resilience
import Storage

/// Reads and writes the rows of `incidents` and `incident_entries`.
enum IncidentTable {
    static let migration = Migration(
        number: 600,
        name: "incidents",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE incidents (
                        id BLOB PRIMARY KEY NOT NULL,
                        subject_kind TEXT NOT NULL,
                        subject TEXT NOT NULL,
                        vendor_id TEXT,
                        state TEXT NOT NULL,
                        worst TEXT NOT NULL,
                        opened_at INTEGER NOT NULL,
                        closed_at INTEGER,
                        bad_at INTEGER NOT NULL,
                        summary TEXT NOT NULL,
                        impacts TEXT NOT NULL,
                        entries INTEGER NOT NULL
                    ) WITHOUT ROWID
                    """
            ),
            // One open incident for each subject, however many nodes see the same trouble.
            """
            CREATE UNIQUE INDEX incidents_open ON incidents (subject_kind, subject) WHERE closed_at IS NULL
            """,
            Statement(
                schema: """
                    CREATE TABLE incident_entries (
                        incident_id BLOB NOT NULL,
                        number INTEGER NOT NULL,
                        at INTEGER NOT NULL,
                        kind TEXT NOT NULL,
                        content TEXT NOT NULL,
                        PRIMARY KEY (incident_id, number)
                    ) WITHOUT ROWID
                    """
            ),
        ]
    )

    private static let columns = """
        id, subject_kind, subject, vendor_id, state, worst, opened_at, closed_at, summary, impacts
        """
    private static let insert = Statement(
        """
        INSERT INTO incidents (id, subject_kind, subject, vendor_id, state, worst, opened_at, bad_at, summary,
            impacts, entries)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, 0) ON CONFLICT DO NOTHING
        """
    )
    private static let selectOfID = Statement("SELECT \(columns) FROM incidents WHERE id = $1")
    private static let selectOpenOf = Statement(
        "SELECT \(columns) FROM incidents WHERE subject_kind = $1 AND subject = $2 AND closed_at IS NULL"
    )
    private static let selectOpen = Statement(
        "SELECT \(columns) FROM incidents WHERE closed_at IS NULL ORDER BY id LIMIT $1"
    )
    private static let selectPage = Statement(
        """
        SELECT \(columns) FROM incidents
        WHERE id < $1 AND ($2 = 0 OR closed_at IS NULL) AND (CAST($3 AS TEXT) IS NULL OR vendor_id = $3)
            AND (CAST($4 AS TEXT) IS NULL OR subject_kind = $4) AND (CAST($5 AS TEXT) IS NULL OR subject = $5)
            AND (closed_at IS NULL OR closed_at >= $6) AND opened_at < $7
        ORDER BY id DESC LIMIT $8
        """
    )
    private static let change = Statement(
        """
        UPDATE incidents SET state = $2, worst = $3, summary = $4, impacts = $5
        WHERE id = $1 AND closed_at IS NULL
        """
    )
    private static let touch = Statement(
        "UPDATE incidents SET bad_at = $2 WHERE id = $1 AND closed_at IS NULL AND bad_at < $2"
    )
    private static let close = Statement(
        """
        UPDATE incidents SET closed_at = $2, state = $3, summary = $4
        WHERE id = $1 AND closed_at IS NULL AND bad_at <= $5
        """
    )
    private static let count = Statement(
        "UPDATE incidents SET entries = entries + 1 WHERE id = $1 RETURNING entries"
    )
    private static let insertEntry = Statement(
        "INSERT INTO incident_entries (incident_id, number, at, kind, content) VALUES ($1, $2, $3, $4, $5)"
    )
    private static let selectEntries = Statement(
        "SELECT at, kind, content FROM incident_entries WHERE incident_id = $1 ORDER BY number LIMIT $2"
    )
    private static let removeEntries = Statement(
        """
        DELETE FROM incident_entries WHERE incident_id IN
            (SELECT id FROM incidents WHERE closed_at < $1 ORDER BY id LIMIT $2)
        """
    )
    private static let remove = Statement(
        """
        DELETE FROM incidents WHERE id IN
            (SELECT id FROM incidents WHERE closed_at < $1 ORDER BY id LIMIT $2)
        """
    )

    /// Greater than every id.
    private static let afterAll = [UInt8](repeating: 0xFF, count: 16)

    /// Stores an incident without its entries; false when its subject has an open one.
    static func insert(_ incident: Incident, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(
            insert,
            [
                .blob(incident.id.bytes), .text(incident.subject.kind), .text(incident.subject.name),
                .optional(incident.vendor) { .text($0.text) }, .text(incident.state.rawValue),
                .text(incident.worst.rawValue), .instant(incident.openedAt), .text(incident.summary),
                .text(incident.impacts.stored),
            ]
        ) == 1
    }

    static func find(_ id: IncidentID, _ transaction: Transaction) throws -> Incident? {
        try transaction.first(selectOfID, [.blob(id.bytes)]).map { try incident($0) }
    }

    static func findOpen(_ subject: IncidentSubject, _ transaction: Transaction) throws -> Incident? {
        try transaction.first(selectOpenOf, [.text(subject.kind), .text(subject.name)]).map {
            try incident($0)
        }
    }

    static func open(_ transaction: Transaction, limit: Int) throws -> [Incident] {
        try transaction.query(selectOpen, [.integer(limit)]).map { try incident($0) }
    }

    static func page(
        _ filter: IncidentFilter,
        before: IncidentID?,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [Incident] {
        try transaction.query(
            selectPage,
            [
                .blob(before?.bytes ?? Self.afterAll), .bool(filter.isOpen),
                .optional(filter.vendor) { .text($0.text) }, .optional(filter.subject) { .text($0.kind) },
                .optional(filter.subject) { .text($0.name) }, .integer(filter.since?.microseconds ?? .min),
                .integer(filter.until?.microseconds ?? .max), .integer(limit),
            ]
        ).map { try incident($0) }
    }

    /// Stores how an open incident stands now; false when it is over.
    static func change(_ incident: Incident, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(
            change,
            [
                .blob(incident.id.bytes), .text(incident.state.rawValue), .text(incident.worst.rawValue),
                .text(incident.summary), .text(incident.impacts.stored),
            ]
        ) == 1
    }

    static func touch(_ id: IncidentID, _ now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(touch, [.blob(id.bytes), .instant(now)])
    }

    /// Ends an incident that nobody has seen bad since `quietSince`; false when it is over or somebody has.
    static func close(
        _ incident: Incident,
        at now: Instant,
        quietSince: Instant,
        _ transaction: Transaction
    ) throws -> Bool {
        try transaction.execute(
            close,
            [
                .blob(incident.id.bytes), .instant(now), .text(incident.state.rawValue),
                .text(incident.summary), .instant(quietSince),
            ]
        ) == 1
    }

    /// Adds a line; false when there is no such incident, or its record is full: then it is only counted.
    static func append(_ entry: IncidentEntry, to id: IncidentID, _ transaction: Transaction) throws -> Bool {
        guard let number = try transaction.first(count, [.blob(id.bytes)])?.integer(0),
            number <= Incident.entriesMax
        else { return false }
        try transaction.execute(
            insertEntry,
            [
                .blob(id.bytes), .integer(number), .instant(entry.at), .text(entry.kind.rawValue),
                .text(entry.text),
            ]
        )
        return true
    }

    static func entries(of id: IncidentID, _ transaction: Transaction) throws -> [IncidentEntry] {
        try transaction.query(selectEntries, [.blob(id.bytes), .integer(Incident.entriesMax)]).map { row in
            guard let kind = IncidentEntry.Kind(rawValue: try row.text(1)) else {
                throw StorageError.corrupt("an incident's entry cannot be read")
            }
            return IncidentEntry(at: try row.instant(0), kind: kind, text: try row.text(2))
        }
    }

    /// Removes what ended before `end`, at most `limit`; gives how many.
    static func remove(endedBefore end: Instant, limit: Int, _ transaction: Transaction) throws -> Int {
        try transaction.execute(removeEntries, [.instant(end), .integer(limit)])
        return try transaction.execute(remove, [.instant(end), .integer(limit)])
    }

    private static func incident(_ row: Row) throws -> Incident {
        guard let id = IncidentID(bytes: try row.blob(0)),
            let subject = IncidentSubject(kind: try row.text(1), name: try row.text(2)),
            let state = IntegrationHealth.State(rawValue: try row.text(4)),
            let worst = IntegrationHealth.State(rawValue: try row.text(5)),
            let impacts = [WeddingImpact](stored: try row.text(9))
        else { throw StorageError.corrupt("an incident cannot be read") }
        return Incident(
            id: id,
            subject: subject,
            vendor: try row.optionalText(3).flatMap { ResourceName($0) },
            state: state,
            worst: worst,
            openedAt: try row.instant(6),
            closedAt: try row.optionalInstant(7),
            summary: try row.text(8),
            impacts: impacts,
            entries: []
        )
    }
}
