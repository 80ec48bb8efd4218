import Domain

/// What can be read: single objects, lists, the search.
extension StripeVendor {
    private static let paging = ["limit", "starting_after", "ending_before", "created", "created["]

    func readIntent(_ id: String, _ call: StripeVendorCall) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(call.request, known: ["client_secret"])
        guard let intent = intents[id], isVisible(intent.created, call) else {
            throw .missing("payment_intent", id)
        }
        return intent.json(expanded: form.expands("latest_charge"))
    }

    func readRefund(_ id: String, _ call: StripeVendorCall) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(call.request, known: [])
        guard let refund = refunds[id], isVisible(refund.created, call) else {
            throw .missing("refund", id, parameter: "id")
        }
        return refund.json(charge: form.expands("charge") ? intents[refund.intent]?.chargeJSON : nil)
    }

    func readCharge(_ id: String, _ call: StripeVendorCall) throws(StripeVendorFault) -> JSONValue {
        _ = try StripeVendorForm(call.request, known: [])
        guard let intent = intents.inOrder.first(where: { $0.charge == id }), isVisible(intent.created, call)
        else { throw .missing("charge", id, parameter: "id") }
        return intent.chargeJSON
    }

    func listIntents(_ call: StripeVendorCall) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(call.request, known: Self.paging + ["customer"])
        let customer = form.text("customer")
        let found = intents.inOrder.filter {
            isVisible($0.created, call) && (customer == nil || $0.customer == customer)
        }
        let isExpanded = form.expands("latest_charge")
        return try page(
            found.map { ($0.id, $0.created, $0.json(expanded: isExpanded)) },
            form,
            url: "/v1/payment_intents"
        )
    }

    func listRefunds(_ call: StripeVendorCall) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(call.request, known: Self.paging + ["payment_intent", "charge"])
        let (intent, charge) = (form.text("payment_intent"), form.text("charge"))
        let found = refunds.inOrder.filter {
            isVisible($0.created, call) && (intent == nil || $0.intent == intent)
                && (charge == nil || $0.charge == charge)
        }
        let isExpanded = form.expands("charge")
        return try page(
            found.map {
                ($0.id, $0.created, $0.json(charge: isExpanded ? intents[$0.intent]?.chargeJSON : nil))
            },
            form,
            url: "/v1/refunds"
        )
    }

    func listEvents(_ call: StripeVendorCall) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(
            call.request,
            known: Self.paging + ["type", "types[", "delivery_success"]
        )
        var types = form.texts("types")
        if let type = form.text("type") { types.append(type) }
        let isDelivered = form.text("delivery_success").map { $0 == "true" }
        let found = events.inOrder.filter { event in
            call.now - event.created < Self.eventLifetime
                && (types.isEmpty || types.contains { matches($0, event.type) })
                && (isDelivered == nil || event.isDelivered == isDelivered)
        }
        return try page(found.map { ($0.id, $0.created, $0.json) }, form, url: "/v1/events")
    }

    func readEvent(_ id: String) throws(StripeVendorFault) -> JSONValue {
        guard let event = events[id] else { throw .missing("event", id, parameter: "id") }
        return event.json
    }

    /// `GET /v1/payment_intents/search?query=metadata['usher_call']:'call_…' AND status:'succeeded'`.
    func searchIntents(_ call: StripeVendorCall) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(call.request, known: ["query", "limit", "page"])
        let terms = try StripeVendorSearch.terms(form.required("query"))
        let limit = try limit(form, usual: 10)
        let found = intents.inOrder.reversed().filter { intent in
            isVisible(intent.created, call) && terms.allSatisfy { $0.matches(intent) }
        }
        let start = try form.integer("page").map { max(Int($0), 0) } ?? 0
        let shown = found.dropFirst(start).prefix(limit)
        let hasMore = found.count > start + shown.count
        let isExpanded = form.expands("latest_charge")
        return [
            "object": "search_result", "data": .array(shown.map { $0.json(expanded: isExpanded) }),
            "has_more": .bool(hasMore), "next_page": hasMore ? .string("\(start + shown.count)") : .null,
            "url": "/v1/payment_intents/search",
        ]
    }

    /// How long events can be listed.
    static var eventLifetime: Duration { .seconds(30 * 86_400) }

    private func isVisible(_ created: Instant, _ call: StripeVendorCall) -> Bool {
        call.now - created >= conditions.lookUpDelay
    }

    /// `payment_intent.*` stands for all types of payment intents.
    private func matches(_ pattern: String, _ type: String) -> Bool {
        pattern.hasSuffix("*") ? type.hasPrefix(pattern.dropLast()) : type == pattern
    }

    private func limit(_ form: StripeVendorForm, usual: Int64) throws(StripeVendorFault) -> Int {
        let limit = try form.integer("limit") ?? usual
        guard (1...100).contains(limit) else {
            throw .invalid("Invalid limit: must be between 1 and 100.", parameter: "limit")
        }
        return Int(limit)
    }

    /// One page of a list, newest first, from what is given oldest first.
    private func page(
        _ oldestFirst: [(id: String, created: Instant, json: JSONValue)],
        _ form: StripeVendorForm,
        url: String
    ) throws(StripeVendorFault) -> JSONValue {
        let limit = try limit(form, usual: 10)
        let (equal, from, after) = (
            try form.integer("created"), try form.integer("created[gte]"), try form.integer("created[gt]")
        )
        let (to, before) = (try form.integer("created[lte]"), try form.integer("created[lt]"))
        var list = oldestFirst.reversed().filter { item in
            let created = item.created.seconds
            return (equal == nil || created == equal ?? 0) && created >= from ?? .min
                && (after == nil || created > after ?? 0) && created <= to ?? .max
                && (before == nil || created < before ?? 0)
        }
        let shown: [JSONValue]
        let hasMore: Bool
        if let id = form.text("ending_before") {
            guard let end = list.firstIndex(where: { $0.id == id }) else {
                throw .missing("object", id, status: 400)
            }
            list = Array(list[..<end])
            hasMore = list.count > limit
            shown = list.suffix(limit).map(\.json)
        } else {
            if let id = form.text("starting_after") {
                guard let start = list.firstIndex(where: { $0.id == id }) else {
                    throw .missing("object", id, status: 400)
                }
                list = Array(list[(start + 1)...])
            }
            hasMore = list.count > limit
            shown = list.prefix(limit).map(\.json)
        }
        return ["object": "list", "data": .array(shown), "has_more": .bool(hasMore), "url": .string(url)]
    }
}

/// One term of a search: `metadata['usher_call']:'call_…'`.
struct StripeVendorSearch: Sendable {
    let field: String
    let value: String

    /// Reads terms joined by `AND`.
    static func terms(_ query: String) throws(StripeVendorFault) -> [Self] {
        var terms: [Self] = []
        for part in query.split(separator: " AND ") {
            guard let colon = part.firstIndex(of: ":"),
                let value = unquoted(part[part.index(after: colon)...])
            else { throw unreadable }
            let field = String(part[..<colon]).filter { $0 != " " }
            guard ["status", "currency", "customer"].contains(field) || metadataName(field) != nil else {
                throw unreadable
            }
            terms.append(Self(field: field, value: value))
        }
        guard !terms.isEmpty else { throw unreadable }
        return terms
    }

    func matches(_ intent: StripeVendorIntent) -> Bool {
        switch field {
        case "status": intent.status.rawValue == value
        case "currency": intent.currency == value
        case "customer": intent.customer == value
        default:
            intent.metadata.contains { $0.name == Self.metadataName(field) && $0.value.string == value }
        }
    }

    private static var unreadable: StripeVendorFault {
        .invalid("We were unable to parse your search query.", parameter: "query")
    }

    private static func metadataName(_ field: String) -> String? {
        guard field.hasPrefix("metadata["), field.hasSuffix("]") else { return nil }
        return unquoted(field.dropFirst(9).dropLast())
    }

    private static func unquoted(_ text: Substring) -> String? {
        guard text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote
        else {
            return nil
        }
        return String(text.dropFirst().dropLast())
    }
}
