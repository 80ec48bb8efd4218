/// A third party whose webhooks Usher understands, by the name used in `usher.yaml` and in the API.
package enum ProviderName: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case stripe
    case square
    case paypal
    /// Twilio's messages: those that come in, and what becomes of those that go out.
    case twilio
    /// SendGrid's Event Webhook.
    case sendgrid
    /// Zoom's meetings.
    case zoom
    /// Cloudinary's notifications.
    case cloudinary
    /// Amazon SNS topics over HTTPS, and what Amazon S3 publishes through them.
    case awsSNS = "aws-sns"
    /// Google Calendar's push channels.
    case googleCalendar = "google-calendar"
    /// Microsoft Graph's change notifications: Outlook calendars.
    case microsoftGraph = "microsoft-graph"
    /// Any sender that signs by the Standard Webhooks specification.
    case standardWebhooks = "standard-webhooks"
    /// Any other sender: HMAC, bearer token or HTTP Basic by settings.
    case generic

    /// Reads a name.
    package init(name: String) throws(ProviderError) {
        guard let match = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else {
            throw .unknownProvider(name)
        }
        self = match
    }

    package var description: String { rawValue }
}
