package import Providers

/// The vendors that can be played.
package enum VendorCatalogue {
    /// The vendor behind a provider's name, with the sandbox's credentials; nil when it cannot be played.
    package static func vendor(_ provider: APIProvider, settings: VendorSettings) -> (any VendorMachine)? {
        switch provider {
        case .twilio: TwilioVendor(settings: settings)
        case .sendgrid: SendGridVendor(settings: settings)
        case .zoom: ZoomVendor(settings: settings)
        case .openWeatherMap: OpenWeatherMapVendor()
        case .weatherAPI: WeatherAPIVendor()
        case .stripe: StripeVendor(settings: settings)
        case .square: SquareVendor(settings: settings)
        case .paypal: PayPalVendor(settings: settings)
        case .googleCalendar: GoogleCalendarVendor()
        case .microsoftGraph: GraphVendor()
        case .appleCalendar: AppleCalendarVendor()
        case .awsS3: S3Vendor()
        case .cloudinary: CloudinaryVendor()
        }
    }

    /// The sandbox's credential for a provider, by the names of its fields in `usher.yaml`.
    package static func credential(_ provider: APIProvider) -> [(field: String, value: String)] {
        switch provider {
        case .stripe: [("key", StripeVendor.secretKeyDefault)]
        case .square: [("token", SquareVendor.accessTokenDefault)]
        case .paypal:
            [
                ("client_id", PayPalVendor.clientIDDefault),
                ("client_secret", PayPalVendor.clientSecretDefault),
            ]
        case .twilio:
            [
                ("account", TwilioVendor.accountDefault), ("token", TwilioVendor.tokenDefault),
                ("from", "+15005550006"),
            ]
        case .sendgrid: [("key", SendGridVendor.keyDefault), ("from", "weddings@usher.example")]
        case .zoom:
            [
                ("account_id", ZoomVendor.accountDefault), ("client_id", ZoomVendor.clientDefault),
                ("client_secret", ZoomVendor.secretDefault), ("host", "host@usher.example"),
            ]
        case .openWeatherMap: [("key", OpenWeatherMapVendor.keyDefault)]
        case .weatherAPI: [("key", WeatherAPIVendor.keyDefault)]
        case .googleCalendar: oauth
        case .microsoftGraph: oauth + [("tenant", "common")]
        case .appleCalendar: [("user", AppleCalendarVendor.user), ("password", AppleCalendarVendor.password)]
        case .awsS3:
            [
                ("access_key_id", S3Vendor.accessKeyDefault), ("secret_key", S3Vendor.secretKeyDefault),
                ("region", S3Vendor.regionDefault), ("bucket", S3Vendor.bucketDefault),
            ]
        case .cloudinary:
            [
                ("cloud", CloudinaryVendor.cloudDefault), ("key", CloudinaryVendor.keyDefault),
                ("secret", CloudinaryVendor.secretDefault),
            ]
        }
    }

    private static var oauth: [(field: String, value: String)] {
        [
            ("client_id", VendorTokens.clientID), ("client_secret", VendorTokens.clientSecret),
            ("refresh_token", VendorTokens.refreshToken),
        ]
    }

    /// What a provider's webhooks are signed with here; nil where it takes a private key, or sends none.
    package static func webhookSecret(_ provider: APIProvider) -> String? {
        switch provider {
        case .stripe: "whsec_usher_sandbox_stripe"
        case .square: "usher-sandbox-square-signature-key"
        default: nil
        }
    }

    /// The providers that can be played, in the catalogue's order.
    package static var providers: [APIProvider] {
        APIProvider.allCases.filter { vendor($0, settings: VendorSettings()) != nil }
    }
}

/// Where a vendor sends its webhooks, and how it signs them.
package struct VendorSettings: Sendable {
    /// Where webhooks go; nil sends none.
    package var webhookURL: String?
    /// What webhooks are signed with.
    package var webhookKeys: SigningKeys?
    /// The id of the subscription that PayPal signs with.
    package var webhookID: String
    /// Whether PayPal's webhooks leave without a signature: for who reads them without checking it.
    package var sendsUnsigned = false

    /// Collects the parts.
    package init(
        webhookURL: String? = nil,
        webhookKeys: SigningKeys? = nil,
        webhookID: String = "8UU16274AB5938722"
    ) {
        self.webhookURL = webhookURL
        self.webhookKeys = webhookKeys
        self.webhookID = webhookID
    }
}
