package import Domain

extension SquareCalls {
    /// How far Square's clock may lie from ours.
    static let clockMargin = Duration.seconds(60)

    /// The same request again while its key lives, in turn with a look; in the end the cancellation by key.
    ///
    /// | round | age | charge, authorize | capture, void | refund |
    /// |---|---|---|---|---|
    /// | 0, 1, 3, 5, 7 | under 23 h | replay | replay | replay |
    /// | even | any | list payments of this time and total | `GET` the payment | list refunds of this time |
    /// | odd, from 9 | under 23 h | cancel by the idempotency key | replay | replay |
    /// | odd | later | cancel by the idempotency key | `GET` the payment | list refunds of this time |
    /// | from 40 | any | hold | hold | hold |
    ///
    /// The list comes first so that a good authorization is found before it is cancelled. Square does not remember a key
    /// that it has only cancelled: a request that is still on its way would come after it, so it is cancelled late. And
    /// it answers a replay with what the payment was at first: after a cancellation nothing is replayed any more.
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
        let isOdd = !round.isMultiple(of: 2)
        let isCreation = call.operation == .paymentsCharge || call.operation == .paymentsAuthorize
        let replays = round < PaymentSettling.replaysMax || isOdd
        if replays, age < Self.replayAgeMax, !isCreation || round < PaymentSettling.absenceRoundMin {
            return .replay
        }
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            guard !round.isMultiple(of: 2) else {
                return .ask(list("/v2/payments", call, account, now, total: call.askedAmount))
            }
            var request = post("/v2/payments/cancel", ["idempotency_key": .string(call.key)], account)
            request.effect = .none
            return .ask(request)
        case .paymentsRefund: return .ask(list("/v2/refunds", call, account, now, total: nil))
        default: return .ask(reading(call, account))
        }
    }

    private func list(
        _ path: String,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        _ now: Instant,
        total: Money?
    ) -> ProviderRequest {
        var query = [
            ("begin_time", (call.startedAt - Self.clockMargin).description),
            ("end_time", (now + Self.clockMargin).description),
        ]
        if !account.text("location").isEmpty { query.append(("location_id", account.text("location"))) }
        if let total { query.append(("total", "\(total.minorUnits)")) }
        query.append(("limit", "100"))
        return get("\(path)?\(WireText.form(query))", account)
    }

    private func search(_ call: CallRequest) -> String {
        let place = call.target.map { "payment \($0)" } ?? "the payment whose reference id is \(call.tag)"
        return """
            Look at \(place) in Square's dashboard (Transactions) and see whether \(call.operation) took place; \
            Square did not tell in \(PaymentSettling.roundsMax) attempts to find out
            """
    }

    /// What a look-up proves.
    ///
    /// A payment that the list does not show may still come. It is dead when it was cancelled by its key: Square answers
    /// with success whether it voided the payment or never heard of it, and with an error when the money is taken.
    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        guard answer.isSuccess, let json = answer.json else { return .unknown }
        let isOld = PaymentSettling.isOld(age, round: round)
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            if round.isMultiple(of: 2) { return listed(json, call) }
            guard isOld, (json["errors"]?.array ?? []).isEmpty else { return .unknown }
            return .dead(
                ProviderFailure(
                    .unavailable,
                    code: "canceled_by_key",
                    message: "Square gave no answer; the payment was cancelled by its key"
                )
            )
        case .paymentsRefund:
            let mine = (json["refunds"]?.array ?? []).compactMap { SquareRefund($0) }
                .first { isMine($0.tag, call) && $0.json["payment_id"]?.string == call.target }
            if let mine { return mine.verdict?.settled ?? .unknown }
            guard isOld, json["cursor"] == nil else { return .unknown }
            return .dead(
                ProviderFailure(
                    .unavailable,
                    code: "not_found_at_square",
                    message: "Square knows of no such refund: it did not take place"
                )
            )
        default:
            guard let payment = SquarePayment(json["payment"]) else { return .unknown }
            let verdict = call.operation == .paymentsVoid ? voided(payment) : captured(payment)
            switch verdict {
            case .inDoubt(let failure) where isOld: return .dead(failure)
            default: return verdict?.settled ?? .unknown
            }
        }
    }

    /// What the list of payments proves: one with the call's tag that took or holds money, or nothing.
    ///
    /// Failed and cancelled ones prove nothing, because they may be an earlier attempt's of the same call.
    private func listed(_ json: JSONValue, _ call: CallRequest) -> SettleVerdict {
        for payment in (json["payments"]?.array ?? []).compactMap({ SquarePayment($0) }) {
            guard isMine(payment.json["reference_id"]?.string, call),
                case .succeeded(let outcome)? = charged(payment, fallback: call.askedAmount)
            else { continue }
            return .succeeded(outcome)
        }
        return .unknown
    }

    private func isMine(_ tag: String?, _ call: CallRequest) -> Bool {
        tag.map { $0.utf8.elementsEqual(call.tag.utf8) } ?? false
    }
}
