package import Domain
package import Providers
package import Transport

/// An inbound webhook endpoint, ready to verify: its definition with the secrets opened.
package struct Source: Sendable {
    /// The row's number; events point at it, and it is never used again after a deletion.
    package let id: Int64
    /// What its owner said; secrets are not repeated here.
    package let definition: SourceDefinition
    /// Who may change it.
    package let owner: RegistryOwner
    /// The opened secrets, in order.
    package let secrets: [RegistrySecret]
    /// Verifies and reads its webhooks.
    package let dialect: WebhookDialect
    /// Finds the wedding and the vendor of its webhooks.
    package let correlation: CorrelationRules
    /// Where it may be sent to from; empty is everywhere.
    package let allowedRanges: [AddressRange]
    /// When it was made.
    package let createdAt: Instant
    /// When it was last changed.
    package let updatedAt: Instant

    /// The name in its URL.
    package var name: ResourceName { definition.name }

    /// Whether it takes webhooks from `client`; an address that is not known is in no range.
    package func isAllowed(_ client: IPAddress?) -> Bool {
        guard !allowedRanges.isEmpty else { return true }
        guard let client else { return false }
        return allowedRanges.contains { $0.contains(client) }
    }
}

/// Who owns a source or destination, and so who may change it.
package enum RegistryOwner: String, Sendable {
    /// `usher.yaml`: changed by `usher apply` and at start; the API answers 409.
    case file
    /// The API.
    case api
}

/// One stored secret of a source or destination.
package struct RegistrySecret: Sendable {
    /// The row's number: what an event remembers of the secret that matched.
    package let id: Int64
    /// The secret itself.
    package let secret: Secret
    /// When it was stored.
    package let createdAt: Instant
}
