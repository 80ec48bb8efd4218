import Storage

/// Reads and writes the rows of `integration_tokens`.
enum TokenTable {
    private static let delete: Statement = "DELETE FROM integration_tokens WHERE integration_id = $1"

    /// Drops what an integration got with a credential that is not its own any more.
    static func forget(_ integration: Int64, _ transaction: Transaction) throws {
        try transaction.execute(delete, [.integer(integration)])
    }
}
