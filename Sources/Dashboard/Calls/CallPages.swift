import Domain
import HTTPAPI

/// Calls: filter, and one with its attempts and, when it is in doubt, the form that settles it.
struct CallPages: Sendable {
    /// The states that are asked for most, in this order.
    static let states = ["in_doubt", "held", "working", "queued", "succeeded", "refused", "failed"]

    struct Row: Sendable {
        let id: String
        let operation: String
        let badge: Standing
        let at: LocalMoment?
        let couple: String?
        let integration: String?
        let failure: String?
        let needsYou: Bool
    }

    struct ListView: Sendable {
        let states: [Choice]
        let filterOperation: String
        let weddings: [Choice]
        let rows: [Row]
        let hasRows: Bool
        let isFirstPage: Bool
        let more: String?
        let none: EmptyNote
    }

    struct OneView: Sendable {
        struct Attempt: Sendable {
            let number: Int
            let integration: String
            let badge: Standing
            let at: LocalMoment?
            let status: String?
            let failure: String?
            let lookUps: String?
        }

        let row: Row
        let explanation: String
        let attempts: [Attempt]
        let hasAttempts: Bool
        let reference: String?
        let reply: String?
        let maySettle: Bool
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
        guard page.parts.count == 3, page.parts[2] == "settle" else { throw PageError.missing }
        let path = "/calls/" + QueryText.escape(page.parts[1])
        var body = [
            JSONMember("outcome", .string(page.field("outcome") ?? "")),
            JSONMember("reason", .string(page.field("reason") ?? "")),
        ]
        if let reference = page.field("reference") {
            body.append(JSONMember("reference", .string(reference)))
        }
        try await page.backend.send(.post, "/api\(path)/settle", .object(body))
        throw Redirect(path, done: .settled)
    }

    private func list() async throws -> Page {
        // Who types the id of a call wants that call.
        if let id = page.value("operation"), id.hasPrefix("call_") {
            throw Redirect("/calls/" + QueryText.escape(id))
        }
        let filters = [
            ("state", page.value("state")), ("operation", page.value("operation")),
            ("wedding", page.value("wedding")),
        ]
        let cursor = page.value("cursor")
        let found = try await page.backend.get("/api/calls", filters + [("cursor", cursor), ("limit", "50")])
        let weddings = try await page.backend.find("/api/weddings")?.items.compactMap { $0.text("id") } ?? []
        let rows = found.items.map(row)
        let view = ListView(
            states: Choice.all(Self.states, chosen: page.value("state")) { Standing(call: $0).word },
            filterOperation: page.value("operation") ?? "",
            weddings: Choice.all(weddings, chosen: page.value("wedding")) { book.title($0) ?? $0 },
            rows: rows,
            hasRows: !rows.isEmpty,
            isFirstPage: cursor == nil,
            more: found.next.map { Links.more("/calls", filters, $0) },
            none: filters.contains { $0.1 != nil }
                ? EmptyNote("No call is like that.", "Take a filter away to see more.")
                : EmptyNote("No call was made yet.", "Your application asks for one by POST /api/calls.")
        )
        return Page(.calls, title: "Calls", .calls, view, for: page)
    }

    private func one(_ id: String) async throws -> Page {
        guard let call = try await page.backend.find("/api/calls/" + QueryText.escape(id)) else {
            throw PageError.missing
        }
        let row = row(call)
        let wedding = call.text("wedding")
        let attempts = call.list("attempts").map { attempt in
            OneView.Attempt(
                number: attempt.count("number"),
                integration: attempt.text("integration") ?? "removed",
                badge: Standing(call: attempt.text("state") ?? ""),
                at: book.moment(attempt.instant("started_at"), wedding: wedding),
                status: attempt["status"]?.int64.map { "answered \($0)" },
                failure: attempt["failure"].flatMap(Self.failure),
                lookUps: attempt.count("look_ups") == 0
                    ? nil : "looked up \(Words.counted(attempt.count("look_ups"), "time", "times"))"
            )
        }
        let reply = call["reply"].flatMap { $0.isNull ? nil : $0.serialized(pretty: true) }
        let view = OneView(
            row: row,
            explanation: call.text("explanation") ?? "",
            attempts: attempts,
            hasAttempts: !attempts.isEmpty,
            reference: call.text("reference"),
            reply: reply.map { String(decoding: $0, as: UTF8.self) },
            maySettle: row.needsYou && page.mayWrite
        )
        return Page(.calls, title: row.operation, .call, view, for: page, sentence: row.badge.word)
    }

    private func row(_ call: JSONValue) -> Row {
        let (wedding, state) = (call.text("wedding"), call.text("state") ?? "")
        return Row(
            id: call.text("id") ?? "",
            operation: call.text("operation") ?? "",
            badge: Standing(call: state),
            at: book.moment(call.instant("created_at"), wedding: wedding),
            couple: book.title(wedding),
            integration: call.text("integration"),
            failure: call["failure"].flatMap(Self.failure),
            needsYou: ["in_doubt", "held"].contains(state)
        )
    }

    private static func failure(_ failure: JSONValue) -> String? {
        failure.text("message").map { "\($0) (\(failure.text("code") ?? ""))" }
    }
}
