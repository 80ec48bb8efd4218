/// What a key of the keyring is for; the raw value is stored and sealed with it.
enum KeyPurpose: String, CaseIterable, Sendable {
    /// Seals secrets.
    case wrap
    /// Seals the data keys that seal payloads.
    case dataKeyWrap = "data-key-wrap"
    case apiKey = "api-key"
    case lane
    case blindIndex = "blind-index"
    case cursor
    case bodyMAC = "body-mac"
}

/// What a keyed hash is for: each purpose has its own key, so equal bytes hashed for two purposes cannot be
/// matched with each other.
package enum HashPurpose: CaseIterable, Sendable {
    /// The stored form of API keys (the pepper).
    case apiKey
    /// The stored form of ordering keys.
    case lane
    /// Finding sealed values by equality.
    case blindIndex
    /// Pagination cursors that callers cannot make or change.
    case cursor
    /// Telling whether two bodies are equal without keeping a plain hash of either.
    case bodyMAC

    var key: KeyPurpose {
        switch self {
        case .apiKey: .apiKey
        case .lane: .lane
        case .blindIndex: .blindIndex
        case .cursor: .cursor
        case .bodyMAC: .bodyMAC
        }
    }
}
