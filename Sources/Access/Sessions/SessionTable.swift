import Domain
import Storage

/// The rows of sessions.
enum SessionTable {
    /// One row: found by the keyed hash of its token, good only with `mac`.
    struct StoredSession: Sendable {
        var hash: [UInt8]
        var keyID: APIKeyID
        var mac: [UInt8]
        var beganAt: Instant
        var usedAt: Instant
    }

    static func find(_ transaction: Transaction, hash: [UInt8]) throws -> StoredSession? {
        try transaction.first(select, [.blob(hash)]).map { row in
            guard let keyID = APIKeyID(bytes: try row.blob(1)) else {
                throw StorageError.unexpectedColumn("sessions: a key's id is not one")
            }
            return StoredSession(
                hash: try row.blob(0),
                keyID: keyID,
                mac: try row.blob(2),
                beganAt: try row.instant(3),
                usedAt: try row.instant(4)
            )
        }
    }

    static func insert(_ transaction: Transaction, _ session: StoredSession) throws {
        try transaction.execute(
            insert,
            [
                .blob(session.hash), .blob(session.keyID.bytes), .blob(session.mac),
                .instant(session.beganAt), .instant(session.usedAt),
            ]
        )
    }

    static func used(_ transaction: Transaction, hash: [UInt8], at now: Instant) throws {
        try transaction.execute(updateUse, [.blob(hash), .instant(now)])
    }

    static func remove(_ transaction: Transaction, hash: [UInt8]) throws {
        try transaction.execute(delete, [.blob(hash)])
    }

    /// Removes what is over: unused since `idleSince`, or begun before `begunBefore`.
    static func removeOver(_ transaction: Transaction, idleSince: Instant, begunBefore: Instant) throws {
        try transaction.execute(deleteOver, [.instant(idleSince), .instant(begunBefore)])
    }

    /// Removes the oldest sessions of a key, so that `count` are left at most.
    static func keepNewest(_ transaction: Transaction, of key: APIKeyID, count: Int) throws {
        try transaction.execute(deleteOldest, [.blob(key.bytes), .integer(count)])
    }

    private static let select: Statement =
        "SELECT hash, key_id, mac, began_at, used_at FROM sessions WHERE hash = $1"
    private static let insert: Statement =
        "INSERT INTO sessions (hash, key_id, mac, began_at, used_at) VALUES ($1, $2, $3, $4, $5)"
    private static let updateUse: Statement =
        "UPDATE sessions SET used_at = $2 WHERE hash = $1 AND used_at < $2"
    private static let delete: Statement = "DELETE FROM sessions WHERE hash = $1"
    private static let deleteOver: Statement =
        "DELETE FROM sessions WHERE used_at < $1 OR began_at < $2"
    private static let deleteOldest: Statement = """
        DELETE FROM sessions WHERE key_id = $1 AND hash NOT IN (
            SELECT hash FROM sessions WHERE key_id = $1 ORDER BY began_at DESC, hash LIMIT $2
        )
        """
}
