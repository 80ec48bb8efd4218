import Domain
import Providers
import Signatures

/// Events and webhooks.
extension PayPalVendor {
    /// How long events can be listed.
    static var eventLifetime: Duration { .seconds(30 * 86_400) }

    /// Writes down an event and sends it as a webhook.
    mutating func record(
        _ type: String,
        _ kind: String,
        _ resource: JSONValue,
        _ now: Instant,
        random: inout SeededRandom
    ) {
        let id = "WH-\(random.capitals("", 17))-\(random.capitals("", 17))"
        let json: JSONValue = [
            "id": .string(id), "event_version": "1.0", "create_time": .string("\(now)"),
            "resource_type": .string(kind), "resource_version": "2.0", "event_type": .string(type),
            "summary": .string("\(type) for \(resource["id"]?.string ?? "")"), "resource": resource,
            "links": [payPalLink("/v1/notifications/webhooks-events/\(id)", "self", "GET")],
        ]
        let event = PayPalVendorEvent(id: id, type: type, created: now, json: json)
        events[id] = event
        send(event, now: now, random: &random)
    }

    private mutating func send(_ event: PayPalVendorEvent, now: Instant, random: inout SeededRandom) {
        guard let url = settings.webhookURL else { return }
        let body = event.json.serialized()
        if settings.sendsUnsigned {
            let headers = Headers([("content-type", "application/json")])
            return outbox.append(
                VendorWebhook(id: event.id, url: url, headers: headers, body: body),
                due: now
            )
        }
        guard let key = settings.webhookKeys?.privateKey, let certificateURL = key.certificateURL else {
            return
        }
        let signed = PayPalSignature.sign(
            body,
            webhookID: settings.webhookID,
            transmissionID: random.uuid(),
            pem: key.pem,
            certificateURL: certificateURL,
            now: now
        )
        guard let signed else { return }
        let headers = Headers([("content-type", "application/json")] + signed)
        outbox.append(VendorWebhook(id: event.id, url: url, headers: headers, body: body), due: now)
    }

    /// `GET /v1/notifications/webhooks-events`: newest first, by time, type and resource.
    func listEvents(_ call: PayPalVendorCall) throws(PayPalVendorFault) -> VendorAnswer {
        guard let query = call.request.queryFields else {
            throw .invalid("INVALID_REQUEST", "The query cannot be read.", "")
        }
        let from = try instant(query, "start_time") ?? call.now - Self.eventLifetime
        let to = try instant(query, "end_time") ?? call.now
        guard let size = Int(query.text("page_size") ?? "10"), (1...300).contains(size) else {
            throw .invalid("INVALID_PARAMETER_VALUE", "`page_size` is 1 to 300.", "page_size")
        }
        let (type, resource) = (query.text("event_type"), query.text("transaction_id"))
        let found = events.inOrder.reversed().filter { event in
            call.now - event.created < Self.eventLifetime && from <= event.created && event.created <= to
                && (type == nil || event.type == type)
                && (resource == nil || event.json["resource"]?["id"]?.string == resource)
        }
        guard let page = Int(query.text("page") ?? "0"), (0...100_000).contains(page) else {
            throw .invalid("INVALID_PARAMETER_VALUE", "`page` is a number.", "page")
        }
        let shown = found.dropFirst(page * size).prefix(size)
        let path = "/v1/notifications/webhooks-events"
        var links = [payPalLink("\(path)?\(call.request.query)", "self", "GET")]
        if found.count > page * size + shown.count {
            let rest = query.fields.filter { $0.name != Array("page".utf8) }.map {
                (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
            }
            let next = WireText.form(rest + [("page", "\(page + 1)")])
            links.append(payPalLink("\(path)?\(next)", "next", "GET"))
        }
        return VendorAnswer(
            status: 200,
            json: [
                "events": .array(shown.map(\.json)), "count": .integer(shown.count), "links": .array(links),
            ]
        )
    }

    func readEvent(_ id: String) throws(PayPalVendorFault) -> VendorAnswer {
        guard let event = events[id] else { throw .missing("event_id") }
        return VendorAnswer(status: 200, json: event.json)
    }

    /// `POST …/resend`: the event's webhook once more.
    mutating func resendEvent(
        _ id: String,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        guard let event = events[id] else { throw .missing("event_id") }
        send(event, now: call.now, random: &random)
        return VendorAnswer(status: 202, json: event.json)
    }

    private func instant(_ query: FormFields, _ name: String) throws(PayPalVendorFault) -> Instant? {
        guard let text = query.text(name) else { return nil }
        guard let instant = Instant(text) else {
            throw .invalid("INVALID_PARAMETER_SYNTAX", "This is no RFC 3339 time.", name)
        }
        return instant
    }
}
