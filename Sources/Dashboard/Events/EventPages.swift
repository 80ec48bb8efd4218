import Domain
import HTTPAPI

/// Events: search, and one with its story, its payload and its replay.
struct EventPages: Sendable {
    /// The longest payload that is shown, in bytes.
    static let payloadBytesMax = 65_536

    struct Row: Sendable {
        let id: String
        let type: String
        let source: String
        let at: LocalMoment?
        let couple: String?
        let priority: Standing
        let repeats: String?
    }

    struct ListView: Sendable {
        let query: String
        let filterType: String
        let sources: [Choice]
        let rows: [Row]
        let hasRows: Bool
        let isFiltered: Bool
        let isFirstPage: Bool
        let more: String?
        let none: EmptyNote
    }

    struct OneView: Sendable {
        struct Line: Sendable {
            let at: LocalMoment?
            let text: String
        }

        struct Delivery: Sendable {
            let destination: String
            let badge: Standing
            let tries: String
            let error: String?
        }

        let row: Row
        let providerID: String
        let size: String
        let lines: [Line]
        let deliveries: [Delivery]
        let hasDeliveries: Bool
        let payload: String?
        let payloadNote: String?
        let destinations: [String]
    }

    let page: PageRequest
    let book: WeddingBook

    init(_ page: PageRequest, _ book: WeddingBook) {
        self.page = page
        self.book = book
    }

    func show() async throws -> Page {
        switch page.parts.count {
        case 1: try await list()
        case 2: try await one(page.parts[1])
        default: throw PageError.missing
        }
    }

    func perform() async throws -> Page {
        guard page.parts.count == 3, page.parts[2] == "replay" else { throw PageError.missing }
        let path = "/events/" + QueryText.escape(page.parts[1])
        let body = page.field("destination").map { [JSONMember("destination", .string($0))] } ?? []
        try await page.backend.send(.post, "/api\(path)/replay", .object(body))
        throw Redirect(path, done: .replayed)
    }

    private func list() async throws -> Page {
        let filters = [
            ("q", page.value("q")), ("source", page.value("source")), ("type", page.value("type")),
        ]
        let cursor = page.value("cursor")
        let found = try await page.backend.get(
            "/api/events",
            filters + [("cursor", cursor), ("limit", "50")]
        )
        let sources = try await page.backend.get("/api/sources").items.compactMap { $0.text("name") }
        let rows = found.items.map(row)
        let isFiltered = filters.contains { $0.1 != nil }
        let view = ListView(
            query: page.value("q") ?? "",
            filterType: page.value("type") ?? "",
            sources: Choice.all(sources, chosen: page.value("source")),
            rows: rows,
            hasRows: !rows.isEmpty,
            isFiltered: isFiltered,
            isFirstPage: cursor == nil,
            more: found.next.map { Links.more("/events", filters, $0) },
            none: isFiltered
                ? EmptyNote(
                    "Nothing was found.",
                    "Look for fewer things, or for the whole of an id, an e-mail address or a phone number."
                )
                : EmptyNote(
                    "No event has come yet.",
                    "Point a provider's webhooks at a source; Settings has the addresses."
                )
        )
        return Page(.events, title: "Events", .events, view, for: page)
    }

    private func one(_ id: String) async throws -> Page {
        let path = "/api/events/" + QueryText.escape(id)
        guard let event = try await page.backend.find(path),
            let story = try await page.backend.find(path + "/explain")
        else { throw PageError.missing }
        let wedding = event.text("wedding")
        let deliveries = event.list("deliveries").map { delivery in
            OneView.Delivery(
                destination: delivery.text("destination") ?? "",
                badge: Standing(delivery: delivery.text("state") ?? ""),
                tries: Words.counted(delivery.count("attempts"), "try", "tries"),
                error: delivery.text("error")
            )
        }
        let payload = event["payload"].flatMap { $0.isNull ? nil : $0.serialized(pretty: true) }
        let isLong = payload.map { $0.count > Self.payloadBytesMax } ?? false
        let destinations = try await page.backend.get("/api/destinations").items.compactMap {
            $0.text("name")
        }
        let view = OneView(
            row: row(event),
            providerID: event.text("provider_event_id") ?? "",
            size: "\(Words.grouped(event.count("body_bytes"))) bytes",
            lines: story.list("lines").map {
                OneView.Line(
                    at: book.moment($0.instant("at"), wedding: wedding),
                    text: Words.capitalised($0.text("text") ?? "")
                )
            },
            deliveries: deliveries,
            hasDeliveries: !deliveries.isEmpty,
            payload: isLong ? nil : payload.map { String(decoding: $0, as: UTF8.self) },
            payloadNote: event.text("payload_gone")
                ?? (isLong ? "It is too long to be shown here; GET \(path) has it." : nil)
                    ?? (payload == nil ? "It is no JSON; GET \(path)?payload=base64 has it." : nil),
            destinations: destinations
        )
        return Page(.events, title: view.row.type, .event, view, for: page)
    }

    private func row(_ event: JSONValue) -> Row {
        let wedding = event.text("wedding")
        let duplicates = event.count("duplicates")
        return Row(
            id: event.text("id") ?? "",
            type: event.text("type") ?? "",
            source: event.text("source") ?? "",
            at: book.moment(event.instant("received_at"), wedding: wedding),
            couple: book.title(wedding),
            priority: Standing(priority: event.text("priority") ?? ""),
            repeats: duplicates == 0 ? nil : "came \(Words.counted(duplicates, "more time", "more times"))"
        )
    }
}

/// One option of a list to choose from.
struct Choice: Sendable {
    let value: String
    let label: String
    let isChosen: Bool

    static func all(_ values: [String], chosen: String?, label: (String) -> String = { $0 }) -> [Choice] {
        values.map { Choice(value: $0, label: label($0), isChosen: $0 == chosen) }
    }
}

/// Addresses of our own pages.
enum Links {
    /// The next page of a list with its filters.
    static func more(_ path: String, _ filters: [(String, String?)], _ cursor: String) -> String {
        let kept = filters.compactMap { name, value in value.map { (name, $0) } }
        return path + "?" + QueryText.encode(kept + [("cursor", cursor)])
    }
}
