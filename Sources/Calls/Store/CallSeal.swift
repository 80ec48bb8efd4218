import Domain
import Vault

/// Seals what only a call's owner may read: its input, its reply, the progress of its attempts
/// and what providers sent.
struct CallSeal: Sendable {
    /// Whose payload keys they are.
    static let scope = "calls"

    let vault: Vault

    /// A column that is sealed.
    enum Column: String {
        case input
        case reply
        case progress
        case raw
    }

    /// Seals a value of the call or attempt with these bytes as its id; `now` chooses the day's key.
    func seal(_ value: JSONValue, _ column: Column, of row: [UInt8], now: Instant) async throws -> [UInt8] {
        let context = context(column, row)
        let bytes = value.serialized()
        if let key = vault.payloadKeyIfCached(scope: Self.scope, day: now.dayNumber) {
            do {
                return try key.seal(bytes, context)
            } catch VaultError.keyExhausted {
                // The next one is fetched below.
            }
        }
        return try await vault.payloadKey(scope: Self.scope, day: now.dayNumber).seal(bytes, context)
    }

    /// Opens a sealed value.
    func open(_ sealed: [UInt8], _ column: Column, of row: [UInt8]) async throws -> JSONValue {
        try JSONParser.parse(try await vault.openPayload(sealed, context(column, row)))
    }

    private func context(_ column: Column, _ row: [UInt8]) -> SealContext {
        SealContext(table: "calls", column: column.rawValue, row: row)
    }
}
