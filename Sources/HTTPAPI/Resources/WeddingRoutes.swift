import Access
import Domain
import Registry
import Storage
import Webhooks

/// Weddings: list, show, create, change, remove, their timelines and references.
struct WeddingRoutes: Sendable {
    let context: ResourceContext

    var all: [Route] {
        [list, show, create, change, remove, replaceTimeline, listReferences, tie, release, importWeddings]
    }

    private var list: Route {
        Route(
            .get,
            "/api/weddings",
            id: "listWeddings",
            tag: "weddings",
            summary: "Lists weddings by date.",
            parameters: [
                .init("from", .string(length: 10...10, format: "date"), "Only those on this date or later."),
                .init("until", .string(length: 10...10, format: "date"), "Only those before this date."),
                .init("phase", .choice(Phase.allCases.map(\.name)), "Only those in this phase now."),
            ],
            replies: [.json(200, .list(of: "Wedding"), "All weddings, by date.")],
            action: .guarded(.read) { call, scope in
                let now = context.time.now()
                let from = try date(call, "from")
                let until = try date(call, "until")
                let phase = call.text("phase").flatMap(Phase.init(name:))
                let found = context.weddings.snapshot.weddings.values.filter { wedding in
                    mayRead(wedding, scope) && from.map { wedding.date >= $0 } ?? true
                        && until.map { wedding.date < $0 } ?? true
                        && phase.map { wedding.clock.phase(at: now) == $0 } ?? true
                }
                let sorted = found.sorted { ($0.date, $0.id) < ($1.date, $1.id) }
                return .page(sorted.map { $0.json(now: now) }, nextCursor: nil)
            }
        )
    }

    private var show: Route {
        Route(
            .get,
            "/api/weddings/{id}",
            id: "getWedding",
            tag: "weddings",
            summary: "Shows a wedding, its phase now, its timeline, and what waits for it.",
            replies: [.json(200, .named("WeddingDetail"), "The wedding.")],
            action: .guarded(.read) { call, scope in
                .json(try await detail(try wedding(call, scope), scope))
            }
        )
    }

    private var create: Route {
        Route(
            .post,
            "/api/weddings",
            id: "createWedding",
            tag: "weddings",
            summary: "Makes a wedding.",
            body: .object(
                [.required("id", .string(length: 1...128), "Its id in your own system.")] + Self.fields
            ),
            replies: [.json(201, .named("WeddingDetail"), "The wedding.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let body = call.body ?? .null
                guard let id = body["id"]?.string.flatMap({ WeddingID($0) }) else {
                    throw Problem.badRequest("invalid-id", "An id takes A-Z, a-z, 0-9 and . _ - @ : only.")
                }
                let wedding = try read(body, id, over: nil)
                try await context.weddings.commit([.create(wedding)])
                return .json(try await detail(wedding, scope), status: 201)
            }
        )
    }

    private var change: Route {
        Route(
            .patch,
            "/api/weddings/{id}",
            id: "changeWedding",
            tag: "weddings",
            summary: "Changes a wedding; what the body leaves out stays, its timeline's instants too.",
            body: .object(Self.fields),
            replies: [.json(200, .named("WeddingDetail"), "The wedding.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try wedding(call, scope)
                let wedding = try read(call.body ?? .null, current.id, over: current)
                try await context.weddings.commit([.update(wedding)])
                return .json(try await detail(wedding, scope))
            }
        )
    }

    private var remove: Route {
        Route(
            .delete,
            "/api/weddings/{id}",
            id: "removeWedding",
            tag: "weddings",
            summary: "Removes a wedding; refused while it has events, unless they may stay without it.",
            parameters: [.init("keep_events", .boolean, "`true` removes it although it has events.")],
            replies: [.empty(204, "It is gone.")],
            problems: [409],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                let current = try wedding(call, scope)
                let keeping = call.text("keep_events") == "true"
                try await context.weddings.commit([.remove(current.id, keepingEvents: keeping)])
                return APIResponse(status: 204)
            }
        )
    }

    private var replaceTimeline: Route {
        Route(
            .put,
            "/api/weddings/{id}/timeline",
            id: "replaceTimeline",
            tag: "weddings",
            summary: "Replaces a wedding's timeline; what waits for the wedding is ranked anew.",
            body: .object([.required("timeline", Self.timeline, "The items.")]),
            replies: [.json(200, .named("WeddingDetail"), "The wedding.")],
            problems: [409, 422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let current = try wedding(call, scope)
                let wedding = try read(call.body ?? .null, current.id, over: current)
                try await context.weddings.commit([.update(wedding)])
                return .json(try await detail(wedding, scope))
            }
        )
    }

    private var listReferences: Route {
        Route(
            .get,
            "/api/weddings/{id}/references",
            id: "listReferences",
            tag: "weddings",
            summary: "Lists the providers' objects that are tied to a wedding.",
            replies: [.json(200, .list(of: "Reference"), "The references.")],
            action: .guarded(.read) { call, scope in
                let wedding = try wedding(call, scope)
                let references = context.weddings.snapshot.references(of: wedding.id)
                    .filter { context.mayRead($0.1.vendor, scope) }
                return .page(references.map { referenceJSON($0.0, $0.1) }, nextCursor: nil)
            }
        )
    }

    private var tie: Route {
        Route(
            .post,
            "/api/weddings/{id}/references",
            id: "tieReference",
            tag: "weddings",
            summary: "Ties a provider's object to a wedding: events that name it belong to the wedding.",
            body: .object(Self.reference + [.optional("vendor", .nullable(.name), "Whose object it is.")]),
            replies: [.json(200, .named("Reference"), "The reference.")],
            problems: [409, 422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let wedding = try wedding(call, scope)
                let reference = try reference(call.body ?? .null)
                let vendor = try call.body?["vendor"]?.string.map { try DefinitionReader.name($0, "vendor") }
                let link = WeddingLink(wedding: wedding.id, vendor: vendor)
                try await context.weddings.commit([.tie(reference, link)])
                return .json(referenceJSON(reference, link))
            }
        )
    }

    private var release: Route {
        Route(
            .post,
            "/api/weddings/{id}/references/release",
            id: "releaseReference",
            tag: "weddings",
            summary: "Releases a provider's object from a wedding.",
            body: .object(Self.reference),
            replies: [.empty(204, "It is free.")],
            problems: [409, 422],
            action: .guarded(.write) { call, scope in
                try scope.requirePlatform()
                let wedding = try wedding(call, scope)
                try await context.weddings.commit([.release(try reference(call.body ?? .null), wedding.id)])
                return APIResponse(status: 204)
            }
        )
    }

    private var importWeddings: Route {
        Route(
            .post,
            "/api/weddings/import",
            id: "importWeddings",
            tag: "weddings",
            summary: "Adds or changes weddings from JSON, CSV or iCalendar, all or none.",
            parameters: [
                .init("dry_run", .boolean, "`true` checks everything and changes nothing."),
                .init("zone", .string(length: 1...64), "The zone of weddings whose file names none."),
            ],
            rawBodies: ImportFormat.allCases.map(\.rawValue),
            replies: [.json(200, .named("WeddingImport"), "What was imported.")],
            problems: [409, 422],
            action: .guarded(.admin) { call, scope in
                try scope.requirePlatform()
                guard let format = call.mediaType.flatMap(ImportFormat.init(rawValue:)) else {
                    throw Problem.unsupportedMedia("Send application/json, text/csv or text/calendar.")
                }
                let read = WeddingImport(
                    call.request.body,
                    format,
                    zone: call.text("zone"),
                    zones: context.weddings.zones,
                    existing: context.weddings.snapshot
                )
                guard read.problems.isEmpty else { throw Problem(invalidImport: read.problems) }
                let isRehearsal = call.text("dry_run") == "true"
                try await context.weddings.commit(read.changes, isRehearsal: isRehearsal)
                return .json([
                    "dry_run": .bool(isRehearsal),
                    "weddings": .array(read.weddings.map { .string($0.id.text) }),
                    "vendors": .array(read.vendors.map { .string($0.name.text) }),
                ])
            }
        )
    }

    // MARK: Shapes

    static let timeline = Schema.array(
        .object([
            .required("id", .string(length: 1...128), "Its id, unique in the wedding."),
            .required("name", .string(length: 1...200), "What people call it."),
            .required(
                "starts_at",
                .string(length: 16...40),
                "When it begins: RFC 3339, or the wedding's own clocks."
            ),
            .optional("ends_at", .nullable(.string(length: 16...40)), "When it ends."),
            .optional("vendor", .nullable(.name), "Who is responsible; one of the wedding's vendors."),
        ]),
        count: 0...Wedding.timelineMax
    )

    static let fields: [Schema.Property] = [
        .optional("title", .string(length: 1...200), "What people call it."),
        .optional("date", .string(length: 10...10, format: "date"), "Its date, in its own zone."),
        .optional("zone", .string(length: 1...64), "Its IANA time zone, such as `Europe/Berlin`."),
        .optional(
            "vendors",
            .array(
                .object([.required("vendor", .name, "The vendor."), .required("role", .name, "As what.")]),
                count: 0...Wedding.vendorsMax
            ),
            "Who works it."
        ),
        .optional("timeline", timeline, "Its whole timeline."),
    ]

    private static let reference: [Schema.Property] = [
        .required("provider", .name, "The provider, such as `zoom`."),
        .required("kind", .name, "The kind of object, such as `meeting`."),
        .required("object_id", .string(length: 1...255), "The object's id there."),
    ]

    // MARK: Steps

    private func mayRead(_ wedding: Wedding, _ scope: AccessScope) -> Bool {
        switch scope.principal {
        case .platform: true
        case .vendor(let name): wedding.isWorked(by: name)
        }
    }

    private func wedding(_ call: RouteCall, _ scope: AccessScope) throws -> Wedding {
        guard let id = WeddingID(call.path["id"]), let wedding = context.weddings.snapshot.weddings[id],
            mayRead(wedding, scope)
        else { throw Problem.notFound }
        return wedding
    }

    private func read(_ body: JSONValue, _ id: WeddingID, over current: Wedding?) throws -> Wedding {
        do {
            return try WeddingJSON.wedding(body, id).wedding(over: current, zones: context.weddings.zones)
        } catch {
            throw Problem(invalidImport: [error])
        }
    }

    private func reference(_ body: JSONValue) throws -> ExternalReference {
        let reference = ExternalReference(
            provider: try DefinitionReader.name(body["provider"]?.string ?? "", "provider"),
            kind: try DefinitionReader.name(body["kind"]?.string ?? "", "kind"),
            objectID: body["object_id"]?.string ?? ""
        )
        guard let reference else {
            throw Problem.badRequest(
                "invalid-object-id",
                "An object's id takes printable ASCII without spaces."
            )
        }
        return reference
    }

    private func referenceJSON(_ reference: ExternalReference, _ link: WeddingLink) -> JSONValue {
        [
            "provider": .string(reference.provider.text), "kind": .string(reference.kind.text),
            "object_id": .string(reference.objectID), "vendor": .text(link.vendor?.text),
        ]
    }

    private func date(_ call: RouteCall, _ name: String) throws -> CivilDate? {
        guard let text = call.text(name) else { return nil }
        guard let date = CivilDate(text) else {
            throw Problem.badRequest("invalid-date", "Write '\(name)' as 2026-06-20.")
        }
        return date
    }

    /// The wedding with its timeline and, for the platform, what waits for it.
    private func detail(_ wedding: Wedding, _ scope: AccessScope) async throws -> JSONValue {
        var counts: [Int]?
        if scope.principal == .platform {
            counts = try await context.database.read { transaction in
                try [DeliveryState.waiting, .dead].map {
                    try RankTable.count($0, of: wedding.id, transaction)
                }
            }
        }
        let members = wedding.json(now: context.time.now()).object ?? []
        return .object(
            members + [
                JSONMember("timeline", .array(wedding.timeline.map(\.json))),
                JSONMember("deliveries_waiting", counts.map { .integer($0[0]) } ?? .null),
                JSONMember("dead_letters", counts.map { .integer($0[1]) } ?? .null),
            ]
        )
    }
}
