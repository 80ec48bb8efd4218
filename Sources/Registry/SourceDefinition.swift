package import Domain

/// An inbound webhook endpoint as its owner describes it: what `usher.yaml` and the API say.
package struct SourceDefinition: Hashable, Sendable {
    /// The name in the URL `/api/integrations/webhooks/{source}`.
    package var name: ResourceName
    /// The provider whose dialect it speaks: `stripe`, `standard-webhooks`, `generic`.
    package var provider: String
    /// The provider's own settings and `correlation` (see `CorrelationRules`); `{}` for the defaults.
    package var settings: JSONValue
    /// Where the secrets come from, best first; any may match.
    package var secrets: [SecretReference]
    /// Whether webhooks are taken in; a disabled source answers 404.
    package var enabled: Bool
    /// The largest body in bytes, 1 KiB to 10 MiB.
    package var bodyBytesMax: Int
    /// The most webhooks a second, with a burst of the same size; nil is no limit.
    package var ratePerSecond: Double?
    /// The vendor it belongs to; nil is the platform.
    package var vendor: ResourceName?
    /// The ranges of addresses it may be sent to from, as `AddressRange` reads them; empty is everywhere.
    package var allowFrom: [String]
    /// How long what it has sent is kept.
    package var retention: SourceRetention

    /// The settings that the provider's dialect knows: all but `correlation`.
    package var providerSettings: JSONValue { dialectSettings(settings) }

    /// The default of `bodyBytesMax`: 1 MiB.
    package static let bodyBytesDefault = 1_048_576
    /// The range of `bodyBytesMax`.
    package static let bodyBytesRange = 1_024...10_485_760
    /// The most secrets a source may have.
    package static let secretsMax = 8
    /// The most ranges in `allowFrom`.
    package static let rangesMax = 64

    /// Makes a definition; only name and provider have no default.
    package init(
        name: ResourceName,
        provider: String,
        settings: JSONValue = .object([]),
        secrets: [SecretReference] = [],
        enabled: Bool = true,
        bodyBytesMax: Int = SourceDefinition.bodyBytesDefault,
        ratePerSecond: Double? = nil,
        vendor: ResourceName? = nil,
        allowFrom: [String] = [],
        retention: SourceRetention = .standard
    ) {
        self.name = name
        self.provider = provider
        self.settings = settings
        self.secrets = secrets
        self.enabled = enabled
        self.bodyBytesMax = bodyBytesMax
        self.ratePerSecond = ratePerSecond
        self.vendor = vendor
        self.allowFrom = allowFrom
        self.retention = retention
    }
}
