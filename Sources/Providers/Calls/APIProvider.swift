/// A third party whose API Usher calls, by the name used in `usher.yaml` and in the API.
package enum APIProvider: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    case stripe
    case square
    case paypal
    case twilio
    case sendgrid
    case zoom
    case googleCalendar = "google-calendar"
    /// Outlook calendars, through Microsoft Graph.
    case microsoftGraph = "microsoft-graph"
    /// iCloud calendars, or any other CalDAV server.
    case appleCalendar = "apple-calendar"
    case openWeatherMap = "openweathermap"
    case weatherAPI = "weatherapi"
    case awsS3 = "aws-s3"
    case cloudinary

    /// Reads a name; nil when there is no such provider.
    package init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else {
            return nil
        }
        self = match
    }

    package var description: String { rawValue }
}
