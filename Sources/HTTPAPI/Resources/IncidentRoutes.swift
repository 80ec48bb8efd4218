import Access
import Domain
import Health
import Registry
import Resilience

/// Incidents: list them, read one with its record, write a note into it.
struct IncidentRoutes: Sendable {
    /// The longest note, in characters.
    static let noteMax = 1_000

    let context: ResourceContext
    let monitor: HealthMonitor

    var all: [Route] { [list, show, note] }

    private var list: Route {
        Route(
            .get,
            "/api/incidents",
            id: "listIncidents",
            tag: "health",
            summary: "Lists incidents, newest first.",
            parameters: [
                .init("limit", .integer(1...200), "How many, at most; 50 unless given."),
                .init("cursor", .string(length: 1...CursorCodec.lengthMax), "Where the page begins."),
                .init("open", .boolean, "Only those that go on."),
                .init("about", .choice(["integration", "source", "destination"]), "Only those about these."),
                .init("name", .name, "Only those about the one of this name; needs 'about'."),
                .init(
                    "since",
                    .string(length: 1...40, format: "date-time"),
                    "Only those that went on then or later."
                ),
                .init("until", .string(length: 1...40, format: "date-time"), "Only those that began before."),
            ],
            replies: [.json(200, .page(of: "Incident"), "The incidents, without their records.")],
            action: .guarded(.read) { call, scope in
                var filter = IncidentFilter(
                    isOpen: call.text("open") == "true",
                    since: try call.instant("since"),
                    until: try call.instant("until")
                )
                if case .vendor(let vendor) = scope.principal { filter.vendor = vendor }
                let about = call.text("about")
                if about != nil || call.text("name") != nil {
                    guard let subject = IncidentSubject(kind: about ?? "", name: call.text("name") ?? "")
                    else {
                        throw Problem.badRequest("invalid-subject", "Give both 'about' and 'name'.")
                    }
                    filter.subject = subject
                }
                let listing = call.listing("incidents", scope)
                var before: IncidentID?
                if let text = call.text("cursor") {
                    before = IncidentID(bytes: try context.cursors.decode(text, listing: listing))
                    guard before != nil else { throw Problem.invalidCursor }
                }
                let found = try await monitor.book.list(filter, before: before, limit: call.limit)
                let next = found.count == call.limit ? found.last?.id.bytes : nil
                return .page(
                    found.map { json($0, scope) },
                    nextCursor: next.map { context.cursors.encode($0, listing: listing) }
                )
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/incidents/{id}",
            id: "showIncident",
            tag: "health",
            summary: "Shows an incident with its record.",
            replies: [.json(200, .named("Incident"), "The incident.")],
            action: .guarded(.read) { call, scope in
                .json(json(try await find(call, scope), scope, withEntries: true))
            }
        )
    }

    private var note: Route {
        Route(
            .post,
            "/api/incidents/{id}/notes",
            id: "noteIncident",
            tag: "health",
            summary: "Writes a note into an incident's record, also when it is over.",
            body: .object([
                .required("text", .string(length: 1...Self.noteMax), "What to write.")
            ]),
            replies: [.json(201, .named("Incident"), "The incident with the note.")],
            problems: [409],
            action: .guarded(.write) { call, scope in
                let incident = try await find(call, scope)
                let text = call.body?["text"]?.string ?? ""
                let entry = IncidentEntry(
                    at: context.time.now(),
                    kind: .note,
                    text: "\(scope.principal.description): \(text)"
                )
                guard try await monitor.write(entry, in: incident) else {
                    throw Problem(
                        status: 409,
                        code: "record-full",
                        title: "The incident's record is full.",
                        detail: "It has \(Incident.entriesMax) entries."
                    )
                }
                return .json(json(try await find(call, scope), scope, withEntries: true), status: 201)
            }
        )
    }

    /// The incident that a path names, if this caller may see it; 404 otherwise.
    private func find(_ call: RouteCall, _ scope: AccessScope) async throws -> Incident {
        guard let id = IncidentID(call.path["id"]), let incident = try await monitor.book.find(id),
            context.mayRead(incident.vendor, scope)
        else { throw Problem.notFound }
        return incident
    }

    private func json(_ incident: Incident, _ scope: AccessScope, withEntries: Bool = false) -> JSONValue {
        var seen = incident
        if case .vendor(let vendor) = scope.principal {
            // A vendor learns of the weddings it works, and of no other.
            seen.impacts = incident.impacts.filter { impact in
                context.weddings.snapshot.weddings[impact.wedding]?.isWorked(by: vendor) ?? false
            }
        }
        return seen.json(withEntries: withEntries)
    }
}
