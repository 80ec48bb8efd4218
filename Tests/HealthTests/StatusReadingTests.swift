import Domain
import Health
import Providers
import Resilience
import Testing

/// Samples in the forms that the providers' pages have.
struct StatusReadingTests {
    private static let now = Instant(seconds: 1_772_323_200)

    private func read(
        _ text: String,
        _ format: StatusPage.Format,
        _ provider: APIProvider = .stripe,
        region: String? = nil
    ) -> StatusReading {
        StatusReading(Array(text.utf8), format: format, provider: provider, region: region, now: Self.now)
    }

    @Test(arguments: [
        (
            #"{"status":{"indicator":"none","description":"All Systems Operational"}}"#,
            StatusPageStatement.operational
        ),
        (#"{"status":{"indicator":"minor","description":"Partially Degraded Service"}}"#, .degraded),
        (#"{"status":{"indicator":"critical","description":"Major Outage"}}"#, .outage),
        (#"{"status":{"indicator":"maintenance","description":"x"}}"#, .maintenance),
        (#"{"status":{"indicator":"purple"}}"#, .unreadable),
        ("<!doctype html><title>Status</title>", .unreadable),
        ("", .unreadable),
    ])
    func `a Statuspage is read by its indicator`(_ text: String, _ level: StatusPageStatement) {
        #expect(read(text, .statuspage, .square).level == level)
    }

    @Test func `the parts that are used count more than the whole page`() {
        let text = """
            {"status":{"indicator":"minor","description":"x"},"components":[
              {"name":"Voice","status":"major_outage"},
              {"name":"Programmable Messaging","status":"operational"}]}
            """
        #expect(read(text, .statuspage, .twilio).level == .operational)
        #expect(read(text, .statuspage, .square).level == .degraded)
        let down = text.replacingOperational()
        #expect(read(down, .statuspage, .twilio) == StatusReading(.outage, "Programmable Messaging"))
    }

    @Test(arguments: [
        (
            #"{"largestatus":"degraded","statuses":{"api":"up","dashboard":"degraded"}}"#,
            StatusPageStatement.operational
        ),
        (#"{"largestatus":"down","message":"m"}"#, .outage),
        (#"{"largestatus":"up","statuses":{"api":"down"}}"#, .outage),
        (#"{"message":"m"}"#, .unreadable),
    ])
    func `Stripe's page is read by the state of its API`(_ text: String, _ level: StatusPageStatement) {
        #expect(read(text, .stripe).level == level)
    }

    @Test func `an Atom page speaks by entries of the last day that are not over`() {
        func feed(_ title: String, _ updated: String) -> String {
            """
            <?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>PayPal</title>
            <entry><title>\(title)</title><updated>\(updated)</updated></entry></feed>
            """
        }
        #expect(read(feed("Checkout errors", "2026-02-28T20:00:00Z"), .atom).level == .degraded)
        #expect(read(feed("Resolved: Checkout errors", "2026-02-28T20:00:00Z"), .atom).level == .operational)
        #expect(read(feed("Checkout errors", "2026-02-20T20:00:00Z"), .atom).level == .operational)
        #expect(read(feed("Scheduled maintenance", "2026-02-28T20:00:00Z"), .atom).level == .maintenance)
        #expect(read("<html/>", .atom).level == .unreadable)
    }

    @Test func `Google's incidents count while they are open and about the calendar`() {
        func page(_ product: String, end: String) -> String {
            """
            [{"external_desc":"d","status_impact":"SERVICE_OUTAGE","end":\(end),
              "affected_products":[{"title":"\(product)"}]}]
            """
        }
        #expect(read(page("Google Calendar", end: "null"), .googleIncidents).level == .outage)
        #expect(read(page("Google Calendar", end: "\"2026-01-01\""), .googleIncidents).level == .operational)
        #expect(read(page("Gmail", end: "null"), .googleIncidents).level == .operational)
        #expect(read("{}", .googleIncidents).level == .unreadable)
    }

    @Test func `Microsoft's posts count for Outlook, and an unknown word is not good news`() {
        func page(_ service: String, _ status: String) -> String {
            #"[{"ServiceDisplayName":"\#(service)","Status":"\#(status)","Title":"t"}]"#
        }
        #expect(read(page("Outlook.com", "Operational"), .microsoftPosts).level == .operational)
        #expect(read(page("Outlook.com", "ServiceDegradation"), .microsoftPosts).level == .degraded)
        #expect(read(page("Outlook.com", "Splendid"), .microsoftPosts).level == .unreadable)
        #expect(read(page("OneDrive", "Operational"), .microsoftPosts).level == .unreadable)
    }

    @Test func `Apple's page is read inside its braces, for the calendar`() {
        func page(_ status: String) -> String {
            """
            jsonCallback({"services":[{"serviceName":"iCloud Calendar","events":[
              {"eventStatus":"\(status)","statusType":"Outage","message":"m"}]}]});
            """
        }
        #expect(read(page("ongoing"), .apple) == StatusReading(.outage, "m"))
        #expect(read(page("resolved"), .apple).level == .operational)
        #expect(read("jsonCallback()", .apple).level == .unreadable)
    }

    @Test(arguments: [true, false])
    func `AWS's events are read in either byte order, of the account's region`(_ isBig: Bool) {
        let text =
            #"[{"service":"s3-eu-west-1","status":"3","summary":"s"},{"service":"ec2-us-east-1","status":"3"}]"#
        var bytes: [UInt8] = isBig ? [0xFE, 0xFF] : [0xFF, 0xFE]
        for unit in text.utf16 {
            let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
            bytes += isBig ? [high, low] : [low, high]
        }
        func level(_ region: String?) -> StatusPageStatement {
            StatusReading(bytes, format: .aws, provider: .awsS3, region: region, now: Self.now).level
        }
        #expect(level("eu-west-1") == .outage && level(nil) == .outage)
        #expect(level("eu-central-1") == .operational)
        bytes.removeLast()
        #expect(level(nil) == .unreadable)
    }
}

extension String {
    fileprivate func replacingOperational() -> String {
        split(separator: "\"operational\"", omittingEmptySubsequences: false).joined(
            separator: "\"partial_outage\""
        )
    }
}
