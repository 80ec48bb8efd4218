package import Domain

/// A provider's own, non-secret settings of one source.
package enum WebhookSettings: Hashable, Sendable {
    case stripe(StripeSettings)
    case square(NoSettings)
    case paypal(PayPalSettings)
    case twilio(NoSettings)
    case sendgrid(SendGridSettings)
    case zoom(ZoomSettings)
    case cloudinary(CloudinarySettings)
    case awsSNS(SNSSettings)
    case googleCalendar(GoogleCalendarSettings)
    case microsoftGraph(GraphSettings)
    case standardWebhooks(StandardWebhooksSettings)
    case generic(GenericSettings)

    /// Reads the settings of `provider`; `{}` gives its defaults, an unknown key is an error.
    package init(_ json: JSONValue, for provider: ProviderName) throws(ProviderError) {
        switch provider {
        case .stripe: self = .stripe(try StripeSettings(json))
        case .square: self = .square(try NoSettings(json))
        case .paypal: self = .paypal(try PayPalSettings(json))
        case .twilio: self = .twilio(try NoSettings(json))
        case .sendgrid: self = .sendgrid(try SendGridSettings(json))
        case .zoom: self = .zoom(try ZoomSettings(json))
        case .cloudinary: self = .cloudinary(try CloudinarySettings(json))
        case .awsSNS: self = .awsSNS(try SNSSettings(json))
        case .googleCalendar: self = .googleCalendar(try GoogleCalendarSettings(json))
        case .microsoftGraph: self = .microsoftGraph(try GraphSettings(json))
        case .standardWebhooks: self = .standardWebhooks(try StandardWebhooksSettings(json))
        case .generic: self = .generic(try GenericSettings(json))
        }
    }

    /// The provider they belong to.
    package var provider: ProviderName {
        switch self {
        case .stripe: .stripe
        case .square: .square
        case .paypal: .paypal
        case .twilio: .twilio
        case .sendgrid: .sendgrid
        case .zoom: .zoom
        case .cloudinary: .cloudinary
        case .awsSNS: .awsSNS
        case .googleCalendar: .googleCalendar
        case .microsoftGraph: .microsoftGraph
        case .standardWebhooks: .standardWebhooks
        case .generic: .generic
        }
    }

    /// The settings as JSON; reading it again gives equal settings.
    package var json: JSONValue {
        switch self {
        case .stripe(let settings): settings.json
        case .square(let settings), .twilio(let settings): settings.json
        case .paypal(let settings): settings.json
        case .sendgrid(let settings): settings.json
        case .zoom(let settings): settings.json
        case .cloudinary(let settings): settings.json
        case .awsSNS(let settings): settings.json
        case .googleCalendar(let settings): settings.json
        case .microsoftGraph(let settings): settings.json
        case .standardWebhooks(let settings): settings.json
        case .generic(let settings): settings.json
        }
    }
}

/// The settings of a provider that needs none: only `{}` may be written.
package struct NoSettings: Hashable, Sendable {
    /// Makes the only value.
    package init() {}

    init(_ json: JSONValue) throws(ProviderError) {
        _ = try SettingsReader(json, known: [])
    }

    var json: JSONValue { .object([]) }
}

/// How far ahead of now the signed time of a provider may lie that is given more room for the past.
let toleranceAhead = Duration.seconds(300)
