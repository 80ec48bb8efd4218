package import Domain
package import Providers

/// An operator's order to send a capability's calls to one integration.
package struct FailoverOrder: Hashable, Sendable {
    /// What it is about.
    package let capability: Capability
    /// Where the calls go.
    package let integration: Int64
    /// When it ends; nil until it is taken back.
    package let until: Instant?
    /// Why.
    package let reason: String
    /// Who gave it.
    package let by: String
    /// When it was given.
    package let since: Instant

    /// The longest reason, in bytes.
    package static let reasonBytesMax = 500

    /// Describes an order.
    package init(
        _ capability: Capability,
        to integration: Int64,
        until: Instant?,
        reason: String,
        by: String,
        since: Instant
    ) {
        self.capability = capability
        self.integration = integration
        self.until = until
        self.reason = reason
        self.by = by
        self.since = since
    }

    /// Whether it holds at `now`.
    package func isActive(_ now: Instant) -> Bool { until.map { now < $0 } ?? true }
}
