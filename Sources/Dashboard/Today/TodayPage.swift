import Domain
import HTTPAPI

/// The first page: what is on today, whether it is all right, and if not, what that means to whom.
struct TodayPage: Sendable {
    /// The most weddings that are shown with their timelines.
    static let cardsMax = 8

    /// The most lines of what it means to weddings.
    static let impactsMax = 12

    struct View: Sendable {
        let date: String
        let emergency: String?
        let sentence: String
        let tone: String
        let sign: String
        let impacts: [Impact]
        let hasImpacts: Bool
        let onNow: [WeddingCard]
        let hasOnNow: Bool
        let upcoming: [WeddingCard]
        let hasUpcoming: Bool
        let services: [ServiceLine]
        let hasServices: Bool
        let isEmpty: Bool
    }

    /// What something means to one wedding.
    struct Impact: Sendable {
        let wedding: String
        let text: String
        let badge: Standing
    }

    let page: PageRequest
    let book: WeddingBook

    init(_ page: PageRequest, _ book: WeddingBook) {
        self.page = page
        self.book = book
    }

    func show() async throws -> Page {
        guard page.parts.isEmpty else { throw PageError.missing }
        let services = try await services()
        let impacts = try await impacts()
        let weddings = try await page.backend.find("/api/weddings")?.items ?? []
        let near = weddings.filter { $0.text("phase") != "after" }
        var onNow: [WeddingCard] = []
        var upcoming: [WeddingCard] = []
        for wedding in near.prefix(Self.cardsMax) {
            guard let id = wedding.text("id"),
                let full = try await page.backend.find("/api/weddings/" + QueryText.escape(id))
            else { continue }
            let card = WeddingCard(full, readiness: try await readiness(id), book)
            if wedding.text("phase") == "day" { onNow.append(card) } else { upcoming.append(card) }
        }
        let troubles = services.filter(\.isTrouble)
        let isBad = troubles.contains { $0.badge.tone == "bad" }
        let tone: Standing.Tone = isBad ? .bad : troubles.isEmpty ? .good : .warn
        let sentence = Self.sentence(onNow: onNow, troubles: troubles, isQuiet: services.isEmpty)
        let view = View(
            date: LocalMoment.long(book.house.local(book.now).date),
            emergency: try await emergency(),
            sentence: sentence,
            tone: tone.rawValue,
            sign: tone.sign,
            impacts: impacts,
            hasImpacts: !impacts.isEmpty,
            onNow: onNow,
            hasOnNow: !onNow.isEmpty,
            upcoming: upcoming,
            hasUpcoming: !upcoming.isEmpty,
            services: services.sorted { $0.isTrouble && !$1.isTrouble },
            hasServices: !services.isEmpty,
            isEmpty: near.isEmpty
        )
        return Page(.today, title: "Today", .today, view, for: page, sentence: sentence)
    }

    private func services() async throws -> [ServiceLine] {
        guard let routes = try await page.backend.find("/api/routes")?.items else { return [] }
        return ServiceLine.all(routes: routes, sight: try await ServiceLine.Sight(page.backend))
    }

    /// What the incidents of now mean to weddings, worst first.
    private func impacts() async throws -> [Impact] {
        let incidents = try await page.backend.find("/api/incidents")?.items ?? []
        let open = incidents.filter { $0.instant("closed_at") == nil }
        let impacts = open.flatMap { $0.list("impacts") }.filter { $0.text("level") != "none" }
        let order = ["critical", "high", "medium", "low"]
        let sorted = impacts.sorted { left, right in
            let (first, second) = (left.text("level") ?? "", right.text("level") ?? "")
            return order.firstIndex(of: first) ?? 9 < order.firstIndex(of: second) ?? 9
        }
        return sorted.prefix(Self.impactsMax).map { impact in
            Impact(
                wedding: impact.text("title") ?? book.title(impact.text("wedding")) ?? "",
                text: impact.text("reason") ?? "",
                badge: Standing(impact: impact.text("level") ?? "none")
            )
        }
    }

    private func readiness(_ wedding: String) async throws -> Readiness? {
        try await page.backend.find("/api/weddings/\(QueryText.escape(wedding))/readiness").map {
            Readiness($0)
        }
    }

    private func emergency() async throws -> String? {
        guard let emergency = try await page.backend.find("/api/emergency"), emergency["on"]?.bool == true
        else {
            return nil
        }
        let reasons = Words.list(emergency.list("reasons").compactMap(\.string))
        let end = book.moment(emergency.instant("ends_at")).map { " Until \($0.clock) at the latest." } ?? ""
        return
            "What can wait waits, so that today's weddings come first.\(reasons.isEmpty ? "" : " Why: \(reasons).")\(end)"
    }

    static func sentence(onNow: [WeddingCard], troubles: [ServiceLine], isQuiet: Bool) -> String {
        let weddings =
            switch onNow.count {
            case 0: "No wedding is on right now."
            case 1: "\(onNow[0].title) marry today."
            default: "\(onNow.count) weddings are on today."
            }
        guard !isQuiet else { return weddings }
        guard let worst = troubles.first(where: { $0.badge.tone == "bad" }) ?? troubles.first else {
            return "\(weddings) Everything works."
        }
        let rest =
            troubles.count == 1
            ? ""
            : " \(Words.counted(troubles.count - 1, "other service needs", "other services need")) a look."
        return "\(weddings) \(worst.sentence)\(rest)"
    }
}

extension ServiceLine.Sight {
    /// Asks what there is.
    init(_ backend: Backend) async throws {
        let integrations = try await backend.get("/api/integrations").items
        let report = try await backend.get("/api/integrations/health-check")
        let open = try await backend.find("/api/failovers", [("open", "true")])?.items ?? []
        var titles: [String: String] = [:]
        for integration in integrations {
            guard let name = integration.text("name") else { continue }
            titles[name] = integration.text("title") ?? name
        }
        var states: [String: String] = [:]
        for integration in report.list("integrations") {
            guard let name = integration.text("name") else { continue }
            states[name] = integration.text("state")
        }
        var failovers: [String: (to: String, why: String, isOrder: Bool)] = [:]
        for failover in open {
            guard let capability = failover.text("capability"), let to = failover.text("to") else { continue }
            let isOrder = failover["automatic"]?.bool == false
            failovers[capability] = (to, failover.text("why") ?? "", isOrder)
        }
        self.init(titles: titles, states: states, failovers: failovers)
    }
}
