package import Domain

extension StripeCalls {
    /// The same request again while its key lives, in turn with what the intent itself says.
    ///
    /// A charge has a kill switch besides: when the intent does not tell, it is cancelled, and then it can never be paid.
    ///
    /// | round | age | charge, authorize | capture, void | refund |
    /// |---|---|---|---|---|
    /// | 0, 1 | under 23 h | replay | replay | replay |
    /// | even | any | `GET` the intent | `GET` the intent | list the intent's refunds |
    /// | odd | under 23 h | cancel the intent | replay | replay |
    /// | odd | later | cancel the intent | `GET` the intent | list the intent's refunds |
    /// | from 40 | any | hold | hold | hold |
    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        if call.operation.isRead { return .replay }
        guard round < PaymentSettling.roundsMax else { return .hold(search(call)) }
        let isCreation = call.operation == .paymentsCharge || call.operation == .paymentsAuthorize
        let replays = round < PaymentSettling.replaysMax || (!isCreation && !round.isMultiple(of: 2))
        if replays, age < Self.replayAgeMax { return .replay }
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            guard let intent = progress["intent"]?.string else { return .ask(searching(call, account)) }
            guard !round.isMultiple(of: 2) else { return .ask(reading(intent, account)) }
            var request = post(
                "/v1/payment_intents/\(pathPart(intent))/cancel",
                [("cancellation_reason", "abandoned")],
                key: "\(call.key)-cancel-\(round)",
                account
            )
            request.effect = .none
            return .ask(request)
        case .paymentsRefund:
            let query = WireText.form([
                ("payment_intent", call.target ?? ""), ("limit", "100"), ("expand[]", "data.charge"),
            ])
            return .ask(get("/v1/refunds?\(query)", account))
        default: return .ask(reading(call.target ?? "", account))
        }
    }

    private func search(_ call: CallRequest) -> String {
        let place =
            call.target.map { "payment \($0)" } ?? "the payment whose metadata has usher_call = \(call.tag)"
        return """
            Look at \(place) in Stripe's dashboard (Payments) and see whether \(call.operation) took place; \
            Stripe did not tell in \(PaymentSettling.roundsMax) attempts to find out
            """
    }

    private func searching(_ call: CallRequest, _ account: IntegrationAccount) -> ProviderRequest {
        let query = WireText.form([("query", "metadata['usher_call']:'\(call.tag)'"), ("limit", "100")])
        return get("/v1/payment_intents/search?\(query)", account)
    }

    /// What a look-up proves.
    ///
    /// An intent that is only waiting for its confirmation proves nothing: the lost request may still arrive. It is dead
    /// when it is cancelled. Captures, voids and refunds cannot arrive after `PaymentSettling.absenceAgeMin`.
    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        let isOld = PaymentSettling.isOld(age, round: round)
        guard answer.isSuccess else {
            // The cancellation came too late: the error shows the intent as it is.
            let fault = StripeFault(answer.json?["error"])
            guard fault.code == "payment_intent_unexpected_state" else { return .unknown }
            return unexpected(fault.intent, call)?.settled ?? .unknown
        }
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            if progress["intent"] == nil { return searched(answer, call, age: age, isOld: isOld) }
            return StripeIntent(answer.json).flatMap { charged($0, fallback: call.askedAmount) }?.settled
                ?? .unknown
        case .paymentsRefund: return listed(answer, call, isOld: isOld)
        default:
            guard let intent = StripeIntent(answer.json) else { return .unknown }
            let verdict = call.operation == .paymentsVoid ? voided(intent, call) : captured(intent, call)
            switch verdict {
            case .inDoubt(let failure) where isOld: return .dead(failure)
            default: return verdict?.settled ?? .unknown
            }
        }
    }

    /// How long Stripe's search may lag behind, at worst.
    private static let searchLagMax = Duration.seconds(3_600)

    /// What a search by tag proves: a payment that was found, or none once the search has surely caught up.
    private func searched(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        age: Duration,
        isOld: Bool
    ) -> SettleVerdict {
        guard let found = answer.json?["data"]?.array else { return .unknown }
        for intent in found.compactMap({ StripeIntent($0) }) {
            if case .succeeded(let outcome)? = charged(intent, fallback: call.askedAmount) {
                return .succeeded(outcome)
            }
        }
        guard isOld, age >= Self.searchLagMax, answer.json?["has_more"]?.bool == false else {
            return .unknown
        }
        return .dead(Self.absent)
    }

    /// What the list of an intent's refunds proves.
    private func listed(_ answer: ProviderAnswer, _ call: CallRequest, isOld: Bool) -> SettleVerdict {
        guard let found = answer.json?["data"]?.array else { return .unknown }
        let mine = found.first { json in
            json["metadata"]?["usher_call"]?.string.map { $0.utf8.elementsEqual(call.tag.utf8) } ?? false
        }
        if let mine { return StripeRefund(mine)?.verdict?.settled ?? .unknown }
        return isOld && answer.json?["has_more"]?.bool == false ? .dead(Self.absent) : .unknown
    }

    private static let absent = ProviderFailure(
        .unavailable,
        code: "not_found_at_stripe",
        message: "Stripe knows of no such operation: it did not take place"
    )
}
