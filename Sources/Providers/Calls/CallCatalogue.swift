/// Every provider that can be called, with its dialect.
package enum CallCatalogue {
    /// How a provider is called; nil when this build does not know.
    package static func dialect(of provider: APIProvider) -> (any CallDialect)? {
        switch provider {
        case .stripe: StripeCalls()
        case .square: SquareCalls()
        case .paypal: PayPalCalls()
        case .twilio: TwilioCalls()
        case .sendgrid: SendGridCalls()
        case .zoom: ZoomCalls()
        case .openWeatherMap: OpenWeatherMapCalls()
        case .weatherAPI: WeatherAPICalls()
        case .googleCalendar: GoogleCalendarCalls()
        case .microsoftGraph: GraphCalls()
        case .appleCalendar: AppleCalendarCalls()
        case .awsS3: S3Calls()
        case .cloudinary: CloudinaryCalls()
        }
    }

    /// What is known of a provider; nil when this build does not know how to call it.
    package static func facts(of provider: APIProvider) -> ProviderFacts? {
        dialect(of: provider)?.facts
    }
}
