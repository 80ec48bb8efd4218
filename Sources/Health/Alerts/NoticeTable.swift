import Domain
import Storage

/// Reads and writes the rows of `alert_notices`.
enum NoticeTable {
    private static let columns = """
        seq, alert_id, channel, step, occasion, level, since, state, tries, due_at, ended_at, error
        """
    private static let insert = Statement(
        """
        INSERT INTO alert_notices (alert_id, channel, step, occasion, level, since, state, tries, ended_at, error)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)
        """
    )
    private static let selectWaiting = Statement(
        """
        SELECT \(columns) FROM alert_notices
        WHERE state = 'waiting' AND (due_at IS NULL OR due_at <= $1) AND (lease_until IS NULL OR lease_until <= $1)
        ORDER BY seq LIMIT $2
        """
    )
    private static let selectOf = Statement(
        "SELECT \(columns) FROM alert_notices WHERE alert_id = $1 ORDER BY seq LIMIT $2"
    )
    private static let claim = Statement(
        """
        UPDATE alert_notices SET lease_until = $3
        WHERE seq = $1 AND state = 'waiting' AND (lease_until IS NULL OR lease_until <= $2)
        """
    )
    private static let finish = Statement(
        """
        UPDATE alert_notices SET state = $2, tries = $3, due_at = $4, lease_until = NULL, ended_at = $5, error = $6
        WHERE seq = $1 AND state = 'waiting'
        """
    )
    private static let lastSent = Statement(
        "SELECT MAX(ended_at) FROM alert_notices WHERE channel = $1 AND state = 'sent' AND seq > $2"
    )
    private static let selectTold = Statement(
        "SELECT 1 FROM alert_notices WHERE alert_id = $1 AND channel = $2 AND state IN ('waiting', 'sent') LIMIT 1"
    )
    private static let countHopeful = Statement(
        """
        SELECT COUNT(*) FROM alert_notices
        WHERE alert_id = $1 AND step = $2 AND state IN ('waiting', 'sent', 'silenced')
        """
    )

    static func insert(
        _ alert: StoredAlert,
        _ channel: ResourceName,
        _ telling: AlertCourse.Telling,
        _ state: AlertNotice.State,
        now: Instant,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            insert,
            [
                .blob(alert.id.bytes), .text(channel.text), .integer(telling.step),
                .text(telling.occasion.rawValue), .text(alert.course.level.rawValue), .instant(now),
                .text(state.rawValue), .optional(state == .waiting ? nil : now) { .instant($0) }, .null,
            ]
        )
    }

    /// Those that wait, are due and are nobody's, oldest first.
    static func waiting(now: Instant, limit: Int, _ transaction: Transaction) throws -> [AlertNotice] {
        try transaction.query(selectWaiting, [.instant(now), .integer(limit)]).map(notice)
    }

    static func of(_ alert: AlertID, limit: Int, _ transaction: Transaction) throws -> [AlertNotice] {
        try transaction.query(selectOf, [.blob(alert.bytes), .integer(limit)]).map(notice)
    }

    /// Takes one on; false when somebody else has.
    static func claim(_ seq: Int64, now: Instant, lease: Instant, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(claim, [.integer(seq), .instant(now), .instant(lease)]) == 1
    }

    static func finish(
        _ notice: AlertNotice,
        _ state: AlertNotice.State,
        dueAt: Instant?,
        now: Instant,
        error: String?,
        _ transaction: Transaction
    ) throws {
        try transaction.execute(
            finish,
            [
                .integer(notice.seq), .text(state.rawValue),
                .integer(notice.tries + (state == .passed ? 0 : 1)),
                .optional(dueAt) { .instant($0) }, .optional(state == .waiting ? nil : now) { .instant($0) },
                .optional(error) { .text($0) },
            ]
        )
    }

    /// When a channel was told something last, among the latest `within` notices.
    static func lastSent(
        _ channel: ResourceName,
        newest: Int64,
        within: Int64,
        _ transaction: Transaction
    ) throws -> Instant? {
        try transaction.first(lastSent, [.text(channel.text), .integer(newest - within)])?.optionalInstant(0)
    }

    /// Whether a step of an alert was told, or still can be.
    static func isHopeful(_ alert: AlertID, step: Int, _ transaction: Transaction) throws -> Bool {
        try transaction.first(countHopeful, [.blob(alert.bytes), .integer(step)])?.integer(0) ?? 0 > 0
    }

    /// Whether a channel was told of an alert, or is about to be.
    static func isTold(_ channel: ResourceName, _ alert: AlertID, _ transaction: Transaction) throws -> Bool {
        try transaction.first(selectTold, [.blob(alert.bytes), .text(channel.text)]) != nil
    }

    private static func notice(_ row: Row) throws -> AlertNotice {
        guard let alert = AlertID(bytes: try row.blob(1)), let channel = ResourceName(try row.text(2)),
            let occasion = AlertCourse.Occasion(rawValue: try row.text(4)),
            let level = AlertLevel(rawValue: try row.text(5)),
            let state = AlertNotice.State(rawValue: try row.text(7))
        else { throw StorageError.corrupt("an alert's notice cannot be read") }
        return AlertNotice(
            seq: try row.integer(0),
            alert: alert,
            channel: channel,
            step: Int(clamping: try row.integer(3)),
            occasion: occasion,
            level: level,
            since: try row.instant(6),
            state: state,
            tries: Int(clamping: try row.integer(8)),
            dueAt: try row.optionalInstant(9),
            endedAt: try row.optionalInstant(10),
            error: try row.optionalText(11)
        )
    }
}
