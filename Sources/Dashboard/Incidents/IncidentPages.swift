import Domain

/// Incidents: what went wrong, when, and what it meant.
struct IncidentPages: Sendable {
    struct Row: Sendable {
        let id: String
        let subject: String
        let summary: String
        let badge: Standing
        let began: LocalMoment?
        let ended: LocalMoment?
        let length: String
        let isOpen: Bool
    }

    struct ListView: Sendable {
        let open: [Row]
        let hasOpen: Bool
        let past: [Row]
        let hasPast: Bool
        let isFirstPage: Bool
        let more: String?
        let none: EmptyNote
        let isEmpty: Bool
    }

    struct OneView: Sendable {
        struct Line: Sendable {
            let at: LocalMoment?
            let kind: String
            let text: String
        }

        struct Impact: Sendable {
            let wedding: String
            let text: String
            let badge: Standing
        }

        let row: Row
        let lines: [Line]
        let impacts: [Impact]
        let hasImpacts: Bool
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
        throw PageError.missing
    }

    private func list() async throws -> Page {
        let cursor = page.value("cursor")
        let found = try await page.backend.find("/api/incidents", [("cursor", cursor)])
        let rows = found?.items.map(row) ?? []
        let (open, past) = (rows.filter(\.isOpen), rows.filter { !$0.isOpen })
        let view = ListView(
            open: open,
            hasOpen: !open.isEmpty,
            past: past,
            hasPast: !past.isEmpty,
            isFirstPage: cursor == nil,
            more: found?.next.map { Links.more("/incidents", [], $0) },
            none: found == nil
                ? EmptyNote(
                    "Incidents cannot be seen here.",
                    "This Usher keeps none, or your key may not see them."
                )
                : EmptyNote(
                    "No incident.",
                    "Nothing has gone wrong so far, or nothing that Usher could see."
                ),
            isEmpty: rows.isEmpty
        )
        let sentence =
            found == nil
            ? ""
            : open.isEmpty
                ? "No incident is open."
                : "\(Words.counted(open.count, "incident is", "incidents are")) open."
        return Page(.incidents, title: "Incidents", .incidents, view, for: page, sentence: sentence)
    }

    private func one(_ id: String) async throws -> Page {
        guard let incident = try await page.backend.find("/api/incidents/" + QueryText.escape(id)) else {
            throw PageError.missing
        }
        let impacts = incident.list("impacts").map { impact in
            OneView.Impact(
                wedding: impact.text("title") ?? book.title(impact.text("wedding")) ?? "",
                text: impact.text("reason") ?? "",
                badge: Standing(impact: impact.text("level") ?? "none")
            )
        }
        let view = OneView(
            row: row(incident),
            lines: incident.list("entries").map {
                OneView.Line(
                    at: book.moment($0.instant("at")),
                    kind: Words.spaced($0.text("kind") ?? ""),
                    text: $0.text("text") ?? ""
                )
            },
            impacts: impacts,
            hasImpacts: !impacts.isEmpty
        )
        return Page(.incidents, title: view.row.subject, .incident, view, for: page)
    }

    /// What it is about: its kind and its name.
    private static func subject(_ incident: JSONValue) -> String {
        Words.capitalised("\(incident.text("about") ?? "") \(incident.text("name") ?? "")")
    }

    private func row(_ incident: JSONValue) -> Row {
        let began = incident.instant("opened_at") ?? book.now
        let ended = incident.instant("closed_at")
        return Row(
            id: incident.text("id") ?? "",
            subject: Self.subject(incident),
            summary: incident.text("summary") ?? "",
            badge: Standing(health: incident.text(ended == nil ? "state" : "worst") ?? "unknown"),
            began: book.moment(began),
            ended: book.moment(ended),
            length: Spans.words(.microseconds((ended ?? book.now).microseconds - began.microseconds)),
            isOpen: ended == nil
        )
    }
}

extension Standing {
    /// Of what something means to a wedding.
    init(impact level: String) {
        switch level {
        case "critical": self.init("Critical", tone: .bad)
        case "high": self.init("High", tone: .bad)
        case "medium": self.init("Medium", tone: .warn)
        case "low": self.init("Low", tone: .idle)
        default: self.init("No harm", tone: .good)
        }
    }
}
