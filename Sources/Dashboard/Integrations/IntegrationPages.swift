import Domain
import HTTPAPI

/// Integrations: all, one, and the switch that sends a capability's calls elsewhere.
struct IntegrationPages: Sendable {
    struct ListView: Sendable {
        let sentence: String
        let cards: [IntegrationCard]
        let routes: [RouteLine]
        let hasCards: Bool
        let hasRoutes: Bool
        let none: EmptyNote
    }

    /// Who serves a capability now, and who else could.
    struct RouteLine: Sendable {
        struct Choice: Sendable {
            let name: String
            let title: String
        }

        let capability: String
        let label: String
        let order: String
        let now: String
        let failover: String?
        let isOrdered: Bool
        let choices: [Choice]
        let canSwitch: Bool
        let badge: Standing
    }

    struct OneView: Sendable {
        struct Row: Sendable {
            let at: LocalMoment
            let latency: String
            let errors: String
            let state: String
        }

        let card: IntegrationCard
        let rows: [Row]
        let hasRows: Bool
        let tested: String?
        let testTone: String
    }

    let page: PageRequest
    let book: WeddingBook
    let figures: FigureHistory

    init(_ page: PageRequest, _ book: WeddingBook, _ figures: FigureHistory) {
        self.page = page
        self.book = book
        self.figures = figures
    }

    func show() async throws -> Page {
        switch page.parts.count {
        case 1: try await list()
        case 2: try await one(page.parts[1], tested: nil)
        default: throw PageError.missing
        }
    }

    func perform() async throws -> Page {
        switch (page.parts.count, page.parts.last) {
        case (2, "failover"):
            var body: [JSONMember] = [
                JSONMember("capability", .string(page.field("capability") ?? "")),
                JSONMember("to", .string(page.field("to") ?? "")),
                JSONMember("reason", .string(page.field("reason") ?? "")),
            ]
            if let minutes = page.field("minutes").flatMap({ Int64($0) }), minutes > 0 {
                body.append(JSONMember("for_seconds", .integer(minutes * 60)))
            }
            try await page.backend.send(.post, "/api/failovers", .object(body))
            throw Redirect("/integrations", done: .failedOver)
        case (2, "fail-back"):
            let capability = QueryText.escape(page.field("capability") ?? "")
            try await page.backend.send(.delete, "/api/failovers/" + capability)
            throw Redirect("/integrations", done: .failedBack)
        case (3, "test"):
            let name = page.parts[1]
            let path = "/api/integrations/\(QueryText.escape(name))/test"
            return try await one(name, tested: try await page.backend.send(.post, path))
        default: throw PageError.missing
        }
    }

    private func list() async throws -> Page {
        let integrations = try await page.backend.get("/api/integrations").items
        let report = try await page.backend.get("/api/integrations/health-check")
        let standings = report.list("integrations")
        let cards = integrations.map { integration in
            card(integration, standings.first { $0.text("name") == integration.text("name") })
        }
        let routes = try await routes()
        let troubles = cards.filter(\.isTrouble)
        let sentence =
            troubles.isEmpty
            ? "All \(Words.counted(cards.count, "integration does", "integrations do")) as they should."
            : Words.list(troubles.map { "\($0.title) \($0.badge.word.lowercased())" })
                + (troubles.count == 1 ? " needs a look." : " need a look.")
        let view = ListView(
            sentence: cards.isEmpty ? "" : Self.worded(troubles, of: cards.count) ?? sentence,
            cards: cards.sorted { $0.isTrouble && !$1.isTrouble },
            routes: routes,
            hasCards: !cards.isEmpty,
            hasRoutes: !routes.isEmpty,
            none: EmptyNote(
                "No integration yet.",
                "Add one under 'integrations' in usher.yaml, or by POST /api/integrations."
            )
        )
        return Page(
            .integrations,
            title: "Integrations",
            .integrations,
            view,
            for: page,
            sentence: view.sentence
        )
    }

    private static func worded(_ troubles: [IntegrationCard], of count: Int) -> String? {
        guard !troubles.isEmpty else {
            return count == 1
                ? "The integration does as it should." : "All \(count) integrations do as they should."
        }
        let parts = troubles.map { "\($0.title) is \($0.badge.word.lowercased())" }
        return Words.list(parts) + "."
    }

    private func card(_ integration: JSONValue, _ standing: JSONValue?) -> IntegrationCard {
        let samples = figures.samples(of: integration.text("name") ?? "")
        return IntegrationCard(integration, standing: standing, samples: samples)
    }

    private func routes() async throws -> [RouteLine] {
        guard let routes = try await page.backend.find("/api/routes")?.items else { return [] }
        let sight = try await ServiceLine.Sight(page.backend)
        return routes.compactMap { route in
            let serving = route.list("serving").compactMap(\.string)
            guard let capability = route.text("capability"), let first = serving.first else { return nil }
            let failover = sight.failovers[capability]
            let now = failover?.to ?? first
            let choices = serving.filter { $0 != now }.map {
                RouteLine.Choice(name: $0, title: "\(sight.title($0)) (\($0))")
            }
            return RouteLine(
                capability: capability,
                label: Words.capability(capability),
                order: serving.map { sight.title($0) }.joined(separator: ", then "),
                now: sight.title(now),
                failover: failover.map {
                    "since \($0.isOrder ? "it was ordered" : "Usher failed over"): \($0.why)"
                },
                isOrdered: failover?.isOrder ?? false,
                choices: choices,
                canSwitch: page.mayWrite && page.isPlatform
                    && (!choices.isEmpty || failover?.isOrder == true),
                badge: failover == nil ? Standing("As usual", tone: .good) : Standing("Rerouted", tone: .warn)
            )
        }
    }

    private func one(_ name: String, tested: JSONValue?) async throws -> Page {
        guard let integration = try await page.backend.find("/api/integrations/" + QueryText.escape(name))
        else {
            throw PageError.missing
        }
        let report = try await page.backend.get("/api/integrations/health-check")
        let standing = report.list("integrations").first { $0.text("name") == name }
        let samples = figures.samples(of: name)
        // One a minute: a table of 120 rows tells less than one of ten.
        let chosen = samples.indices.filter { ($0 - samples.count + 1) % 12 == 0 }.map { samples[$0] }
        let rows = chosen.reversed().compactMap { sample in
            book.moment(sample.at).map {
                OneView.Row(
                    at: $0,
                    latency: sample.latency.map(Words.milliseconds) ?? "–",
                    errors: sample.errorRate.map(Words.percent) ?? "–",
                    state: Standing(health: sample.state).word
                )
            }
        }
        let card = card(integration, standing)
        let view = OneView(
            card: card,
            rows: rows,
            hasRows: !rows.isEmpty,
            tested: tested?.text("meaning"),
            testTone: tested?["good"]?.bool == true ? "good" : "bad"
        )
        return Page(
            .integrations,
            title: card.title,
            .integration,
            view,
            for: page,
            sentence: card.sentence
        )
    }
}

/// What is said where a list is empty.
struct EmptyNote: Sendable {
    let title: String
    let text: String

    init(_ title: String, _ text: String) {
        self.title = title
        self.text = text
    }
}
