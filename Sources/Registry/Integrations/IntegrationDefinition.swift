package import Domain
package import Providers

/// One account at a provider, as its owner describes it: what `usher.yaml` and the API say.
package struct IntegrationDefinition: Hashable, Sendable {
    /// The name it is known by.
    package var name: ResourceName
    /// Whose API it is.
    package var provider: APIProvider
    /// Where the values of the credential's fields come from, by the names in `ProviderFacts.credential`.
    package var credential: [String: SecretReference]
    /// Where the API is; nil is the provider's own place.
    package var baseURL: String?
    /// Whether loopback and private addresses and plain `http` are allowed.
    package var allowPrivate: Bool
    /// The vendor it belongs to; nil is the platform, whose integrations alone stand in routes.
    package var vendor: ResourceName?
    /// Whether calls are made with it.
    package var enabled: Bool
    /// The provider's limits as they are for this account, where they differ from the documented ones; by name.
    package var limits: [IntegrationLimit]
    /// The provider's own settings; no provider has any so far, so `{}`.
    package var settings: JSONValue

    /// The longest value of a credential's field, in bytes.
    package static let fieldBytesMax = 16_384
    /// The most limits.
    package static let limitsMax = 16
    /// Names that no integration may have: their paths below `/api/integrations` are taken.
    package static let reservedNames: Set<String> = ["webhooks", "health-check"]

    /// Makes a definition; only name and provider have no default.
    package init(
        name: ResourceName,
        provider: APIProvider,
        credential: [String: SecretReference] = [:],
        baseURL: String? = nil,
        allowPrivate: Bool = false,
        vendor: ResourceName? = nil,
        enabled: Bool = true,
        limits: [IntegrationLimit] = [],
        settings: JSONValue = .object([])
    ) {
        self.name = name
        self.provider = provider
        self.credential = credential
        self.baseURL = baseURL
        self.allowPrivate = allowPrivate
        self.vendor = vendor
        self.enabled = enabled
        self.limits = limits
        self.settings = settings
    }

    /// The definition as it is compared and stored: without where its credential came from.
    package var withoutReferences: IntegrationDefinition {
        var definition = self
        definition.credential = [:]
        return definition
    }
}
