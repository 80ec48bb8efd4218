import Domain
import HTTPAPI

/// The browsers that are told of alerts, as the settings show and change them.
struct BrowserSettings: Sendable {
    /// One browser.
    struct Row: Sendable {
        let id: String
        let label: String
        let since: LocalMoment?
    }

    /// The key that this browser's push service knows us by.
    let key: String
    let rows: [Row]
    let hasRows: Bool
    /// Whether alerts are sent to browsers at all: the configuration has a channel for them.
    let hasChannel: Bool
    let mayWrite: Bool

    /// Nil for somebody to whom alerts are not told.
    static func read(_ page: PageRequest, _ book: WeddingBook) async throws -> BrowserSettings? {
        guard let listing = try await page.backend.find("/api/push/subscriptions"),
            let key = try await page.backend.find("/api/push/key")?.text("key"),
            let channels = try await page.backend.find("/api/alerts/channels")
        else { return nil }
        let rows = listing.items.map { browser in
            Row(
                id: browser.text("id") ?? "",
                label: browser.text("label") ?? "",
                since: book.moment(browser.instant("created_at"))
            )
        }
        return BrowserSettings(
            key: key,
            rows: rows,
            hasRows: !rows.isEmpty,
            hasChannel: channels.items.contains { $0.text("type") == "push" },
            mayWrite: page.mayWrite
        )
    }

    /// Has the browser told whose subscription the form holds.
    static func add(_ page: PageRequest) async throws {
        var body = [
            JSONMember("endpoint", .string(page.field("endpoint") ?? "")),
            JSONMember(
                "keys",
                [
                    "p256dh": .string(page.field("p256dh") ?? ""),
                    "auth": .string(page.field("auth") ?? ""),
                ]
            ),
        ]
        if let label = page.field("label") { body.append(JSONMember("label", .string(label))) }
        try await page.backend.send(.post, "/api/push/subscriptions", .object(body))
    }

    /// Has a browser told no longer.
    static func remove(_ page: PageRequest) async throws {
        let id = QueryText.escape(page.field("id") ?? "")
        try await page.backend.send(.delete, "/api/push/subscriptions/\(id)")
    }
}
