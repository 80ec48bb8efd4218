package import Domain
import Storage

/// Names a silence.
package enum AlertSilenceKind: IdentifierKind {
    package static let prefix = "sil"
}
/// The id of a silence.
package typealias AlertSilenceID = Identifier<AlertSilenceKind>

/// One silence as it is stored.
package struct StoredSilence: Hashable, Sendable {
    /// Its id.
    package let id: AlertSilenceID
    /// What it keeps back.
    package let silence: AlertSilence
    /// Why.
    package let reason: String
    /// Who made it: an API key.
    package let by: String
}

/// Reads and writes the rows of `alert_silences`.
enum AlertSilenceTable {
    private static let columns =
        "id, subject_kind, subject_name, covers_critical, from_at, until_at, reason, made_by"
    private static let insert = Statement(
        "INSERT INTO alert_silences (\(columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    )
    private static let selectOpen = Statement(
        "SELECT \(columns) FROM alert_silences WHERE until_at > $1 ORDER BY id LIMIT $2"
    )
    private static let end = Statement("DELETE FROM alert_silences WHERE id = $1")
    private static let removeOld = Statement("DELETE FROM alert_silences WHERE until_at <= $1")

    static func insert(_ stored: StoredSilence, _ transaction: Transaction) throws {
        let silence = stored.silence
        try transaction.execute(
            insert,
            [
                .blob(stored.id.bytes), .optional(silence.subject) { .text($0.kind) },
                .optional(silence.subject) { .text($0.name) }, .bool(silence.coversCritical),
                .instant(silence.from), .instant(silence.until), .text(stored.reason), .text(stored.by),
            ]
        )
    }

    /// Those that are not over.
    static func open(now: Instant, _ transaction: Transaction) throws -> [StoredSilence] {
        try transaction.query(selectOpen, [.instant(now), .integer(AlertSilence.countMax)]).map { row in
            let kind = try row.optionalText(1)
            let name = try row.optionalText(2)
            let subject = kind.flatMap { kind in name.flatMap { IncidentSubject(kind: kind, name: $0) } }
            guard let id = AlertSilenceID(bytes: try row.blob(0)), (kind == nil) == (subject == nil),
                let silence = AlertSilence(
                    subject: subject,
                    coversCritical: try row.bool(3),
                    from: try row.instant(4),
                    until: try row.instant(5)
                )
            else { throw StorageError.corrupt("a silence cannot be read") }
            return StoredSilence(id: id, silence: silence, reason: try row.text(6), by: try row.text(7))
        }
    }

    /// Ends one; false when there is none.
    static func end(_ id: AlertSilenceID, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(end, [.blob(id.bytes)]) == 1
    }

    static func removeOld(now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(removeOld, [.instant(now)])
    }
}
