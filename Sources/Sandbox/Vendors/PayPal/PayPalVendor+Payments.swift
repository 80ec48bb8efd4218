import Domain

/// Payments v2.
extension PayPalVendor {
    /// Takes the money of an order.
    mutating func capture(
        _ order: inout PayPalVendorOrder,
        _ status: PayPalVendorCapture.Status,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) {
        let capture = PayPalVendorCapture(
            id: random.capitals("", 17),
            order: order.id,
            authorization: nil,
            amount: order.amount,
            custom: order.custom,
            invoice: order.invoice,
            isFinal: true,
            created: call.now,
            status: status,
            updated: call.now
        )
        order.captures.append(capture.id)
        captures[capture.id] = capture
        taken(capture, now: call.now, random: &random)
    }

    /// Writes down what became of a new or pending capture.
    private mutating func taken(_ capture: PayPalVendorCapture, now: Instant, random: inout SeededRandom) {
        switch capture.status {
        case .pending: unsettled.insert(capture.id)
        case .declined: break
        default:
            book.append(
                LedgerEntry(
                    kind: capture.authorization == nil ? "charge" : "capture",
                    id: capture.id,
                    of: capture.authorization,
                    tag: capture.authorization == nil ? capture.custom : nil,
                    amount: capture.amount.minorUnits,
                    at: now
                )
            )
        }
        let type =
            switch capture.status {
            case .pending: "PAYMENT.CAPTURE.PENDING"
            case .declined: "PAYMENT.CAPTURE.DECLINED"
            default: "PAYMENT.CAPTURE.COMPLETED"
            }
        record(type, "capture", capture.json(all: true), now, random: &random)
    }

    /// Holds the money of an order.
    mutating func hold(
        _ order: inout PayPalVendorOrder,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) {
        let authorization = PayPalVendorAuthorization(
            id: random.capitals("", 17),
            order: order.id,
            amount: order.amount,
            custom: order.custom,
            invoice: order.invoice,
            created: call.now,
            updated: call.now
        )
        order.authorizations.append(authorization.id)
        authorizations[authorization.id] = authorization
        book.append(
            LedgerEntry(
                kind: "authorization",
                id: authorization.id,
                tag: order.custom,
                amount: order.amount.minorUnits,
                at: call.now
            )
        )
        record(
            "PAYMENT.AUTHORIZATION.CREATED",
            "authorization",
            authorization.json(all: true),
            call.now,
            random: &random
        )
    }

    mutating func captureAuthorization(
        _ id: String,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        let body = try call.body()
        let wantsAll = call.wantsAll
        let asked: Money? =
            if let amount = body["amount"] { try PayPalVendorMoney.parse(amount, field: "/amount") } else {
                nil
            }
        return try once(.payments, call, random: &random) { vendor, random throws(PayPalVendorFault) in
            var held = try vendor.capturable(id, now: call.now)
            let left = held.amount.minorUnits - held.captured
            let amount = asked?.minorUnits ?? left
            if let asked, asked.currency != held.amount.currency {
                throw .unprocessable("CURRENCY_MISMATCH", field: "/amount/currency_code")
            }
            guard amount <= left, let money = Money(minorUnits: amount, currency: held.amount.currency) else {
                throw .unprocessable("MAX_CAPTURE_AMOUNT_EXCEEDED", field: "/amount")
            }
            let isFinal = body["final_capture"]?.bool ?? false
            let capture = PayPalVendorCapture(
                id: random.capitals("", 17),
                order: held.order,
                authorization: id,
                amount: money,
                custom: held.custom,
                invoice: body["invoice_id"]?.string ?? held.invoice,
                isFinal: isFinal || amount == left,
                created: call.now,
                status: .completed,
                updated: call.now
            )
            held.captured += amount
            held.status = capture.isFinal ? .captured : .partiallyCaptured
            held.updated = call.now
            vendor.authorizations[id] = held
            vendor.captures[capture.id] = capture
            if var order = vendor.orders[held.order] {
                order.captures.append(capture.id)
                vendor.orders[order.id] = order
            }
            vendor.taken(capture, now: call.now, random: &random)
            return capture.id
        } shown: { vendor, made, isRepeated in
            let json = vendor.captures[made]?.json(all: wantsAll) ?? [:]
            return VendorAnswer(status: isRepeated ? 200 : 201, json: json)
        }
    }

    /// The authorization `id`, if money can be taken from it.
    private func capturable(_ id: String, now: Instant) throws(PayPalVendorFault) -> PayPalVendorAuthorization
    {
        guard let held = authorizations[id] else { throw .missing("authorization_id") }
        switch held.status {
        case .captured: throw .unprocessable("AUTHORIZATION_ALREADY_CAPTURED")
        case .voided: throw .unprocessable("AUTHORIZATION_VOIDED")
        case .created, .partiallyCaptured: break
        }
        guard now - held.created < Self.authorizationLifetime else {
            throw .unprocessable("AUTHORIZATION_EXPIRED")
        }
        return held
    }

    mutating func voidAuthorization(
        _ id: String,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        let wantsAll = call.wantsAll
        return try once(.payments, call, random: &random) { vendor, random throws(PayPalVendorFault) in
            guard var held = vendor.authorizations[id] else { throw .missing("authorization_id") }
            switch held.status {
            case .voided: throw .unprocessable("PREVIOUSLY_VOIDED")
            case .captured, .partiallyCaptured: throw .unprocessable("PREVIOUSLY_CAPTURED")
            case .created: break
            }
            held.status = .voided
            held.updated = call.now
            vendor.authorizations[id] = held
            vendor.book.append(
                LedgerEntry(
                    kind: "void",
                    id: id,
                    of: id,
                    tag: nil,
                    amount: held.amount.minorUnits,
                    at: call.now
                )
            )
            vendor.record(
                "PAYMENT.AUTHORIZATION.VOIDED",
                "authorization",
                held.json(all: true),
                call.now,
                random: &random
            )
            return id
        } shown: { vendor, id, _ in
            guard wantsAll, let held = vendor.authorizations[id] else { return VendorAnswer(status: 204) }
            return VendorAnswer(status: 200, json: held.json(all: true))
        }
    }

    mutating func refundCapture(
        _ id: String,
        _ call: PayPalVendorCall,
        random: inout SeededRandom
    ) throws(PayPalVendorFault) -> VendorAnswer {
        let body = try call.body()
        let wantsAll = call.wantsAll
        let asked: Money? =
            if let amount = body["amount"] { try PayPalVendorMoney.parse(amount, field: "/amount") } else {
                nil
            }
        return try once(.payments, call, random: &random) { vendor, random throws(PayPalVendorFault) in
            guard var capture = vendor.captures[id] else { throw .missing("capture_id") }
            switch capture.status {
            case .refunded:
                throw .unprocessable("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded")
            case .pending, .declined: throw .unprocessable("CAPTURE_STATUS_NOT_VALID")
            case .completed, .partiallyRefunded: break
            }
            let left = capture.amount.minorUnits - capture.refunded
            if let asked, asked.currency != capture.amount.currency {
                throw .unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH", field: "/amount/currency_code")
            }
            let amount = asked?.minorUnits ?? left
            guard amount <= left, let money = Money(minorUnits: amount, currency: capture.amount.currency)
            else {
                throw .unprocessable("REFUND_AMOUNT_EXCEEDED", field: "/amount")
            }
            let refund = PayPalVendorRefund(
                id: random.capitals("", 17),
                capture: id,
                amount: money,
                custom: body["custom_id"]?.string,
                invoice: body["invoice_id"]?.string,
                note: body["note_to_payer"]?.string,
                created: call.now
            )
            capture.refunded += amount
            capture.status = amount == left ? .refunded : .partiallyRefunded
            capture.updated = call.now
            vendor.captures[id] = capture
            vendor.given(refund, random: &random)
            return refund.id
        } shown: { vendor, made, isRepeated in
            let json = vendor.refunds[made]?.json(all: wantsAll) ?? [:]
            return VendorAnswer(status: isRepeated ? 200 : 201, json: json)
        }
    }

    private mutating func given(_ refund: PayPalVendorRefund, random: inout SeededRandom) {
        refunds[refund.id] = refund
        book.append(
            LedgerEntry(
                kind: "refund",
                id: refund.id,
                of: refund.capture,
                tag: refund.custom,
                amount: refund.amount.minorUnits,
                at: refund.created
            )
        )
        record("PAYMENT.CAPTURE.REFUNDED", "refund", refund.json(all: true), refund.created, random: &random)
    }

    func readAuthorization(_ id: String, _ call: PayPalVendorCall) throws(PayPalVendorFault) -> VendorAnswer {
        guard let held = authorizations[id], isVisible(held.created, call) else {
            throw .missing("authorization_id")
        }
        return VendorAnswer(status: 200, json: held.json(all: true))
    }

    func readCapture(_ id: String, _ call: PayPalVendorCall) throws(PayPalVendorFault) -> VendorAnswer {
        guard let capture = captures[id], isVisible(capture.created, call) else {
            throw .missing("capture_id")
        }
        return VendorAnswer(status: 200, json: capture.json(all: true))
    }

    func readRefund(_ id: String, _ call: PayPalVendorCall) throws(PayPalVendorFault) -> VendorAnswer {
        guard let refund = refunds[id], isVisible(refund.created, call) else { throw .missing("refund_id") }
        return VendorAnswer(status: 200, json: refund.json(all: true))
    }

    /// Whether look-ups see what was made at `created`.
    func isVisible(_ created: Instant, _ call: PayPalVendorCall) -> Bool {
        call.now - created >= conditions.lookUpDelay
    }

    /// Ends what time ends: pending captures arrive.
    mutating func settle(now: Instant, random: inout SeededRandom) {
        for id in unsettled.sorted() {
            guard var capture = captures[id], capture.status == .pending else {
                unsettled.remove(id)
                continue
            }
            guard now - capture.created >= Self.pendingTime else { continue }
            unsettled.remove(id)
            capture.status = .completed
            capture.updated = now
            captures[id] = capture
            taken(capture, now: now, random: &random)
        }
    }
}
