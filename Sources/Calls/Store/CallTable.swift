import Domain
import Providers
import Storage

/// Reads and writes the rows of `calls`.
///
/// Its column `due_at` is by the clock that all nodes share; what these functions are told is by this node's own.
enum CallTable {
    private static let columns = """
        id, owner, operation, wedding_id, vendor_id, priority, deadline, is_async, state, due_at, epoch, input,
        target_integration_id, target_reference, content_id, integration_id, reference, reply, failure_kind,
        failure_code, failure_message, undoes, created_at, finished_at, is_fresh, answered_from, answered_at,
        keeps_raw
        """
    private static let insert = Statement(
        """
        INSERT INTO calls (id, owner, key_hash, body_hash, operation, wedding_id, vendor_id, priority, deadline,
            is_async, state, due_at, epoch, input, target_integration_id, target_reference, content_id, undoes, created_at,
            is_fresh, keeps_raw)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
        ON CONFLICT DO NOTHING
        """
    )
    private static let selectOne = Statement("SELECT \(columns) FROM calls WHERE id = $1")
    private static let selectByKey = Statement(
        "SELECT body_hash, \(columns) FROM calls WHERE owner = $1 AND key_hash = $2"
    )
    private static let claim = Statement(
        sqlite: """
            UPDATE calls SET due_at = $2, epoch = epoch + 1
            WHERE id IN (SELECT id FROM calls WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY priority, due_at LIMIT $3)
            RETURNING \(columns)
            """,
        postgres: """
            UPDATE calls SET due_at = $2, epoch = epoch + 1
            WHERE id IN (SELECT id FROM calls WHERE due_at IS NOT NULL AND due_at <= $1 ORDER BY priority, due_at LIMIT $3
                FOR UPDATE SKIP LOCKED)
            RETURNING \(columns)
            """
    )
    private static let reopen = Statement(
        """
        UPDATE calls SET due_at = $2, epoch = epoch + 1, state = 2 WHERE id = $1 AND state IN (2, 3)
        RETURNING \(columns)
        """
    )
    private static let nextDue = Statement("SELECT MIN(due_at) FROM calls WHERE due_at IS NOT NULL")
    private static let move = Statement(
        "UPDATE calls SET state = $3, due_at = $4 WHERE id = $1 AND epoch = $2"
    )
    private static let finish = Statement(
        """
        UPDATE calls SET state = $3, due_at = NULL, finished_at = $4, integration_id = $5, reference = $6, reply = $7,
            failure_kind = $8, failure_code = $9, failure_message = $10, answered_from = $11, answered_at = $12
        WHERE id = $1 AND epoch = $2
        """
    )
    private static let forgetKeys = Statement(
        "UPDATE calls SET key_hash = NULL WHERE key_hash IS NOT NULL AND id < $1 AND finished_at IS NOT NULL"
    )
    static let page = Statement(
        """
        SELECT \(columns) FROM calls
        WHERE (CAST($1 AS BIGINT) IS NULL OR state = $1) AND (CAST($2 AS TEXT) IS NULL OR operation LIKE $2)
            AND (CAST($3 AS TEXT) IS NULL OR wedding_id = $3) AND (CAST($4 AS TEXT) IS NULL OR vendor_id = $4)
            AND id < $5
        ORDER BY id DESC LIMIT $6
        """
    )
    private static let ended = Statement(
        """
        SELECT \(columns) FROM calls
        WHERE finished_at IS NOT NULL AND (finished_at, id) > ($1, $2) AND finished_at <= $3
        ORDER BY finished_at, id LIMIT $4
        """
    )
    private static let countOpen = Statement(
        "SELECT state, COUNT(*), MIN(created_at) FROM calls WHERE state < 4 GROUP BY state"
    )

    // Upper states are over: 4 is `succeeded`.
    private static let stored = Statement(
        """
        SELECT 1 FROM calls
        WHERE reference = $1 AND integration_id = $2 AND operation = 'storage.upload' AND state = 4
            AND (owner = $3 OR vendor_id = $4)
        LIMIT 1
        """
    )

    static func hasStored(
        _ key: String,
        at integration: Int64,
        owner: String,
        vendor: ResourceName,
        _ transaction: Transaction
    ) throws -> Bool {
        try transaction.first(
            stored,
            [.text(key), .integer(integration), .text(owner), .text(vendor.text)]
        ) != nil
    }

    private static let weddings = Statement(
        """
        SELECT DISTINCT wedding_id FROM calls
        WHERE id >= $1 AND id <= $2 AND operation LIKE $3 AND wedding_id IS NOT NULL ORDER BY wedding_id LIMIT $4
        """
    )

    /// The weddings with calls of a capability between two ids.
    static func weddings(
        of capability: Capability,
        from first: CallID,
        to last: CallID,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [WeddingID] {
        try transaction.query(
            weddings,
            [.blob(first.bytes), .blob(last.bytes), .text("\(capability).%"), .integer(limit)]
        ).compactMap { WeddingID(try $0.text(0)) }
    }

    /// Stores a call; false when its key, or what it undoes, is taken.
    static func insert(_ new: NewCall, _ transaction: Transaction) throws -> Bool {
        let call = new.call
        let due = try call.dueAt.map { try transaction.shared($0, local: call.createdAt) }
        return try transaction.execute(
            insert,
            [
                .blob(call.id.bytes), .text(call.owner), .optional(new.keyHash) { .blob($0) },
                .blob(new.bodyHash),
                .text(call.operation.rawValue), .optional(call.wedding) { .text($0.text) },
                .optional(call.vendor) { .text($0.text) }, .integer(call.priority.rawValue),
                .instant(call.deadline),
                .bool(call.isAsync), .integer(call.state.rawValue), .optional(due) { .instant($0) },
                .integer(call.epoch), .blob(call.input), .optional(call.target) { .integer($0.integration) },
                .optional(call.target?.reference) { .text($0) }, .optional(call.content) { .blob($0.bytes) },
                .optional(call.undoes) { .blob($0.bytes) }, .instant(call.createdAt), .bool(call.isFresh),
                .bool(call.keepsRaw),
            ]
        ) == 1
    }

    static func load(_ id: CallID, _ transaction: Transaction) throws -> StoredCall? {
        try transaction.first(selectOne, [.blob(id.bytes)]).map { try call($0, from: 0) }
    }

    /// The call that a caller's key belongs to, with the hash of what was asked for.
    static func find(
        owner: String,
        keyHash: [UInt8],
        _ transaction: Transaction
    ) throws -> (StoredCall, bodyHash: [UInt8])? {
        try transaction.first(selectByKey, [.text(owner), .blob(keyHash)]).map { row in
            (try call(row, from: 1), try row.blob(0))
        }
    }

    /// Takes on up to `limit` calls that are due, the most urgent first, until `lease`.
    static func claim(
        now: Instant,
        until lease: Instant,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [StoredCall] {
        try transaction.query(
            claim,
            [
                .instant(try transaction.sharedNow(local: now)),
                .instant(try transaction.shared(lease, local: now)), .integer(limit),
            ]
        ).map { row in
            var call = try call(row, from: 0)
            call.dueAt = lease
            return call
        }
    }

    /// Takes on a call that is in doubt or held; nil when it stands elsewhere.
    static func reopen(
        _ id: CallID,
        until lease: Instant,
        now: Instant,
        _ transaction: Transaction
    ) throws -> StoredCall? {
        let due = try transaction.shared(lease, local: now)
        guard let row = try transaction.first(reopen, [.blob(id.bytes), .instant(due)]) else { return nil }
        var call = try call(row, from: 0)
        call.dueAt = lease
        return call
    }

    /// How long until the next call is due, zero or less when one is; nil when none is open.
    static func nextDue(now: Instant, _ transaction: Transaction) throws -> Duration? {
        guard let due = try transaction.first(nextDue)?.optionalInstant(0) else { return nil }
        return due - (try transaction.sharedNow(local: now))
    }

    /// Moves a call on; false when somebody else has taken it on since.
    static func move(
        _ call: StoredCall,
        to state: CallState,
        dueAt: Instant?,
        now: Instant,
        _ transaction: Transaction
    ) throws -> Bool {
        let due = try dueAt.map { try transaction.shared($0, local: now) }
        return try transaction.execute(
            move,
            [
                .blob(call.id.bytes), .integer(call.epoch), .integer(state.rawValue),
                .optional(due) { .instant($0) },
            ]
        ) == 1
    }

    /// Ends a call as `call` says; false when somebody else has taken it on since.
    static func finish(_ call: StoredCall, _ transaction: Transaction) throws -> Bool {
        try transaction.execute(
            finish,
            [
                .blob(call.id.bytes), .integer(call.epoch), .integer(call.state.rawValue),
                .optional(call.finishedAt) { .instant($0) }, .optional(call.integration) { .integer($0) },
                .optional(call.reference) { .text($0) }, .optional(call.reply) { .blob($0) },
                .optional(call.failure) { .text($0.kind.rawValue) },
                .optional(call.failure) { .text($0.code) },
                .optional(call.failure) { .text($0.message) },
                .optional(call.answeredFrom) { .blob($0.bytes) },
                .optional(call.answeredAt) { .instant($0) },
            ]
        ) == 1
    }

    /// Forgets the callers' keys of calls that came before `oldest` and are over; gives how many.
    static func forgetKeys(before oldest: CallID, _ transaction: Transaction) throws -> Int {
        try transaction.execute(forgetKeys, [.blob(oldest.bytes)])
    }

    /// How many calls stand where, and since when the oldest does.
    static func countOpen(_ transaction: Transaction) throws -> [CallState: (count: Int, oldest: Instant)] {
        var counts: [CallState: (count: Int, oldest: Instant)] = [:]
        for row in try transaction.query(countOpen) {
            guard let state = CallState(rawValue: try row.integer(0)) else { continue }
            counts[state] = (Int(try row.integer(1)), try row.instant(2))
        }
        return counts
    }

    /// The calls that ended after a place and by `last`, in the order they ended.
    static func ended(
        after place: (Instant, CallID?),
        through last: Instant,
        limit: Int,
        _ transaction: Transaction
    ) throws -> [StoredCall] {
        try transaction.query(
            ended,
            [.instant(place.0), .blob(place.1?.bytes ?? []), .instant(last), .integer(limit)]
        ).map { try call($0, from: 0) }
    }

    /// Reads a row whose columns begin at `first`.
    static func call(_ row: Row, from first: Int) throws -> StoredCall {
        guard let id = CallID(bytes: try row.blob(first)),
            let operation = Operation(name: try row.text(first + 2)),
            let priority = Priority(rawValue: Int(try row.integer(first + 5))),
            let state = CallState(rawValue: try row.integer(first + 8))
        else { throw StorageError.corrupt("a call cannot be read") }
        let target = try row.optionalInteger(first + 12).map { integration in
            CallTarget(integration: integration, reference: try row.optionalText(first + 13))
        }
        return StoredCall(
            id: id,
            owner: try row.text(first + 1),
            operation: operation,
            wedding: try row.optionalText(first + 3).flatMap { WeddingID($0) },
            vendor: try row.optionalText(first + 4).flatMap { ResourceName($0) },
            priority: priority,
            deadline: try row.instant(first + 6),
            isAsync: try row.bool(first + 7),
            state: state,
            dueAt: try row.optionalInstant(first + 9),
            epoch: try row.integer(first + 10),
            input: try row.blob(first + 11),
            target: target,
            content: try row.optionalBlob(first + 14).flatMap { ContentID(bytes: $0) },
            integration: try row.optionalInteger(first + 15),
            reference: try row.optionalText(first + 16),
            reply: try row.optionalBlob(first + 17),
            failure: try failure(row, from: first + 18),
            undoes: try row.optionalBlob(first + 21).flatMap { CallAttemptID(bytes: $0) },
            isFresh: try row.bool(first + 24),
            keepsRaw: try row.bool(first + 27),
            answeredFrom: try row.optionalBlob(first + 25).flatMap { CallID(bytes: $0) },
            answeredAt: try row.optionalInstant(first + 26),
            createdAt: try row.instant(first + 22),
            finishedAt: try row.optionalInstant(first + 23)
        )
    }

    /// Reads kind, code and message.
    static func failure(_ row: Row, from first: Int) throws -> ProviderFailure? {
        guard let text = try row.optionalText(first), let kind = ProviderFailure.Kind(rawValue: text) else {
            return nil
        }
        return ProviderFailure(
            kind,
            code: try row.optionalText(first + 1) ?? "",
            message: try row.optionalText(first + 2) ?? ""
        )
    }
}
