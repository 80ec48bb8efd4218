import Domain
import HTTPAPI

/// Dead letters: what was given up, and how it goes out again – all of it after a dry run.
struct DeadLetterPage: Sendable {
    struct Row: Sendable {
        let id: String
        let event: String
        let type: String
        let destination: String
        let at: LocalMoment?
        let tries: String
        let error: String?
    }

    /// What a replay of all would do.
    struct DryRun: Sendable {
        let words: String
        let filterDestination: String
        let hasAny: Bool
    }

    struct View: Sendable {
        let destinations: [Choice]
        let rows: [Row]
        let hasRows: Bool
        let isFirstPage: Bool
        let more: String?
        let dryRun: DryRun?
        let none: EmptyNote
    }

    let page: PageRequest
    let book: WeddingBook

    init(_ page: PageRequest, _ book: WeddingBook) {
        self.page = page
        self.book = book
    }

    func show() async throws -> Page {
        guard page.parts.count == 1 else { throw PageError.missing }
        return try await list(destination: page.value("destination"), dryRun: nil)
    }

    func perform() async throws -> Page {
        let destination = page.field("destination")
        switch (page.parts.count, page.parts.last) {
        case (2, "replay-one"):
            let id = QueryText.escape(page.field("id") ?? "")
            try await page.backend.send(.post, "/api/dead-letters/\(id)/replay")
            throw Redirect("/dead-letters", done: .replayed)
        case (2, "try"):
            let preview = try await page.backend.send(
                .post,
                "/api/dead-letters/replay",
                body(destination, true)
            )
            return try await list(destination: destination, dryRun: Self.dryRun(preview, destination))
        case (2, "replay"):
            let preview = try await page.backend.send(
                .post,
                "/api/dead-letters/replay",
                body(destination, true)
            )
            try await page.backend.send(.post, "/api/dead-letters/replay", body(destination, false))
            throw Redirect("/dead-letters", done: .replayStarted, count: preview.count("deliveries"))
        default: throw PageError.missing
        }
    }

    private func body(_ destination: String?, _ isDryRun: Bool) -> JSONValue {
        var members = [JSONMember("dry_run", .bool(isDryRun))]
        if let destination { members.append(JSONMember("destination", .string(destination))) }
        return .object(members)
    }

    private static func dryRun(_ preview: JSONValue, _ destination: String?) -> DryRun {
        let (matched, deliveries) = (preview.count("matched"), preview.count("deliveries"))
        let place = destination.map { " to \($0)" } ?? ""
        let words =
            deliveries == 0
            ? "Nothing\(place) would be queued."
            : "\(Words.counted(deliveries, "delivery", "deliveries"))\(place) would be queued again, for "
                + "\(Words.counted(matched, "dead letter", "dead letters")). Nothing has been changed so far."
        return DryRun(words: words, filterDestination: destination ?? "", hasAny: deliveries > 0)
    }

    private func list(destination: String?, dryRun: DryRun?) async throws -> Page {
        let filters = [("destination", destination)]
        let cursor = page.value("cursor")
        let found = try await page.backend.get(
            "/api/dead-letters",
            filters + [("cursor", cursor), ("limit", "50")]
        )
        let destinations = try await page.backend.get("/api/destinations").items.compactMap {
            $0.text("name")
        }
        let rows = found.items.map { letter in
            Row(
                id: letter.text("id") ?? "",
                event: letter.text("event") ?? "",
                type: letter.text("event_type") ?? "",
                destination: letter.text("destination") ?? "",
                at: book.moment(letter.instant("finished_at")),
                tries: Words.counted(letter.count("attempts"), "try", "tries"),
                error: letter.text("error")
            )
        }
        let view = View(
            destinations: Choice.all(destinations, chosen: destination),
            rows: rows,
            hasRows: !rows.isEmpty,
            isFirstPage: cursor == nil,
            more: found.next.map { Links.more("/dead-letters", filters, $0) },
            dryRun: dryRun,
            none: EmptyNote("No dead letters.", "Everything that came was delivered, or still will be.")
        )
        return Page(.deadLetters, title: "Dead letters", .deadLetters, view, for: page)
    }
}
