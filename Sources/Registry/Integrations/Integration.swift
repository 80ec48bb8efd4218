package import Domain
package import Providers

/// One account at a provider, ready to call with: its definition with the credential opened.
package struct Integration: Sendable {
    /// The row's number; calls point at it, and it is never used again after a deletion.
    package let id: Int64
    /// What its owner said; the credential is not repeated here.
    package let definition: IntegrationDefinition
    /// Who may change it.
    package let owner: RegistryOwner
    /// The opened values of the credential's fields, by name.
    package let credential: [String: Secret]
    /// What is known of its provider; nil when this build cannot call it.
    package let facts: ProviderFacts?
    /// Why and since when a person's consent is missing; nil while none is.
    package let consent: ConsentNeed?
    /// When it was made.
    package let createdAt: Instant
    /// When it was last changed.
    package let updatedAt: Instant

    /// The name it is known by.
    package var name: ResourceName { definition.name }

    /// Whose API it is.
    package var provider: APIProvider { definition.provider }

    /// Where the API is, without a slash at its end; empty when this build does not know the provider.
    package var baseURL: String {
        var text = (definition.baseURL ?? facts?.baseURL ?? "")[...]
        while text.utf8.last == UInt8(ascii: "/") { text = text.dropLast() }
        return String(text)
    }

    /// Whether it can do an operation, enabled or not.
    package func can(_ operation: Operation) -> Bool {
        facts?.operations.contains(operation) ?? false
    }

    /// Whether it can do anything of a capability, enabled or not.
    package func serves(_ capability: Capability) -> Bool {
        facts?.operations.contains { $0.capability == capability } ?? false
    }

    /// The account as dialects take it.
    ///
    /// - Parameter accessToken: what `TokenKeeper` gives; nil for providers without OAuth.
    package func account(accessToken: Secret? = nil) -> IntegrationAccount {
        IntegrationAccount(
            provider: provider,
            baseURL: baseURL,
            credential: credential,
            accessToken: accessToken
        )
    }

    /// The documented limits, each with this account's own amount where it has one.
    package var limits: [ProviderLimit] {
        (facts?.limits ?? []).map { limit in
            let own = definition.limits.first { $0.name.utf8.elementsEqual(limit.name.utf8) }
            return own.map { ProviderLimit(limit.name, $0.kind, operations: limit.operations) } ?? limit
        }
    }
}

/// A provider gives no more access tokens until a person consents again.
package struct ConsentNeed: Hashable, Sendable {
    /// Since when.
    package let since: Instant
    /// The provider's word for it, or `not_connected`.
    package let reason: String

    /// Describes a missing consent.
    package init(since: Instant, reason: String) {
        self.since = since
        self.reason = reason
    }
}
