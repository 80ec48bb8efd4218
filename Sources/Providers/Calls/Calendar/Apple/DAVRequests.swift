import Domain

/// Builds the requests of CalDAV (RFC 4791, RFC 6578).
struct DAVRequests {
    /// The namespace of WebDAV.
    static let dav = "DAV:"
    /// The namespace of CalDAV.
    static let caldav = "urn:ietf:params:xml:ns:caldav"

    private let account: IntegrationAccount
    private let address: DAVAddress

    init(_ account: IntegrationAccount) {
        self.account = account
        address = DAVAddress(account)
    }

    /// Where discovery begins.
    var root: String { account.baseURL + "/" }

    func principal(_ url: String) -> ProviderRequest {
        propfind(url, depth: "0", "<d:current-user-principal/>")
    }

    func home(_ url: String) -> ProviderRequest {
        propfind(url, depth: "0", "<c:calendar-home-set/>")
    }

    func calendars(_ url: String) -> ProviderRequest {
        propfind(url, depth: "1", "<d:resourcetype/><c:supported-calendar-component-set/>")
    }

    func put(
        _ object: ICalendarComponent,
        at url: String,
        condition: (String, String)?
    ) -> ProviderRequest {
        request(
            "PUT",
            url,
            headers: [("content-type", "text/calendar; charset=utf-8")] + (condition.map { [$0] } ?? []),
            body: object.encoded,
            effect: .takesEffect
        )
    }

    func get(_ url: String, effect: ProviderRequest.Effect) -> ProviderRequest {
        request("GET", url, headers: [("accept", "text/calendar")], effect: effect)
    }

    func delete(_ url: String) -> ProviderRequest { request("DELETE", url, effect: .takesEffect) }

    /// Asks what changed since a token; an empty one asks for everything.
    func sync(_ collection: String, token: String) -> ProviderRequest {
        let body =
            "<d:sync-collection xmlns:d=\"DAV:\"><d:sync-token>\(XMLReader.escaped(token))</d:sync-token>"
            + "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
        return xml("REPORT", collection, depth: "0", body)
    }

    /// Asks for some items at once.
    func multiget(_ collection: String, items: [String]) -> ProviderRequest {
        let path = URLParts(collection)?.path ?? "/"
        let hrefs = items.map { "<d:href>\(XMLReader.escaped(path + $0))</d:href>" }.joined()
        let body =
            "<c:calendar-multiget xmlns:d=\"DAV:\" xmlns:c=\"\(Self.caldav)\">"
            + "<d:prop><d:getetag/><c:calendar-data/></d:prop>\(hrefs)</c:calendar-multiget>"
        return xml("REPORT", collection, depth: "1", body)
    }

    private func propfind(_ url: String, depth: String, _ properties: String) -> ProviderRequest {
        xml(
            "PROPFIND",
            url,
            depth: depth,
            "<d:propfind xmlns:d=\"DAV:\" xmlns:c=\"\(Self.caldav)\"><d:prop>\(properties)</d:prop></d:propfind>"
        )
    }

    private func xml(_ method: String, _ url: String, depth: String, _ body: String) -> ProviderRequest {
        request(
            method,
            url,
            headers: [("content-type", "application/xml; charset=utf-8"), ("depth", depth)],
            body: Array("<?xml version=\"1.0\" encoding=\"utf-8\"?>\(body)".utf8),
            effect: .none
        )
    }

    private func request(
        _ method: String,
        _ url: String,
        headers: [(String, String)] = [],
        body: [UInt8]? = nil,
        effect: ProviderRequest.Effect
    ) -> ProviderRequest {
        let basic = WireText.basic(account.text("user"), account.text("password"))
        return ProviderRequest(
            method,
            url,
            headers: (address.isTrusted(url) ? [("authorization", basic)] : []) + headers,
            body: body.map { .bytes($0) } ?? .none,
            effect: effect
        )
    }
}
