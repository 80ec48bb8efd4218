import Domain
import Storage

/// Reads and writes `alerts`, one for each incident somebody is told of, and `alert_notices`, what each channel is told.
enum AlertTable {
    static let migration = Migration(
        number: 660,
        name: "alerts",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE alerts (
                        id BLOB PRIMARY KEY NOT NULL,
                        incident_id BLOB NOT NULL,
                        subject_kind TEXT NOT NULL,
                        subject_name TEXT NOT NULL,
                        stage TEXT NOT NULL,
                        level TEXT NOT NULL,
                        told INTEGER NOT NULL,
                        reminders INTEGER NOT NULL,
                        told_at INTEGER,
                        summary TEXT NOT NULL,
                        meanings TEXT NOT NULL,
                        next_item_at INTEGER,
                        began_at INTEGER NOT NULL,
                        ended_at INTEGER,
                        taken_by TEXT
                    ) WITHOUT ROWID
                    """
            ),
            // One incident is told once, whoever sees it first.
            Statement(schema: "CREATE UNIQUE INDEX alerts_of_incident ON alerts (incident_id)"),
            Statement(schema: "CREATE INDEX alerts_live ON alerts (id) WHERE ended_at IS NULL"),
            Statement(
                schema: """
                    CREATE TABLE alert_notices (
                        seq INTEGER PRIMARY KEY AUTOINCREMENT,
                        alert_id BLOB NOT NULL,
                        channel TEXT NOT NULL,
                        step INTEGER NOT NULL,
                        occasion TEXT NOT NULL,
                        level TEXT NOT NULL,
                        since INTEGER NOT NULL,
                        state TEXT NOT NULL,
                        tries INTEGER NOT NULL,
                        due_at INTEGER,
                        lease_until INTEGER,
                        ended_at INTEGER,
                        error TEXT
                    )
                    """
            ),
            Statement(schema: "CREATE INDEX alert_notices_of_alert ON alert_notices (alert_id, seq)"),
            Statement(
                schema: "CREATE INDEX alert_notices_waiting ON alert_notices (seq) WHERE state = 'waiting'"
            ),
            Statement(
                schema: """
                    CREATE TABLE alert_silences (
                        id BLOB PRIMARY KEY NOT NULL,
                        subject_kind TEXT,
                        subject_name TEXT,
                        covers_critical INTEGER NOT NULL,
                        from_at INTEGER NOT NULL,
                        until_at INTEGER NOT NULL,
                        reason TEXT NOT NULL,
                        made_by TEXT NOT NULL
                    ) WITHOUT ROWID
                    """
            ),
        ]
    )

    private static let columns = """
        id, incident_id, subject_kind, subject_name, stage, level, told, reminders, told_at, summary, meanings,
        next_item_at, began_at, ended_at, taken_by
        """
    private static let upsert = Statement(
        """
        INSERT INTO alerts (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, level = excluded.level, told = excluded.told,
            reminders = excluded.reminders, told_at = excluded.told_at, summary = excluded.summary,
            meanings = excluded.meanings, next_item_at = excluded.next_item_at, ended_at = excluded.ended_at,
            taken_by = excluded.taken_by
        """
    )
    private static let selectLive = Statement(
        "SELECT \(columns) FROM alerts WHERE ended_at IS NULL ORDER BY id LIMIT $1"
    )
    private static let selectOne = Statement("SELECT \(columns) FROM alerts WHERE id = $1")
    private static let selectPage = Statement(
        "SELECT \(columns) FROM alerts WHERE id < $1 ORDER BY id DESC LIMIT $2"
    )

    static func save(_ alert: StoredAlert, _ transaction: Transaction) throws {
        let course = alert.course
        try transaction.execute(
            upsert,
            [
                .blob(alert.id.bytes), .blob(alert.incident.bytes), .text(alert.subject.kind),
                .text(alert.subject.name), .text(course.stage.rawValue), .text(course.level.rawValue),
                .integer(course.told), .integer(course.reminders), .optional(course.toldAt) { .instant($0) },
                .text(alert.summary), .text(alert.meanings.joined(separator: "\n")),
                .optional(alert.nextItemAt) { .instant($0) }, .instant(alert.beganAt),
                .optional(alert.endedAt) { .instant($0) }, .optional(alert.takenBy) { .text($0) },
            ]
        )
    }

    /// Alerts that are not over, oldest first.
    static func live(limit: Int, _ transaction: Transaction) throws -> [StoredAlert] {
        try transaction.query(selectLive, [.integer(limit)]).map(alert)
    }

    static func find(_ id: AlertID, _ transaction: Transaction) throws -> StoredAlert? {
        try transaction.first(selectOne, [.blob(id.bytes)]).map(alert)
    }

    /// Alerts, newest first, older than `before`.
    static func page(before: AlertID?, limit: Int, _ transaction: Transaction) throws -> [StoredAlert] {
        let bound = before?.bytes ?? [UInt8](repeating: 0xFF, count: 16)
        return try transaction.query(selectPage, [.blob(bound), .integer(limit)]).map(alert)
    }

    private static func alert(_ row: Row) throws -> StoredAlert {
        guard let id = AlertID(bytes: try row.blob(0)), let incident = IncidentID(bytes: try row.blob(1)),
            let subject = IncidentSubject(kind: try row.text(2), name: try row.text(3)),
            let stage = AlertCourse.Stage(rawValue: try row.text(4)),
            let level = AlertLevel(rawValue: try row.text(5))
        else { throw StorageError.corrupt("an alert cannot be read") }
        let meanings = try row.text(10)
        return StoredAlert(
            id: id,
            incident: incident,
            subject: subject,
            course: AlertCourse(
                stage: stage,
                level: level,
                told: Int(clamping: try row.integer(6)),
                reminders: Int(clamping: try row.integer(7)),
                toldAt: try row.optionalInstant(8)
            ),
            summary: try row.text(9),
            meanings: meanings.isEmpty ? [] : meanings.split(separator: "\n").map(String.init),
            nextItemAt: try row.optionalInstant(11),
            beganAt: try row.instant(12),
            endedAt: try row.optionalInstant(13),
            takenBy: try row.optionalText(14)
        )
    }
}
