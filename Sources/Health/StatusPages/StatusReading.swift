package import Domain
package import Providers
package import Resilience

/// What a provider's status page says of the part that is used, and in which words.
///
/// A page that cannot be understood says nothing: health is never read from the absence of bad news alone where the
/// form has words for good news.
package struct StatusReading: Hashable, Sendable {
    /// The longest text that is kept, in characters.
    static let textMax = 300

    /// What it says.
    package let level: StatusPageStatement
    /// In the page's own words; empty when it has none.
    package let text: String

    /// A page that says nothing.
    package static let unreadable = StatusReading(.unreadable)

    /// Collects the parts; a long text is cut.
    package init(_ level: StatusPageStatement, _ text: String = "") {
        self.level = level
        self.text = String(text.prefix(Self.textMax))
    }

    /// Reads a page.
    ///
    /// - Parameters:
    ///   - bytes: what the page answered.
    ///   - format: its form.
    ///   - provider: whose part of it counts.
    ///   - region: where the integration's account is, for pages that speak of regions; nil counts every region.
    ///   - now: what is older than a day on an Atom page does not count any more.
    package init(
        _ bytes: [UInt8],
        format: StatusPage.Format,
        provider: APIProvider,
        region: String? = nil,
        now: Instant
    ) {
        self =
            switch format {
            case .statuspage: Self.statuspage(bytes, parts: Self.parts(of: provider))
            case .stripe: Self.stripe(bytes)
            case .atom: Self.atom(bytes, now: now)
            case .googleIncidents: Self.googleIncidents(bytes)
            case .microsoftPosts: Self.microsoftPosts(bytes)
            case .apple: Self.apple(bytes)
            case .aws: Self.aws(bytes, region: region)
            }
    }

    /// The worst of several; nil for none.
    static func worst(_ readings: [StatusReading]) -> StatusReading? {
        readings.max { $0.level.weight < $1.level.weight }
    }

    /// Words in the names of a page's components that are about what Usher uses; none counts the whole page.
    private static func parts(of provider: APIProvider) -> [String] {
        switch provider {
        case .twilio: ["programmable messaging", "sms"]
        case .sendgrid: ["mail sending", "mail send", "v3 api", "web api"]
        case .zoom: ["zoom meetings", "meetings", "developer"]
        default: []
        }
    }
}

extension StatusPageStatement {
    /// How much it weighs beside others of one page.
    fileprivate var weight: Int {
        switch self {
        case .unreadable: 0
        case .operational: 1
        case .maintenance: 2
        case .degraded: 3
        case .outage: 4
        }
    }
}
