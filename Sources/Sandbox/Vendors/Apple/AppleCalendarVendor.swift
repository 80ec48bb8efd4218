package import Domain
package import Providers
import Resilience

/// iCloud's calendars over CalDAV as they behave.
///
/// - One account with a calendar for events and one for reminders, found by principal and home.
/// - 401 carries two `WWW-Authenticate` fields, of which Basic is the first.
/// - A PUT answers without an ETag, and what is stored gets a line more than what was sent: only a GET tells.
/// - A UID stands under one name; a second name for it is 409 `no-uid-conflict`.
/// - More than five requests a second on average are 429 with `Retry-After`: the sandbox's own limit, for none is published.
///
/// Source: RFC 4791, RFC 6578; behaviour compared with Radicale 3.9.
package struct AppleCalendarVendor: VendorMachine {
    /// The account's user.
    package static let user = "sandbox@icloud.com"
    /// Its app-specific password.
    package static let password = "abcd-efgh-ijkl-mnop"
    /// The path of the calendar for events.
    package static let calendar = "/8675309/calendars/home/"
    /// The most objects that are remembered.
    package static let objectsMax = 20_000

    static let principal = "/8675309/principal/"
    static let home = "/8675309/calendars/"
    static let reminders = "/8675309/calendars/tasks/"

    package let provider = APIProvider.appleCalendar
    package var conditions = VendorConditions()
    var book = VendorLedger()
    var objects = BoundedRecord<AppleVendorObject>(countMax: objectsMax)
    /// Counts changes: a sync token is a place in that count.
    var changes = 0
    /// Sync tokens of an earlier round are gone.
    var syncRound = 0
    private var limiter = VendorLimiter(.tokenBucket(ratePerSecond: 5, burst: 50))

    /// Makes an account with empty calendars.
    package init() {}

    package var ledger: [LedgerEntry] { book.entries }

    /// Makes every sync token given so far invalid.
    package mutating func forgetSyncTokens() { syncRound += 1 }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        guard let basic = request.basic, sameText(basic.user, Self.user),
            sameText(basic.password, Self.password)
        else {
            let challenges = [
                ("www-authenticate", "Basic realm=\"MMCalDav\""),
                ("www-authenticate", "X-MobileMe-AuthToken realm=\"MMCalDav\""),
                ("x-apple-user-partition", "12"),
            ]
            return VendorAnswer(status: 401, headers: Headers(challenges))
        }
        if case .over(let wait) = limiter.take(now: now, share: conditions.limitShare) {
            let seconds = max(wait.components.seconds, 1)
            return VendorAnswer(status: 429, headers: Headers([("retry-after", "\(seconds)")]))
        }
        switch request.method {
        case "PROPFIND": return propfind(request)
        case "REPORT": return report(request, now: now)
        case "PUT": return put(request, now: now)
        case "GET": return get(request, now: now)
        case "DELETE": return delete(request, now: now)
        default: return VendorAnswer(status: 405)
        }
    }

    /// Which object of the calendar a path names; nil for every other path.
    static func name(_ path: String) -> String? {
        guard path.hasPrefix(calendar) else { return nil }
        let name = String(path.dropFirst(calendar.count))
        return name.isEmpty || name.utf8.contains(UInt8(ascii: "/")) ? nil : name
    }

    private func propfind(_ request: VendorRequest) -> VendorAnswer {
        let depth = request.headers.first("depth") ?? "infinity"
        switch (request.path, depth) {
        case ("/", "0"), (Self.principal, "0"):
            let properties =
                "<current-user-principal xmlns=\"DAV:\"><href xmlns=\"DAV:\">\(Self.principal)</href></current-user-principal>"
                + "<calendar-home-set xmlns=\"urn:ietf:params:xml:ns:caldav\"><href xmlns=\"DAV:\">\(Self.home)</href>"
                + "</calendar-home-set>"
            return Self.multistatus([Self.found(request.path, properties)])
        case (Self.home, "1"):
            return Self.multistatus([
                Self.found(
                    Self.home,
                    "<resourcetype xmlns=\"DAV:\"><collection xmlns=\"DAV:\"/></resourcetype>"
                ),
                Self.found(Self.reminders, Self.collection("VTODO")),
                Self.found(Self.calendar, Self.collection("VEVENT")),
            ])
        default: return VendorAnswer(status: 404)
        }
    }

    private static func collection(_ component: String) -> String {
        "<resourcetype xmlns=\"DAV:\"><collection xmlns=\"DAV:\"/><C:calendar xmlns:C=\"urn:ietf:params:xml:ns:caldav\"/>"
            + "</resourcetype><C:supported-calendar-component-set xmlns:C=\"urn:ietf:params:xml:ns:caldav\">"
            + "<C:comp name='\(component)'/></C:supported-calendar-component-set>"
    }

    static func found(_ href: String, _ properties: String) -> String {
        "<response xmlns=\"DAV:\"><href>\(XMLReader.escaped(href))</href><propstat><prop>\(properties)</prop>"
            + "<status>HTTP/1.1 200 OK</status></propstat></response>"
    }

    static func missing(_ href: String) -> String {
        "<response xmlns=\"DAV:\"><href>\(XMLReader.escaped(href))</href><status>HTTP/1.1 404 Not Found</status></response>"
    }

    static func multistatus(_ responses: [String], token: String? = nil) -> VendorAnswer {
        let end = token.map { "<sync-token>\($0)</sync-token>" } ?? ""
        return xml(
            207,
            "<multistatus xmlns=\"DAV:\">\(responses.joined(separator: "\n"))\(end)</multistatus>"
        )
    }

    static func fault(_ status: Int, _ condition: String) -> VendorAnswer {
        xml(status, "<error xmlns=\"DAV:\">\(condition)</error>")
    }

    private static func xml(_ status: Int, _ text: String) -> VendorAnswer {
        VendorAnswer(
            status: status,
            headers: Headers([("content-type", "text/xml; charset=UTF-8")]),
            body: Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\(text)".utf8)
        )
    }
}
