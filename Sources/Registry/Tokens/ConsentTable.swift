import Domain
import Providers
import Storage
import Vault

/// Reads and writes the rows of `pending_consents`: who was sent to a consent page and has not come back.
///
/// The state itself is not stored, only its keyed hash: whoever reads the table cannot end somebody's flow.
struct ConsentTable: Sendable {
    /// A flow that has begun.
    struct Pending: Sendable {
        let vendor: ResourceName
        /// The integration whose client asks.
        let integration: Int64
        let verifier: AuthorizationCode.Verifier
        let expiresAt: Instant
    }

    let vault: Vault

    private static let insert: Statement = """
        INSERT INTO pending_consents (state_hash, vendor, integration_id, verifier, expires_at)
        VALUES ($1, $2, $3, $4, $5)
        """
    private static let select: Statement =
        "SELECT vendor, integration_id, verifier, expires_at FROM pending_consents WHERE state_hash = $1"
    private static let delete: Statement = "DELETE FROM pending_consents WHERE state_hash = $1"
    private static let expire: Statement = "DELETE FROM pending_consents WHERE expires_at <= $1"
    private static let count: Statement = "SELECT COUNT(*) FROM pending_consents"

    func insert(_ pending: Pending, state: String, _ transaction: Transaction) throws {
        let hash = hash(state)
        try transaction.execute(
            Self.insert,
            [
                .blob(hash), .text(pending.vendor.text), .integer(pending.integration),
                .blob(try vault.seal(pending.verifier.secret.bytes, context(hash))),
                .instant(pending.expiresAt),
            ]
        )
    }

    /// Takes a flow out, so that it ends once; nil when there is none of this state, or it is over.
    func take(state: String, now: Instant, _ transaction: Transaction) throws -> Pending? {
        let hash = hash(state)
        guard let row = try transaction.first(Self.select, [.blob(hash)]) else { return nil }
        guard try transaction.execute(Self.delete, [.blob(hash)]) == 1 else { return nil }
        let verifier = Secret(try vault.open(try row.blob(2), context(hash)))
        guard let verifier = AuthorizationCode.Verifier(stored: verifier) else {
            throw StorageError.corrupt("the verifier of a consent is none")
        }
        let pending = Pending(
            vendor: try resourceName(try row.text(0)),
            integration: try row.integer(1),
            verifier: verifier,
            expiresAt: try row.instant(3)
        )
        return now < pending.expiresAt ? pending : nil
    }

    /// Drops what is over, and gives how many are left.
    func expire(now: Instant, _ transaction: Transaction) throws -> Int {
        try transaction.execute(Self.expire, [.instant(now)])
        return Int(try transaction.first(Self.count)?.integer(0) ?? 0)
    }

    private func hash(_ state: String) -> [UInt8] {
        vault.keyedHash(.blindIndex, Array("consent state ".utf8) + Array(state.utf8))
    }

    private func context(_ hash: [UInt8]) -> SealContext {
        SealContext(table: "pending_consents", column: "verifier", row: hash)
    }
}
