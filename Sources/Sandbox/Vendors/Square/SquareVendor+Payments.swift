import Domain
import Resilience
import Signatures

extension SquareVendor {
    /// Does something once for each key of an endpoint; the same key gets the same answer again.
    private mutating func once(
        _ endpoint: String,
        _ key: String,
        _ call: SquareVendorCall,
        random: inout SeededRandom,
        _ work: (inout Self, inout SeededRandom) throws(SquareVendorFault) -> (
            answer: VendorAnswer, made: String
        )
    ) throws(SquareVendorFault) -> VendorAnswer {
        let name = "\(endpoint) \(key)"
        let fingerprint = VendorKeys.fingerprint(call.request)
        if let kept = keys.find(name, now: call.now) {
            guard kept.fingerprint == fingerprint else { throw .keyReused }
            guard call.now >= kept.readyAt else { throw .keyInUse }
            return kept.answer
        }
        let done = try work(&self, &random)
        keys.keep(
            name,
            .init(
                fingerprint: fingerprint,
                answer: done.answer,
                made: done.made,
                at: call.now,
                readyAt: call.now + conditions.answersAfter
            )
        )
        return done.answer
    }

    mutating func createPayment(
        _ call: SquareVendorCall,
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        let body = try SquareVendorBody(call.request)
        let source = try body.required("source_id", charactersMax: 255)
        let key = try body.required("idempotency_key", charactersMax: Self.keyCharactersMax)
        guard let amount = try body.money(body.json["amount_money"]) else {
            throw .invalid("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field: "amount_money")
        }
        let action = try body.text("delay_action", charactersMax: 8) ?? "CANCEL"
        guard ["CANCEL", "COMPLETE"].contains(action) else {
            throw .invalid(
                "INVALID_ENUM_VALUE",
                "`delay_action` is CANCEL or COMPLETE.",
                field: "delay_action"
            )
        }
        let delayText = try body.text("delay_duration", charactersMax: 20)
        guard let delay = delayText.map(SquareVendorDuration.parse) ?? Self.delayDefault else {
            throw .invalid(
                "INVALID_VALUE",
                "`delay_duration` is an RFC 3339 duration.",
                field: "delay_duration"
            )
        }
        let location = try body.text("location_id", charactersMax: 50) ?? Self.location
        guard location == Self.location else { throw .missing("location", location) }
        let isManual = body.json["autocomplete"]?.bool == false
        let reference = try body.text("reference_id", charactersMax: 40)
        let note = try body.text("note", charactersMax: 500)
        let customer = try body.text("customer_id", charactersMax: 255)
        return try once("payments", key, call, random: &random) { vendor, random throws(SquareVendorFault) in
            try Self.checkSource(source)
            let payment = SquareVendorPayment(
                id: random.name("", 24),
                source: source,
                reference: reference,
                note: note,
                customer: customer,
                location: location,
                completesAfterDelay: action == "COMPLETE",
                delay: delay,
                created: call.now,
                isManual: isManual,
                amount: amount,
                status: isManual ? .approved : .completed,
                updated: call.now,
                version: random.name("", 42)
            )
            return (vendor.decided(payment, call, random: &random), payment.id)
        }
    }

    private static func checkSource(_ source: String) throws(SquareVendorFault) {
        if source == "cnon:card-nonce-already-used" {
            throw SquareVendorFault(
                400,
                "PAYMENT_METHOD_ERROR",
                "CARD_TOKEN_USED",
                "The provided card token has already been used.",
                field: "source_id"
            )
        }
        guard ["cnon:", "ccof:", "bnon:"].contains(where: { source.hasPrefix($0) }) else {
            throw SquareVendorFault(
                404,
                "INVALID_REQUEST_ERROR",
                "NOT_FOUND",
                "Card nonce not found",
                field: "source_id"
            )
        }
    }

    /// Asks the bank, and keeps the payment whatever it says.
    private mutating func decided(
        _ asked: SquareVendorPayment,
        _ call: SquareVendorCall,
        random: inout SeededRandom
    ) -> VendorAnswer {
        var payment = asked
        if var fault = SquareVendorFault.declined(payment.source) {
            payment.status = .failed
            keep(payment, "payment.created", call.now, random: &random)
            fault.payment = payment.json
            return fault.answer
        }
        if payment.source.hasPrefix("bnon:") {
            payment.status = .pending
            unsettled.insert(payment.id)
        } else {
            let isHeld = payment.status == .approved
            if isHeld { unsettled.insert(payment.id) }
            enter(isHeld ? "authorization" : "charge", payment, at: call.now)
        }
        keep(payment, "payment.created", call.now, random: &random)
        return VendorAnswer(status: 200, json: ["payment": payment.json])
    }

    mutating func updatePayment(
        _ id: String,
        _ call: SquareVendorCall,
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        let body = try SquareVendorBody(call.request)
        let key = try body.required("idempotency_key", charactersMax: Self.keyCharactersMax)
        let amount = try body.money(body.json["payment"]?["amount_money"], field: "payment.amount_money")
        let version = body.json["payment"]?["version_token"]?.string
        return try once("payments/\(id)", key, call, random: &random) {
            vendor,
            random throws(SquareVendorFault) in
            var payment = try vendor.approved(id, version: version, "update")
            if let amount {
                guard amount.currency == payment.amount.currency,
                    amount.minorUnits <= payment.amount.minorUnits
                else {
                    throw .invalid(
                        "BAD_REQUEST",
                        "The amount cannot be raised above what was authorized.",
                        field: "payment.amount_money"
                    )
                }
                payment.amount = amount
            }
            vendor.change(&payment, now: call.now, random: &random)
            return (VendorAnswer(status: 200, json: ["payment": payment.json]), id)
        }
    }

    mutating func completePayment(
        _ id: String,
        _ call: SquareVendorCall,
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        let body = try SquareVendorBody(call.request)
        let version = try body.text("version_token", charactersMax: 100)
        var payment = try approved(id, version: version, "complete")
        completed(&payment, now: call.now, random: &random)
        return VendorAnswer(status: 200, json: ["payment": payment.json])
    }

    mutating func cancelPayment(
        _ id: String,
        _ call: SquareVendorCall,
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        var payment = try approved(id, version: nil, "cancel")
        canceled(&payment, now: call.now, random: &random)
        return VendorAnswer(status: 200, json: ["payment": payment.json])
    }

    /// Voids the payment that was made with a key; succeeds without an effect when there is none.
    mutating func cancelByKey(
        _ call: SquareVendorCall,
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        let body = try SquareVendorBody(call.request)
        let key = try body.required("idempotency_key", charactersMax: Self.keyCharactersMax)
        if let kept = keys.find("payments \(key)", now: call.now), var payment = payments[kept.made] {
            switch payment.status {
            case .approved, .completed, .pending:
                guard payment.refunded == 0 else {
                    throw .invalid("BAD_REQUEST", "The payment has been refunded and cannot be canceled.")
                }
                canceled(&payment, now: call.now, random: &random)
            case .canceled, .failed: break
            }
        }
        return VendorAnswer(status: 200, json: [:])
    }

    mutating func createRefund(
        _ call: SquareVendorCall,
        random: inout SeededRandom
    ) throws(SquareVendorFault) -> VendorAnswer {
        let body = try SquareVendorBody(call.request)
        let key = try body.required("idempotency_key", charactersMax: Self.keyCharactersMax)
        guard let amount = try body.money(body.json["amount_money"]) else {
            throw .invalid("MISSING_REQUIRED_PARAMETER", "Missing required parameter.", field: "amount_money")
        }
        let paymentID = try body.required("payment_id", charactersMax: 192)
        let reason = try body.text("reason", charactersMax: 192)
        return try once("refunds", key, call, random: &random) { vendor, random throws(SquareVendorFault) in
            guard var payment = vendor.payments[paymentID] else { throw .missing("payment", paymentID) }
            guard payment.status == .completed else {
                throw .invalid(
                    "BAD_REQUEST",
                    "Only a completed payment can be refunded.",
                    field: "payment_id"
                )
            }
            guard payment.refundable > 0 else {
                throw .invalid("REFUND_ALREADY_PENDING", "The payment has already been refunded.")
            }
            guard amount.currency == payment.amount.currency else {
                throw .invalid(
                    "CURRENCY_MISMATCH",
                    "The payment has another currency.",
                    field: "amount_money"
                )
            }
            guard amount.minorUnits <= payment.refundable else {
                throw .invalid(
                    "REFUND_AMOUNT_INVALID",
                    "The requested refund amount exceeds the amount available to refund.",
                    field: "amount_money.amount"
                )
            }
            let refund = SquareVendorRefund(
                id: "\(paymentID)_\(random.name("", 22))",
                payment: paymentID,
                amount: amount,
                reason: reason,
                location: payment.location,
                created: call.now
            )
            payment.refunded += amount.minorUnits
            payment.refundIDs.append(refund.id)
            vendor.refunded(refund, &payment, random: &random)
            return (VendorAnswer(status: 200, json: ["refund": refund.json(now: call.now)]), refund.id)
        }
    }

    private mutating func refunded(
        _ refund: SquareVendorRefund,
        _ payment: inout SquareVendorPayment,
        random: inout SeededRandom
    ) {
        let now = refund.created
        refunds[refund.id] = refund
        book.append(
            LedgerEntry(
                kind: "refund",
                id: refund.id,
                of: payment.id,
                tag: nil,
                amount: refund.amount.minorUnits,
                at: now
            )
        )
        record("refund.created", "refund", refund.id, refund.json(now: now), at: now, random: &random)
        let end = now + Self.refundTime
        record("refund.updated", "refund", refund.id, refund.json(now: end), at: end, random: &random)
        change(&payment, now: now, random: &random)
    }

    /// The payment `id`, if it waits for its completion.
    private func approved(
        _ id: String,
        version: String?,
        _ verb: String
    ) throws(SquareVendorFault) -> SquareVendorPayment {
        guard let payment = payments[id] else { throw .missing("payment", id) }
        if let version, version != payment.version {
            throw .invalid("VERSION_MISMATCH", "The version token is out of date.", field: "version_token")
        }
        guard payment.status == .approved else {
            throw .invalid(
                "BAD_REQUEST",
                "Payment \(id) has status \(payment.status.rawValue); cannot \(verb) it."
            )
        }
        return payment
    }

    private mutating func completed(
        _ payment: inout SquareVendorPayment,
        now: Instant,
        random: inout SeededRandom
    ) {
        let wasPending = payment.status == .pending
        payment.status = .completed
        unsettled.remove(payment.id)
        enter(wasPending ? "charge" : "capture", payment, at: now)
        change(&payment, now: now, random: &random)
    }

    private mutating func canceled(
        _ payment: inout SquareVendorPayment,
        now: Instant,
        random: inout SeededRandom
    ) {
        let hadEffect = payment.status != .pending
        payment.status = .canceled
        unsettled.remove(payment.id)
        if hadEffect { enter("void", payment, at: now) }
        change(&payment, now: now, random: &random)
    }

    private mutating func change(
        _ payment: inout SquareVendorPayment,
        now: Instant,
        random: inout SeededRandom
    ) {
        payment.updated = now
        payment.version = random.name("", 42)
        keep(payment, "payment.updated", now, random: &random)
    }

    private mutating func keep(
        _ payment: SquareVendorPayment,
        _ type: String,
        _ now: Instant,
        random: inout SeededRandom
    ) {
        payments[payment.id] = payment
        record(type, "payment", payment.id, payment.json, at: now, random: &random)
    }

    private mutating func enter(_ kind: String, _ payment: SquareVendorPayment, at now: Instant) {
        let isNew = kind == "charge" || kind == "authorization"
        book.append(
            LedgerEntry(
                kind: kind,
                id: payment.id,
                of: isNew ? nil : payment.id,
                tag: isNew ? payment.reference : nil,
                amount: payment.amount.minorUnits,
                at: now
            )
        )
    }

    /// Ends what time ends: transfers arrive, holds are completed or lapse.
    mutating func settle(now: Instant, random: inout SeededRandom) {
        for id in unsettled.sorted() {
            guard var payment = payments[id] else {
                unsettled.remove(id)
                continue
            }
            switch payment.status {
            case .pending where now - payment.created >= Self.pendingTime:
                completed(&payment, now: now, random: &random)
            case .approved where now - payment.created >= payment.delay:
                if payment.completesAfterDelay {
                    completed(&payment, now: now, random: &random)
                } else {
                    canceled(&payment, now: now, random: &random)
                }
            case .pending, .approved: break
            default: unsettled.remove(id)
            }
        }
    }
}
