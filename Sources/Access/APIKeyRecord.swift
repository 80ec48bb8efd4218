package import Domain
import Storage
import Vault

/// What is known of an API key; never the key itself.
package struct APIKeyRecord: Hashable, Sendable {
    /// The key's public id.
    package let id: APIKeyID
    /// What a person calls it.
    package let label: APIKeyLabel
    /// Whose key it is.
    package let principal: AccessPrincipal
    /// What it may do.
    package let level: AccessLevel
    /// The key that made it; nil for the operator at the console.
    package let createdBy: APIKeyID?
    /// When it was made.
    package let createdAt: Instant
    /// From when on it is refused; nil for never.
    package let expiresAt: Instant?
    /// When it was revoked; nil when it was not.
    package var revokedAt: Instant?
    /// When it was last used, up to a minute late; nil for never.
    package let lastUsedAt: Instant?

    /// Whether it would be accepted at `now`.
    package func isLive(at now: Instant) -> Bool {
        revokedAt == nil && expiresAt.map { now < $0 } ?? true
    }

    /// The scope it gives.
    var scope: AccessScope { AccessScope(principal: principal, level: level, keyID: id) }

    /// What the stored keyed hash covers: the key's text and what it may do, so that raising the level, changing
    /// the principal or moving the end of a row gives a row that no key fits.
    ///
    /// `"usher/api-key/1" ‖ LP(text) ‖ LP(principal) ‖ LP(level) ‖ LP(expiry in microseconds as text, or nothing)`
    func macInput(_ text: APIKeyText) -> [UInt8] {
        var bytes = Array("usher/api-key/1".utf8)
        bytes.appendPrefixed(text.bytes)
        bytes.appendPrefixed(principal.description)
        bytes.appendPrefixed(level.rawValue)
        bytes.appendPrefixed(expiresAt.map { String($0.microseconds) } ?? "")
        return bytes
    }
}
