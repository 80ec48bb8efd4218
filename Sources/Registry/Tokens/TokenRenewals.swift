package import Domain
package import Providers
package import Storage

/// When what lets integrations ask for tokens ends because nobody uses it.
///
/// A refresh token renews itself with every use; one that lies idle ends:
///
/// | provider | after |
/// |---|---|
/// | Microsoft Graph | 90 days |
/// | Google Calendar | 6 months, taken as 180 days |
/// | others | never, or nobody says |
///
/// Sources: Microsoft identity platform, "Refresh tokens in the Microsoft identity platform"; Google, "Using OAuth 2.0 to
/// access Google APIs", refresh token expiration.
package enum TokenRenewals {
    /// A token that was renewed within this time is in use, and renews itself again.
    package static let idleAfter = Duration.seconds(7 * 86_400)

    private static let select = Statement(
        "SELECT integration_id, issued_at FROM integration_tokens WHERE issued_at IS NOT NULL"
    )

    /// When each integration's tokens were renewed last, by its row's number.
    package static func last(_ transaction: Transaction) throws -> [Int64: Instant] {
        var found: [Int64: Instant] = [:]
        for row in try transaction.query(select) { found[try row.integer(0)] = try row.instant(1) }
        return found
    }

    /// When the consent behind it ends unless it is used before; nil while it is in use, and where it never ends.
    package static func endsAt(_ provider: APIProvider, renewedAt: Instant?, now: Instant) -> Instant? {
        guard let renewedAt, now - renewedAt > idleAfter else { return nil }
        switch provider {
        case .microsoftGraph: return renewedAt + .seconds(90 * 86_400)
        case .googleCalendar: return renewedAt + .seconds(180 * 86_400)
        default: return nil
        }
    }
}
