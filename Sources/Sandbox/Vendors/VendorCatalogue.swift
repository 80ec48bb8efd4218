package import Providers

/// The vendors that can be played.
package enum VendorCatalogue {
    /// The vendor behind a provider's name, with the sandbox's credentials; nil when it cannot be played.
    package static func vendor(_ provider: APIProvider, settings: VendorSettings) -> (any VendorMachine)? {
        switch provider {
        case .stripe: StripeVendor(settings: settings)
        case .square: SquareVendor(settings: settings)
        case .googleCalendar: GoogleCalendarVendor()
        case .microsoftGraph: GraphVendor()
        case .appleCalendar: AppleCalendarVendor()
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

    /// Collects the parts.
    package init(webhookURL: String? = nil, webhookKeys: SigningKeys? = nil) {
        self.webhookURL = webhookURL
        self.webhookKeys = webhookKeys
    }
}
