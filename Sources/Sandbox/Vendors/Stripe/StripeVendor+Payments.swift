import Domain

extension StripeVendor {
    private static let creation = [
        "amount", "currency", "payment_method", "payment_method_types[", "confirm", "customer",
        "capture_method",
        "off_session", "automatic_payment_methods[", "description", "metadata[", "return_url",
        "receipt_email",
        "statement_descriptor", "statement_descriptor_suffix", "setup_future_usage", "confirmation_method",
        "transfer_group", "on_behalf_of", "error_on_requires_action",
    ]

    mutating func createIntent(
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(call.request, known: Self.creation)
        let currency = try form.required("currency")
        guard let known = Currency(currency), sameText(known.lowercaseCode, currency) else {
            throw .invalid("Invalid currency: \(currency).", parameter: "currency")
        }
        guard let amount = try form.amount("amount") else {
            throw .invalid("Missing required param: amount.", code: "parameter_missing", parameter: "amount")
        }
        let method = form.text("payment_method")
        if let method { try checkMethod(method) }
        let confirms = try form.flag("confirm")
        guard !confirms || method != nil else {
            throw .invalid(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                code: "payment_intent_unexpected_state"
            )
        }
        var intent = StripeVendorIntent(
            id: random.name("pi_", 24),
            secret: random.name("", 25),
            amount: amount,
            currency: currency,
            customer: form.text("customer"),
            note: form.text("description"),
            isManual: try form.choice("capture_method", ["automatic", "automatic_async", "manual"])
                == "manual",
            isOffSession: try form.flag("off_session"),
            metadata: try form.metadata(),
            created: call.now,
            method: method,
            status: method == nil ? .requiresPaymentMethod : .requiresConfirmation
        )
        intents[intent.id] = intent
        record("payment_intent.created", intent.json(), call, random: &random)
        if confirms {
            let isOffSession = intent.isOffSession
            intent = try confirmed(intent, isOffSession: isOffSession, call, random: &random)
        }
        return intent.json(expanded: form.expands("latest_charge"))
    }

    mutating func confirm(
        _ id: String,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(
            call.request,
            known: [
                "payment_method", "off_session", "return_url", "capture_method", "setup_future_usage",
                "receipt_email", "error_on_requires_action",
            ]
        )
        guard var intent = intents[id] else { throw .missing("payment_intent", id) }
        if let method = form.text("payment_method") {
            try checkMethod(method)
            intent.method = method
        }
        switch intent.status {
        case .requiresPaymentMethod, .requiresConfirmation, .requiresAction: break
        default:
            throw .unexpectedState(
                "You cannot confirm this PaymentIntent because it has already \(intent.status.rawValue).",
                intent.json()
            )
        }
        guard intent.method != nil else {
            throw .unexpectedState(
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
                intent.json()
            )
        }
        let isOffSession = try form.flag("off_session") || intent.isOffSession
        intent = try confirmed(intent, isOffSession: isOffSession, call, random: &random)
        return intent.json(expanded: form.expands("latest_charge"))
    }

    private func checkMethod(_ method: String) throws(StripeVendorFault) {
        let isKnown = ["pm_", "tok_", "card_", "src_"].contains { method.hasPrefix($0) }
        guard isKnown, method != "pm_missing" else {
            throw .missing("PaymentMethod", method, status: 400, parameter: "payment_method")
        }
    }

    /// Takes or holds the money, or says why not.
    private mutating func confirmed(
        _ before: StripeVendorIntent,
        isOffSession: Bool,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) throws(StripeVendorFault) -> StripeVendorIntent {
        var intent = before
        let method = intent.method ?? ""
        let wantsPayer = method.hasSuffix("authenticationRequired") || method.contains("threeDSecure")
        intent.decline =
            wantsPayer && isOffSession ? .authenticationRequired : StripeVendorDecline(method: method)
        if let decline = intent.decline {
            intent.charge = random.name("ch_", 24)
            intent.status = .requiresPaymentMethod
            intents[intent.id] = intent
            record("payment_intent.payment_failed", intent.json(), call, random: &random)
            throw .declined(decline, intent.json())
        }
        if wantsPayer {
            intent.status = .requiresAction
            intents[intent.id] = intent
            record("payment_intent.requires_action", intent.json(), call, random: &random)
            return intent
        }
        intent.charge = random.name("ch_", 24)
        if method.hasPrefix("pm_usBankAccount") {
            intent.status = .processing
            intent.heldSince = call.now
            if method != "pm_usBankAccount_processing" { unsettled.insert(intent.id) }
            intents[intent.id] = intent
            record("payment_intent.processing", intent.json(), call, random: &random)
        } else if intent.isManual {
            intent.status = .requiresCapture
            intent.heldSince = call.now
            unsettled.insert(intent.id)
            intents[intent.id] = intent
            enter("authorization", intent.id, amount: intent.amount, tag: intent.tag, at: call.now)
            record("payment_intent.amount_capturable_updated", intent.json(), call, random: &random)
        } else {
            intent = paid(intent, call, random: &random)
        }
        return intent
    }

    /// Takes the money of an intent.
    private mutating func paid(
        _ before: StripeVendorIntent,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) -> StripeVendorIntent {
        var intent = before
        intent.status = .succeeded
        intent.received = intent.amount
        intents[intent.id] = intent
        enter("charge", intent.id, amount: intent.amount, tag: intent.tag, at: call.now)
        record("charge.succeeded", intent.chargeJSON, call, random: &random)
        record("payment_intent.succeeded", intent.json(), call, random: &random)
        return intent
    }

    mutating func capture(
        _ id: String,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(
            call.request,
            known: ["amount_to_capture", "metadata[", "statement_descriptor", "statement_descriptor_suffix"]
        )
        guard var intent = intents[id] else { throw .missing("payment_intent", id) }
        guard intent.status == .requiresCapture else {
            throw .unexpectedState(
                """
                This PaymentIntent could not be captured because it has a status of \(intent.status.rawValue). Only a \
                PaymentIntent with one of the following statuses may be captured: requires_capture.
                """,
                intent.json()
            )
        }
        let amount = try form.amount("amount_to_capture") ?? intent.amount
        guard amount <= intent.amount else {
            throw .invalid(
                "The amount to capture is greater than the amount that can be captured.",
                code: "amount_too_large",
                parameter: "amount_to_capture"
            )
        }
        let tag = try form.metadata().tag
        intent.status = .succeeded
        intent.received = amount
        unsettled.remove(id)
        intents[id] = intent
        enter("capture", id, of: id, amount: amount, tag: tag, at: call.now)
        record("charge.captured", intent.chargeJSON, call, random: &random)
        record("payment_intent.succeeded", intent.json(), call, random: &random)
        return intent.json(expanded: form.expands("latest_charge"))
    }

    mutating func cancel(
        _ id: String,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(call.request, known: ["cancellation_reason"])
        let reason = try form.choice(
            "cancellation_reason",
            ["duplicate", "fraudulent", "requested_by_customer", "abandoned"]
        )
        guard let intent = intents[id] else { throw .missing("payment_intent", id) }
        switch intent.status {
        case .succeeded, .canceled, .processing:
            throw .unexpectedState(
                """
                You cannot cancel this PaymentIntent because it has a status of \(intent.status.rawValue). Only a \
                PaymentIntent with one of the following statuses may be canceled: requires_payment_method, \
                requires_capture, requires_confirmation, requires_action.
                """,
                intent.json()
            )
        default: break
        }
        return released(intent, reason: reason, call, random: &random)
            .json(expanded: form.expands("latest_charge"))
    }

    private mutating func released(
        _ before: StripeVendorIntent,
        reason: String?,
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) -> StripeVendorIntent {
        var intent = before
        if intent.status == .requiresCapture {
            enter("void", intent.id, of: intent.id, amount: intent.amount, tag: nil, at: call.now)
        }
        intent.status = .canceled
        intent.cancellation = reason
        intent.heldSince = call.now
        unsettled.remove(intent.id)
        intents[intent.id] = intent
        record("payment_intent.canceled", intent.json(), call, random: &random)
        return intent
    }

    /// Ends what time ends: bank debits arrive, holds lapse.
    mutating func settle(now: Instant, random: inout SeededRandom) {
        guard !unsettled.isEmpty else { return }
        let call = StripeVendorCall(
            request: VendorRequest(method: "", path: ""),
            id: "",
            key: nil,
            now: now
        )
        for id in unsettled.sorted() {
            guard let intent = intents[id], let since = intent.heldSince else {
                unsettled.remove(id)
                continue
            }
            switch intent.status {
            case .processing where now - since >= Self.processingTime:
                unsettled.remove(id)
                _ = paid(intent, call, random: &random)
            case .requiresCapture where now - since >= Self.authorizationLifetime:
                _ = released(intent, reason: "automatic", call, random: &random)
            case .processing, .requiresCapture: break
            default: unsettled.remove(id)
            }
        }
    }

    mutating func createRefund(
        _ call: StripeVendorCall,
        random: inout SeededRandom
    ) throws(StripeVendorFault) -> JSONValue {
        let form = try StripeVendorForm(
            call.request,
            known: ["payment_intent", "charge", "amount", "reason", "metadata["]
        )
        let reason = try form.choice("reason", ["duplicate", "fraudulent", "requested_by_customer"])
        let metadata = try form.metadata()
        var intent = try refundedIntent(form)
        guard intent.status == .succeeded, let charge = intent.charge else {
            throw .invalid(
                "This PaymentIntent (\(intent.id)) does not have a successful charge to refund.",
                parameter: "payment_intent"
            )
        }
        guard intent.refundable > 0 else {
            throw .invalid("Charge \(charge) has already been refunded.", code: "charge_already_refunded")
        }
        let amount = try form.amount("amount") ?? intent.refundable
        guard amount <= intent.refundable else {
            throw .invalid(
                "Refund amount (\(amount)) is greater than unrefunded amount on charge (\(intent.refundable))",
                parameter: "amount"
            )
        }
        let refund = StripeVendorRefund(
            id: random.name("re_", 24),
            intent: intent.id,
            charge: charge,
            amount: amount,
            currency: intent.currency,
            reason: reason,
            metadata: metadata,
            created: call.now
        )
        intent.refunded += amount
        intents[intent.id] = intent
        refunds[refund.id] = refund
        enter("refund", refund.id, of: intent.id, amount: amount, tag: metadata.tag, at: call.now)
        record("refund.created", refund.json(), call, random: &random)
        record("charge.refunded", intent.chargeJSON, call, random: &random)
        return refund.json(charge: form.expands("charge") ? intent.chargeJSON : nil)
    }

    private func refundedIntent(_ form: StripeVendorForm) throws(StripeVendorFault) -> StripeVendorIntent {
        if let id = form.text("payment_intent") {
            guard let intent = intents[id] else {
                throw .missing("payment_intent", id, parameter: "payment_intent")
            }
            return intent
        }
        let charge = try form.required("charge")
        guard let intent = intents.inOrder.first(where: { $0.charge == charge }) else {
            throw .missing("charge", charge, parameter: "charge")
        }
        return intent
    }

    private mutating func enter(
        _ kind: String,
        _ id: String,
        of: String? = nil,
        amount: Int64,
        tag: String?,
        at: Instant
    ) {
        book.append(LedgerEntry(kind: kind, id: id, of: of, tag: tag, amount: amount, at: at))
    }
}
