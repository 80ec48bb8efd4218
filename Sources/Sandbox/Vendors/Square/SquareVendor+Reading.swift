import Domain
import Providers
import Signatures

/// What can be read: single objects, lists, events.
extension SquareVendor {
    func readPayment(_ id: String, _ call: SquareVendorCall) throws(SquareVendorFault) -> VendorAnswer {
        guard let payment = payments[id], isVisible(payment.created, call) else {
            throw .missing("payment", id)
        }
        return VendorAnswer(status: 200, json: ["payment": payment.json])
    }

    func readRefund(_ id: String, _ call: SquareVendorCall) throws(SquareVendorFault) -> VendorAnswer {
        guard let refund = refunds[id], isVisible(refund.created, call) else { throw .missing("refund", id) }
        return VendorAnswer(status: 200, json: ["refund": refund.json(now: call.now)])
    }

    /// `GET /v2/payments`: by time and place; there is no filter for references and keys.
    func listPayments(_ call: SquareVendorCall) throws(SquareVendorFault) -> VendorAnswer {
        let query = try SquareVendorQuery(
            call,
            known: ["total", "last_4", "card_brand", "updated_at_begin_time", "updated_at_end_time"]
        )
        let total = query.text("total").flatMap { Int64($0) }
        let updated = (
            from: try query.instant("updated_at_begin_time"), to: try query.instant("updated_at_end_time")
        )
        let found = payments.inOrder.filter { payment in
            isVisible(payment.created, call) && query.holds(payment.created)
                && (total == nil || payment.amount.minorUnits == total)
                && updated.from.map { payment.updated >= $0 } ?? true
                && updated.to.map { payment.updated < $0 } ?? true
        }
        return query.page("payments", found.map(\.json))
    }

    /// `GET /v2/refunds`.
    func listRefunds(_ call: SquareVendorCall) throws(SquareVendorFault) -> VendorAnswer {
        let query = try SquareVendorQuery(call, known: ["status", "source_type"])
        let found = refunds.inOrder.filter { isVisible($0.created, call) && query.holds($0.created) }
        return query.page("refunds", found.map { $0.json(now: call.now) })
    }

    /// `POST /v2/events`: the last 28 days.
    func searchEvents(_ call: SquareVendorCall) throws(SquareVendorFault) -> VendorAnswer {
        guard areEventsEnabled else {
            throw .invalid("BAD_REQUEST", "Events are disabled; enable them with PUT /v2/events/enable.")
        }
        let body = try SquareVendorBody(call.request)
        let filter = body.json["query"]?["filter"]
        let types = filter?["event_types"]?.array?.compactMap(\.string) ?? []
        let from = try instant(filter?["created_at"]?["start_at"], "query.filter.created_at.start_at")
        let to = try instant(filter?["created_at"]?["end_at"], "query.filter.created_at.end_at")
        let limit = body.json["limit"]?.int64 ?? 100
        guard (1...100).contains(limit) else {
            throw .invalid("VALUE_TOO_HIGH", "`limit` is 1 to 100.", field: "limit")
        }
        var found = events.inOrder.filter { event in
            event.created <= call.now && call.now - event.created < Self.eventLifetime
                && (types.isEmpty || types.contains(event.type)) && from.map { event.created >= $0 } ?? true
                && to.map { event.created <= $0 } ?? true
        }
        if body.json["query"]?["sort"]?["order"]?.string != "ASC" { found.reverse() }
        let start = try SquareVendorQuery.start(body.json["cursor"]?.string)
        let shown = found.dropFirst(start).prefix(Int(limit))
        let facts = shown.map { event -> JSONValue in
            ["event_id": .string(event.id), "api_version": .string(Self.versionDefault)]
        }
        var members = [
            JSONMember("events", .array(shown.map(\.json))), JSONMember("metadata", .array(facts)),
        ]
        if found.count > start + shown.count {
            members.append(JSONMember("cursor", .string("c\(start + shown.count)")))
        }
        return VendorAnswer(status: 200, json: .object(members))
    }

    /// Writes down an event and sends it as a webhook.
    mutating func record(
        _ type: String,
        _ kind: String,
        _ object: String,
        _ json: JSONValue,
        at now: Instant,
        random: inout SeededRandom
    ) {
        let id = random.uuid()
        let event: JSONValue = [
            "merchant_id": .string(Self.merchant), "location_id": .string(Self.location),
            "type": .string(type), "event_id": .string(id), "created_at": .string("\(now)"),
            "data": [
                "type": .string(kind), "id": .string(object), "object": .object([JSONMember(kind, json)]),
            ],
        ]
        events[id] = SquareVendorEvent(id: id, type: type, created: now, json: event)
        guard let url = settings.webhookURL, let secret = settings.webhookKeys?.secrets.first else { return }
        let body = event.serialized()
        let headers = Headers([
            ("content-type", "application/json"), ("square-environment", "Sandbox"),
            ("square-initial-delivery-timestamp", "\(now)"),
        ])
        let unsigned = WebhookRequest(url: url, headers: headers, body: body)
        let signed = unsigned.adding(SquareSignature.sign(unsigned, secret: secret, now: now))
        outbox.append(VendorWebhook(id: id, url: url, headers: signed.headers, body: body), due: now)
    }

    private func isVisible(_ created: Instant, _ call: SquareVendorCall) -> Bool {
        call.now - created >= conditions.lookUpDelay
    }

    private func instant(_ value: JSONValue?, _ field: String) throws(SquareVendorFault) -> Instant? {
        guard let value, !value.isNull else { return nil }
        guard let instant = value.string.flatMap({ Instant($0) }) else {
            throw .invalid("INVALID_TIME", "This is no RFC 3339 time.", field: field)
        }
        return instant
    }
}

/// The query of a list at Square.
struct SquareVendorQuery: Sendable {
    private let fields: FormFields
    private let begin: Instant
    private let end: Instant
    private let isDescending: Bool
    private let limit: Int
    private let start: Int

    init(_ call: SquareVendorCall, known: [String]) throws(SquareVendorFault) {
        guard let fields = call.request.queryFields else {
            throw .invalid("BAD_REQUEST", "The query cannot be read.")
        }
        let usual = ["begin_time", "end_time", "sort_order", "cursor", "location_id", "limit"]
        for field in fields.fields {
            let name = String(decoding: field.name, as: UTF8.self)
            guard (usual + known).contains(name) else {
                throw .invalid("BAD_REQUEST", "Unknown query parameter.", field: name)
            }
        }
        self.fields = fields
        begin = try Self.instant(fields, "begin_time") ?? call.now - .seconds(365 * 86_400)
        end = try Self.instant(fields, "end_time") ?? call.now
        isDescending = fields.text("sort_order") != "ASC"
        guard let limit = Int(fields.text("limit") ?? "100"), (1...100).contains(limit) else {
            throw .invalid("VALUE_TOO_HIGH", "`limit` is 1 to 100.", field: "limit")
        }
        self.limit = limit
        start = try Self.start(fields.text("cursor"))
    }

    func text(_ name: String) -> String? { fields.text(name) }

    func instant(_ name: String) throws(SquareVendorFault) -> Instant? { try Self.instant(fields, name) }

    /// Whether an instant lies in the asked time; both ends belong to it.
    func holds(_ instant: Instant) -> Bool { begin <= instant && instant <= end }

    /// One page of what is given oldest first.
    func page(_ name: String, _ oldestFirst: [JSONValue]) -> VendorAnswer {
        let list = isDescending ? oldestFirst.reversed() : oldestFirst
        let shown = list.dropFirst(start).prefix(limit)
        var members: [JSONMember] = []
        if !shown.isEmpty { members.append(JSONMember(name, .array(Array(shown)))) }
        if list.count > start + shown.count {
            members.append(JSONMember("cursor", .string("c\(start + shown.count)")))
        }
        return VendorAnswer(status: 200, json: .object(members))
    }

    /// Where the page behind `cursor` starts.
    static func start(_ cursor: String?) throws(SquareVendorFault) -> Int {
        guard let cursor else { return 0 }
        guard cursor.hasPrefix("c"), let start = Int(cursor.dropFirst()), start >= 0 else {
            throw .invalid("INVALID_CURSOR", "The cursor is not valid.", field: "cursor")
        }
        return start
    }

    private static func instant(_ fields: FormFields, _ name: String) throws(SquareVendorFault) -> Instant? {
        guard let text = fields.text(name) else { return nil }
        guard let instant = Instant(text) else {
            throw .invalid("INVALID_TIME", "This is no RFC 3339 time.", field: name)
        }
        return instant
    }
}
