import Access
import Domain
import HTTPAPI

/// Settings: sources, destinations, browsers that are told of alerts, keys.
struct SettingsPage: Sendable {
    struct Source: Sendable {
        let name: String
        let provider: String
        let url: String
        let badge: Standing
        let facts: String
        let toggle: String
        let toggleLabel: String
        let isFile: Bool
    }

    struct Destination: Sendable {
        let name: String
        let url: String
        let badge: Standing
        let facts: String
        let toggle: String
        let toggleLabel: String
        let isFile: Bool
        let stopped: String?
    }

    struct Key: Sendable {
        let id: String
        let label: String
        let level: String
        let owner: String
        let made: LocalMoment?
        let used: LocalMoment?
        let badge: Standing
        let isLive: Bool
        let isOwn: Bool
    }

    struct NewKey: Sendable {
        let label: String
        let text: String
    }

    struct View: Sendable {
        let sources: [Source]
        let hasSources: Bool
        let destinations: [Destination]
        let hasDestinations: Bool
        let keys: [Key]
        let hasKeys: Bool
        let newKey: NewKey?
        let browsers: BrowserSettings?
        let noSource: EmptyNote
        let noDestination: EmptyNote
    }

    let page: PageRequest
    let book: WeddingBook

    init(_ page: PageRequest, _ book: WeddingBook) {
        self.page = page
        self.book = book
    }

    func show() async throws -> Page {
        guard page.parts.count == 1 else { throw PageError.missing }
        return try await settings(newKey: nil)
    }

    func perform() async throws -> Page {
        let name = QueryText.escape(page.field("name") ?? "")
        switch (page.parts.count, page.parts.last) {
        case (2, "source"):
            try await page.backend.send(.patch, "/api/sources/\(name)", enabled)
            throw Redirect("/settings", done: .switched)
        case (2, "destination"):
            try await page.backend.send(.patch, "/api/destinations/\(name)", enabled)
            throw Redirect("/settings", done: .switched)
        case (2, "resume"):
            try await page.backend.send(.post, "/api/destinations/\(name)/enable")
            throw Redirect("/settings", done: .switched)
        case (2, "revoke"):
            try await page.backend.send(.delete, "/api/keys/" + QueryText.escape(page.field("id") ?? ""))
            throw Redirect("/settings", done: .revoked)
        case (2, "browser"):
            try await BrowserSettings.add(page)
            throw Redirect("/settings", done: .told)
        case (2, "forget-browser"):
            try await BrowserSettings.remove(page)
            throw Redirect("/settings", done: .untold)
        case (2, "keys"):
            return try await makeKey()
        default: throw PageError.missing
        }
    }

    private var enabled: JSONValue { ["enabled": .bool(page.field("enabled") == "true")] }

    /// Shows the text of the new key in the answer itself: it is never to be seen again.
    private func makeKey() async throws -> Page {
        var body = [
            JSONMember("label", .string(page.field("label") ?? "")),
            JSONMember("level", .string(page.field("level") ?? "")),
        ]
        if let vendor = page.field("vendor") { body.append(JSONMember("vendor", .string(vendor))) }
        let key = try await page.backend.send(.post, "/api/keys", .object(body))
        return try await settings(
            newKey: NewKey(label: key.text("label") ?? "", text: key.text("key") ?? "")
        )
    }

    private func settings(newKey: NewKey?) async throws -> Page {
        let backend = page.backend
        let report = try await backend.get("/api/integrations/health-check")
        let sources = try await backend.get("/api/sources").items.map { source in
            Self.source(source, report.list("sources"))
        }
        let destinations = try await backend.get("/api/destinations").items.map { destination in
            Self.destination(destination, report.list("destinations"))
        }
        let keys =
            page.mayAdminister
            ? try await backend.get("/api/keys", [("limit", "200")]).items.map(key) : []
        let view = View(
            sources: sources,
            hasSources: !sources.isEmpty,
            destinations: destinations,
            hasDestinations: !destinations.isEmpty,
            keys: keys.filter(\.isLive) + keys.filter { !$0.isLive },
            hasKeys: !keys.isEmpty,
            newKey: newKey,
            browsers: try await BrowserSettings.read(page, book),
            noSource: EmptyNote("No source yet.", "Add one under 'sources' in usher.yaml."),
            noDestination: EmptyNote("No destination yet.", "Add one under 'destinations' in usher.yaml.")
        )
        return Page(.settings, title: "Settings", .settings, view, for: page)
    }

    private static func source(_ source: JSONValue, _ states: [JSONValue]) -> Source {
        let name = source.text("name") ?? ""
        let isOn = source["enabled"]?.bool ?? true
        let health = states.first { $0.text("name") == name }
        let last = Words.counted(health?.count("stored_last_hour") ?? 0, "event", "events")
        return Source(
            name: name,
            provider: source.text("provider") ?? "",
            url: source.text("url") ?? "",
            badge: Standing(health: isOn ? health?.text("state") ?? "unknown" : "off"),
            facts: "\(last) in the last hour",
            toggle: isOn ? "false" : "true",
            toggleLabel: isOn ? "Switch off" : "Switch on",
            isFile: source.text("owner") == "file"
        )
    }

    private static func destination(_ destination: JSONValue, _ states: [JSONValue]) -> Destination {
        let name = destination.text("name") ?? ""
        let isOn = destination["enabled"]?.bool ?? true
        let health = states.first { $0.text("name") == name }
        let delivered = Words.grouped(health?.count("delivered_last_hour") ?? 0)
        let backlog = Words.grouped(health?.count("backlog") ?? 0)
        return Destination(
            name: name,
            url: destination.text("url") ?? "",
            badge: Standing(health: isOn ? health?.text("state") ?? "unknown" : "off"),
            facts: "\(delivered) delivered in the last hour, \(backlog) waiting",
            toggle: isOn ? "false" : "true",
            toggleLabel: isOn ? "Switch off" : "Switch on",
            isFile: destination.text("owner") == "file",
            stopped: destination["stopped"]?.text("reason")
        )
    }

    private func key(_ key: JSONValue) -> Key {
        let isRevoked = key.instant("revoked_at") != nil
        let isOver = key.instant("expires_at").map { $0 <= book.now } ?? false
        return Key(
            id: key.text("id") ?? "",
            label: key.text("label") ?? "",
            level: Words.capitalised(key.text("level") ?? ""),
            owner: key.text("principal") ?? "",
            made: book.moment(key.instant("created_at")),
            used: book.moment(key.instant("last_used_at")),
            badge: isRevoked
                ? Standing("Revoked", tone: .idle)
                : isOver ? Standing("Over", tone: .idle) : Standing("Good", tone: .good),
            isLive: !isRevoked && !isOver,
            isOwn: key.text("id") == page.scope.keyID?.description
        )
    }
}
