package import Domain

/// A provider's own, non-secret settings of one source.
package enum WebhookSettings: Hashable, Sendable {
    case stripe(StripeSettings)
    case standardWebhooks(StandardWebhooksSettings)
    case generic(GenericSettings)

    /// Reads the settings of `provider`; `{}` gives its defaults, an unknown key is an error.
    package init(_ json: JSONValue, for provider: ProviderName) throws(ProviderError) {
        switch provider {
        case .stripe: self = .stripe(try StripeSettings(json))
        case .standardWebhooks: self = .standardWebhooks(try StandardWebhooksSettings(json))
        case .generic: self = .generic(try GenericSettings(json))
        }
    }

    /// The provider they belong to.
    package var provider: ProviderName {
        switch self {
        case .stripe: .stripe
        case .standardWebhooks: .standardWebhooks
        case .generic: .generic
        }
    }

    /// The settings as JSON; reading it again gives equal settings.
    package var json: JSONValue {
        switch self {
        case .stripe(let settings): settings.json
        case .standardWebhooks(let settings): settings.json
        case .generic(let settings): settings.json
        }
    }
}
