import Domain
import Health
import Providers
import Registry
import Resilience
import Testing

/// A wedding and the accounts it leans on, for tests; times are those of the clocks there.
struct WeddingDay {
    let wedding: Wedding

    init(
        _ id: String,
        title: String,
        date: String,
        zone: String,
        vendors: [String] = [],
        items: [(name: String, at: String)] = []
    ) throws {
        let rules = try #require(ZoneDirectory.system(zone))
        wedding = try Wedding(
            id: try #require(WeddingID(id)),
            title: title,
            date: try #require(CivilDate(date)),
            zone: rules,
            vendors: try vendors.map { VendorAssignment(vendor: try name($0), role: try name("venue")) },
            timeline: try items.enumerated().map { index, item in
                // An instant in UTC where the clocks show a time twice.
                let local = LocalTime(item.at).map(rules.instant)
                return try TimelineItem(
                    id: try #require(TimelineItemID("item-\(index)")),
                    name: item.name,
                    startsAt: try #require(local ?? Instant(item.at))
                )
            }
        )
    }

    /// What the clocks at the wedding show, or an instant in UTC.
    func instant(_ text: String) throws -> Instant {
        try #require(LocalTime(text).map(wedding.zone.instant) ?? Instant(text))
    }

    /// Garcia wedding, an afternoon and an evening in Berlin.
    static func garcia() throws -> WeddingDay {
        try WeddingDay(
            "w-garcia",
            title: "Garcia wedding",
            date: "2026-06-20",
            zone: "Europe/Berlin",
            vendors: ["fern"],
            items: [
                ("Ceremony", "2026-06-20T14:00"), ("Cake", "2026-06-20T16:00"),
                ("First dance", "2026-06-20T19:00"),
            ]
        )
    }

    /// A wedding in the night in which New York's clocks are set back from two to one.
    static func autumn() throws -> WeddingDay {
        try WeddingDay(
            "w-autumn",
            title: "Kim & Lou",
            date: "2026-10-31",
            zone: "America/New_York",
            items: [
                ("Vows", "2026-10-31T17:00"), ("Toast", "2026-11-01T05:30:00Z"),
                ("Last dance", "2026-11-01T06:30:00Z"), ("Brunch", "2026-11-01T11:00"),
            ]
        )
    }

    /// Where the date begins first, and where it begins last, on the same date.
    static func apia() throws -> WeddingDay {
        try WeddingDay("w-apia", title: "Tala & Sione", date: "2026-12-05", zone: "Pacific/Apia")
    }

    static func honolulu() throws -> WeddingDay {
        try WeddingDay("w-honolulu", title: "Leilani & Kai", date: "2026-12-05", zone: "Pacific/Honolulu")
    }
}

/// A name; fails the test when it is none.
func name(_ text: String) throws -> ResourceName { try #require(ResourceName(text)) }

/// The accounts of the scripted days, one of which may be in trouble.
///
/// | capability | route |
/// |---|---|
/// | payments | stripe, square |
/// | sms | twilio |
/// | email | sendgrid |
/// | calendar, by hand | google, outlook |
struct Accounts {
    static let titles = [
        "stripe": "Stripe", "square": "Square", "twilio": "Twilio", "sendgrid": "SendGrid",
        "google": "Google Calendar", "outlook": "Outlook",
    ]

    var states: [String: IntegrationHealth.State] = [:]

    func stop(_ text: String) throws -> ImpactScene.Stop {
        ImpactScene.Stop(try name(text), title: Self.titles[text], state: states[text] ?? .healthy)
    }

    func routes() throws -> [ImpactScene.Route] {
        [
            ImpactScene.Route(.payments, [try stop("stripe"), try stop("square")]),
            ImpactScene.Route(.sms, [try stop("twilio")]),
            ImpactScene.Route(.email, [try stop("sendgrid")]),
            ImpactScene.Route(.calendar, [try stop("google"), try stop("outlook")], isAutomatic: false),
        ]
    }

    /// What it means that one of them is in this state.
    func impacts(of subject: String, on weddings: [Wedding], at now: Instant) throws -> [WeddingImpact] {
        ImpactRule.impacts(
            of: .integration(try name(subject)),
            states[subject] ?? .healthy,
            in: ImpactScene(
                title: Self.titles[subject] ?? subject,
                routes: try routes(),
                weddings: weddings
            ),
            at: now
        )
    }
}

/// A table in a text: the cells of each row, without head and rule.
func rows(_ table: String) -> [[String]] {
    table.split(separator: "\n").dropFirst(2).map { line in
        line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
            .map { $0.trimmingPrefix(while: { $0 == " " }) }
            .map { cell in
                var text = String(cell)
                while text.last == " " { text.removeLast() }
                return text
            }
    }
}
