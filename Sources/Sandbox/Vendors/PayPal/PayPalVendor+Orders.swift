import Domain

/// Orders v2.
extension PayPalVendor {
    mutating func createOrder(
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        let order = try asked(call, random: &random)
        if order.vault != nil, call.request.headers.first("paypal-request-id") == nil {
            throw .invalid(
                "PAYPAL_REQUEST_ID_REQUIRED",
                "A PayPal-Request-Id is required if you are trying to process payment for an Order.",
                ""
            )
        }
        let wantsAll = call.wantsAll
        return try once(.orders, call, random: &random) { vendor, random throws(PayPalVendorFault) in
            var order = order
            if let vault = order.vault { try vendor.pay(&order, vault: vault, call, random: &random) }
            vendor.orders[order.id] = order
            return order.id
        } shown: { vendor, id, isRepeated in
            vendor.shown(id, all: wantsAll, status: isRepeated ? 200 : 201)
        }
    }

    /// The order that a request describes.
    private func asked(
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> PayPalVendorOrder {
        let body = try call.body()
        guard let intent = body["intent"]?.string, ["CAPTURE", "AUTHORIZE"].contains(intent) else {
            throw .invalid("INVALID_PARAMETER_VALUE", "The value of a field is invalid.", "/intent")
        }
        guard let units = body["purchase_units"]?.array, let unit = units.first else {
            throw .invalid("MISSING_REQUIRED_PARAMETER", "A required field is missing.", "/purchase_units")
        }
        guard units.count == 1 else {
            throw .unprocessable("MULTIPLE_ITEM_CATEGORIES", "The sandbox takes one purchase unit.")
        }
        guard let amount = unit["amount"] else {
            throw .invalid(
                "MISSING_REQUIRED_PARAMETER",
                "A required field is missing.",
                "/purchase_units/@0/amount"
            )
        }
        let source = body["payment_source"]
        let vault =
            source?["token"]?["id"]?.string ?? source?["paypal"]?["vault_id"]?.string
            ?? source?["card"]?["vault_id"]?.string
        return PayPalVendorOrder(
            id: random.capitals("", 17),
            isCapture: intent == "CAPTURE",
            referenceID: try text(unit, "reference_id", 256) ?? "default",
            created: call.now,
            amount: try PayPalVendorMoney.parse(amount, field: "/purchase_units/@0/amount"),
            custom: try text(unit, "custom_id", 255),
            invoice: try text(unit, "invoice_id", 127),
            note: try text(unit, "description", 127),
            status: vault == nil && source != nil ? .payerActionRequired : .created,
            vault: vault
        )
    }

    private func text(
        _ json: JSONValue,
        _ name: String,
        _ charactersMax: Int
    ) throws(PayPalVendorFault) -> String? {
        guard let value = json[name], !value.isNull else { return nil }
        guard let text = value.string, (1...charactersMax).contains(text.unicodeScalars.count) else {
            throw .invalid(
                "INVALID_STRING_LENGTH",
                "The value of a field is either too short or too long.",
                "/purchase_units/@0/\(name)"
            )
        }
        return text
    }

    /// Takes or holds an order's money with what is vaulted.
    private mutating func pay(
        _ order: inout PayPalVendorOrder,
        vault: String,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) {
        if vault.contains("missing") { throw .unprocessable("TOKEN_ID_NOT_FOUND", field: "/payment_source") }
        if vault.contains("payer-action") {
            order.status = .payerActionRequired
            return
        }
        if vault.contains("declined") { throw .unprocessable("INSTRUMENT_DECLINED") }
        try checkInvoice(order)
        if order.isCapture {
            capture(
                &order,
                vault.contains("denied") ? .declined : vault.contains("pending") ? .pending : .completed,
                call,
                random: &random
            )
        } else {
            hold(&order, call, random: &random)
        }
        order.status = .completed
    }

    /// The second net: no two payments with one invoice number.
    private func checkInvoice(_ order: PayPalVendorOrder) throws(PayPalVendorFault) {
        guard let invoice = order.invoice else { return }
        let isTaken = orders.inOrder.contains {
            $0.id != order.id && $0.status == .completed && $0.invoice.map { sameText($0, invoice) } ?? false
        }
        if isTaken {
            throw .unprocessable("DUPLICATE_INVOICE_ID", field: "/purchase_units/@0/invoice_id")
        }
    }

    /// `POST /v2/checkout/orders/{id}/capture` and `…/authorize`.
    mutating func payOrder(
        _ id: String,
        isCapture: Bool,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        _ = try call.body()
        let wantsAll = call.wantsAll
        return try once(.orders, call, random: &random) { vendor, random throws(PayPalVendorFault) in
            var order = try vendor.found(id, now: call.now)
            guard order.isCapture == isCapture else { throw .unprocessable("ACTION_DOES_NOT_MATCH_INTENT") }
            switch order.status {
            case .completed:
                throw .unprocessable(isCapture ? "ORDER_ALREADY_CAPTURED" : "ORDER_ALREADY_AUTHORIZED")
            case .created:
                throw .unprocessable(
                    "ORDER_NOT_APPROVED",
                    "Payer has not yet approved the Order for payment."
                )
            case .payerActionRequired:
                var fault = PayPalVendorFault.unprocessable("PAYER_ACTION_REQUIRED")
                fault.payerAction = "https://www.sandbox.paypal.com/checkoutnow?token=\(id)"
                throw fault
            case .approved: break
            }
            guard !order.isDeclined else {
                var fault = PayPalVendorFault.unprocessable("INSTRUMENT_DECLINED")
                fault.payerAction = "https://www.sandbox.paypal.com/checkoutnow?token=\(id)"
                throw fault
            }
            try vendor.checkInvoice(order)
            if isCapture {
                vendor.capture(&order, .completed, call, random: &random)
            } else {
                vendor.hold(&order, call, random: &random)
            }
            order.status = .completed
            vendor.orders[id] = order
            return id
        } shown: { vendor, id, isRepeated in
            vendor.shown(id, all: wantsAll, status: isRepeated ? 200 : 201)
        }
    }

    /// The order `id`, made by somebody else at its first mention if it is named so.
    private func found(
        _ id: String,
        now: Instant
    ) throws(PayPalVendorFault) -> PayPalVendorOrder {
        if let order = orders[id] { return order }
        let parts = id.split(separator: "-")
        guard parts.count == 4, ["APPROVED", "AUTHORIZE", "DECLINED"].contains(parts[0]),
            let units = Int64(parts[1]),
            let currency = Currency(String(parts[2])),
            let amount = Money(minorUnits: units, currency: currency),
            units > 0
        else { throw .missing("order_id") }
        return PayPalVendorOrder(
            id: id,
            isCapture: parts[0] != "AUTHORIZE",
            referenceID: "default",
            created: now,
            amount: amount,
            status: .approved,
            isDeclined: parts[0] == "DECLINED"
        )
    }

    func readOrder(_ id: String, _ call: PayPalVendorCall) throws(PayPalVendorFault) -> VendorAnswer {
        let order = try found(id, now: call.now)
        guard orders[id] == nil || isVisible(order.created, call) else { throw .missing("order_id") }
        return VendorAnswer(status: 200, json: json(order, all: true))
    }

    /// `PATCH`: amount, `custom_id`, `invoice_id` and `description` of the purchase unit, before it is paid.
    mutating func changeOrder(
        _ id: String,
        _ call: PayPalVendorCall
    ) throws(PayPalVendorFault) -> VendorAnswer {
        var order = try found(id, now: call.now)
        guard order.status != .completed else { throw .unprocessable("ORDER_ALREADY_COMPLETED") }
        guard let changes = try call.body().array, (1...20).contains(changes.count) else {
            throw .invalid("INVALID_PARAMETER_SYNTAX", "The patch is a list of operations.", "")
        }
        let unit = "/purchase_units/@reference_id=='\(order.referenceID)'/"
        for change in changes {
            guard let path = change["path"]?.string, path.hasPrefix(unit), let value = change["value"],
                let operation = change["op"]?.string, ["add", "replace"].contains(operation)
            else { throw .unprocessable("NOT_PATCHABLE") }
            switch path.dropFirst(unit.count) {
            case "amount": order.amount = try PayPalVendorMoney.parse(value, field: path)
            case "custom_id": order.custom = try text(["custom_id": value], "custom_id", 255)
            case "invoice_id": order.invoice = try text(["invoice_id": value], "invoice_id", 127)
            case "description": order.note = try text(["description": value], "description", 127)
            default: throw .unprocessable("NOT_PATCHABLE")
            }
        }
        orders[id] = order
        return VendorAnswer(status: 204)
    }

    /// What the payer does at the end of the `approve` link.
    mutating func approve(
        _ id: String,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        guard var order = orders[id] else { throw .missing("order_id") }
        if order.status == .created || order.status == .payerActionRequired {
            order.status = .approved
            orders[id] = order
            record(
                "CHECKOUT.ORDER.APPROVED",
                "checkout-order",
                json(order, all: true),
                call.now,
                random: &random
            )
        }
        return VendorAnswer(
            status: 200,
            headers: Headers([("content-type", "text/plain")]),
            body: Array("Order \(order.id) is \(order.status.rawValue).\n".utf8)
        )
    }

    /// The answer that shows an order.
    private func shown(_ id: String, all: Bool, status: Int) -> VendorAnswer {
        guard let order = orders[id] else { return PayPalVendorFault.missing("order_id").answer(debugID: "") }
        return VendorAnswer(status: status, json: json(order, all: all))
    }

    private func json(_ order: PayPalVendorOrder, all: Bool) -> JSONValue {
        var links = [payPalLink("/v2/checkout/orders/\(order.id)", "self", "GET")]
        switch order.status {
        case .created, .payerActionRequired:
            links.append(
                [
                    "href": .string("https://www.sandbox.paypal.com/checkoutnow?token=\(order.id)"),
                    "rel": order.status == .created ? "approve" : "payer-action", "method": "GET",
                ]
            )
        case .approved:
            let verb = order.isCapture ? "capture" : "authorize"
            links.append(payPalLink("/v2/checkout/orders/\(order.id)/\(verb)", verb, "POST"))
        case .completed: break
        }
        guard all else { return payPalMinimal(order.id, order.status.rawValue, links) }
        var unit = [
            JSONMember("reference_id", .string(order.referenceID)),
            JSONMember("amount", order.amount.payPalJSON),
        ]
        for (name, text) in [
            ("custom_id", order.custom), ("invoice_id", order.invoice), ("description", order.note),
        ] {
            if let text { unit.append(JSONMember(name, .string(text))) }
        }
        var payments: [JSONMember] = []
        let held = order.authorizations.compactMap { authorizations[$0]?.json(all: true) }
        if !held.isEmpty { payments.append(JSONMember("authorizations", .array(held))) }
        let taken = order.captures.compactMap { captures[$0]?.json(all: true) }
        if !taken.isEmpty { payments.append(JSONMember("captures", .array(taken))) }
        let given = refunds.inOrder.filter { order.captures.contains($0.capture) }.map { $0.json(all: true) }
        if !given.isEmpty { payments.append(JSONMember("refunds", .array(given))) }
        if !payments.isEmpty { unit.append(JSONMember("payments", .object(payments))) }
        return [
            "id": .string(order.id), "intent": order.isCapture ? "CAPTURE" : "AUTHORIZE",
            "status": .string(order.status.rawValue), "purchase_units": [.object(unit)],
            "create_time": .string("\(order.created)"), "links": .array(links),
        ]
    }
}
