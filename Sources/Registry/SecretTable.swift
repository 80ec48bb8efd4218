import Domain
import Storage
import Vault

/// The sealed secrets of sources and destinations.
///
/// Each is bound to its owner by the context it is sealed under: a row moved to another owner does not open.
struct SecretTable {
    /// Whose secrets: the name of the owner's table.
    let ownerTable: String
    let vault: Vault

    private static let select = Statement(
        """
        SELECT id, sealed, created_at FROM registry_secrets
        WHERE owner_table = $1 AND owner_id = $2 ORDER BY position
        """
    )
    private static let insert = Statement(
        """
        INSERT INTO registry_secrets (owner_table, owner_id, position, sealed, created_at)
        VALUES ($1, $2, $3, $4, $5)
        """
    )
    private static let move = Statement("UPDATE registry_secrets SET position = $2 WHERE id = $1")
    private static let remove = Statement("DELETE FROM registry_secrets WHERE id = $1")

    /// Opens the secrets of one owner, in order.
    func load(owner: Int64, _ transaction: Transaction) throws -> [RegistrySecret] {
        try transaction.query(Self.select, [.text(ownerTable), .integer(owner)]).map { row in
            RegistrySecret(
                id: try row.integer(0),
                secret: Secret(try vault.open(try row.blob(1), context(owner))),
                createdAt: try row.instant(2)
            )
        }
    }

    /// Makes `secrets` the owner's secrets; rows of secrets that stay keep their id and date.
    func replace(owner: Int64, with secrets: [Secret], now: Instant, _ transaction: Transaction) throws {
        var kept = try load(owner: owner, transaction)
        for (position, secret) in secrets.enumerated() {
            if let index = kept.firstIndex(where: { $0.secret.bytes == secret.bytes }) {
                let row = kept.remove(at: index)
                try transaction.execute(Self.move, [.integer(row.id), .integer(Int64(position))])
            } else {
                let sealed = try vault.seal(secret.bytes, context(owner))
                try transaction.execute(
                    Self.insert,
                    [
                        .text(ownerTable), .integer(owner), .integer(Int64(position)), .blob(sealed),
                        .integer(now.microseconds),
                    ]
                )
            }
        }
        for row in kept {
            try transaction.execute(Self.remove, [.integer(row.id)])
        }
    }

    private func context(_ owner: Int64) -> SealContext {
        SealContext(table: "registry_secrets", column: "sealed", row: Array("\(ownerTable)/\(owner)".utf8))
    }
}

extension Row {
    /// A floating-point column that may be NULL.
    func optionalReal(_ column: Int) throws -> Double? {
        self[column] == .null ? nil : try real(column)
    }
}
