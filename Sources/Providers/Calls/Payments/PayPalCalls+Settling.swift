package import Domain

extension PayPalCalls {
    /// The round from which an authorization's own word counts for a capture, though it does not name it.
    static let wordRoundMin = 6

    /// The same request again while its id lives, and in between a look at what is known by id.
    ///
    /// PayPal answers a replay with the latest state of what the first request did, never with a stored failure.
    ///
    /// | what is in doubt | rounds 0, 1 | later |
    /// |---|---|---|
    /// | creating an order, under 5 h | replay | replay |
    /// | creating an order, later | hold: nothing can be asked without its id | hold |
    /// | paying a known order, under 5 h | replay | even: `GET` the order; odd: replay |
    /// | paying a known order, later | `GET` the order | `GET` the order |
    /// | capture, refund, void, under 44 days | replay | even: `GET` what it is about; odd: replay |
    /// | reading what was done already | replay | replay |
    /// | anything, from round 40 | – | hold |
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
        if progress["look"] != nil { return .replay }
        let isEarly = round < PaymentSettling.replaysMax
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            let isAlive = age < Self.orderReplayAgeMax
            guard let order = progress["order"]?.string else {
                return isAlive ? .replay : .hold(search(call))
            }
            let replays = isEarly || !round.isMultiple(of: 2)
            return replays && isAlive ? .replay : .ask(get(PayPalReference(.order, order).path, account))
        default:
            guard let target = voidTarget(call, progress) else { return .hold(search(call)) }
            let lifetime = target.kind == .order ? Self.orderReplayAgeMax : Self.paymentReplayAgeMax
            let isOdd = !round.isMultiple(of: 2)
            let replays = isEarly || isOdd
            return replays && age < lifetime ? .replay : .ask(get(target.path, account))
        }
    }

    private func search(_ call: CallRequest) -> String {
        let place = call.target.map { "\($0)" } ?? "the payment whose invoice id is \(call.tag)"
        return """
            Look at \(place) in PayPal's activity (Activity, All transactions) and see whether \(call.operation) took \
            place; PayPal can no longer be asked about it by its request id
            """
    }

    /// What a look-up proves.
    ///
    /// An order that is still unpaid after `PaymentSettling.absenceAgeMin` will not be paid by a request that is older;
    /// the same holds for the capture or voiding of an authorization. A refund is dead by no look-up: a pending one
    /// may not show at its capture, and the replay tells for 45 days.
    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        guard answer.isSuccess else { return .unknown }
        let isOld = PaymentSettling.isOld(age, round: round)
        let target =
            progress["order"]?.string.map { PayPalReference(.order, $0) } ?? voidTarget(call, progress)
        guard let target else { return .unknown }
        switch target.kind {
        case .order:
            guard let order = PayPalOrder(answer.json) else { return .unknown }
            if order.payment == nil, ["CREATED", "SAVED", "APPROVED"].contains(order.status) {
                return isOld ? .dead(absent(order.status)) : .unknown
            }
            return paid(order, fallback: call.askedAmount)?.settled ?? .unknown
        case .authorization:
            guard let authorization = PayPalPayment(.authorization, answer.json) else { return .unknown }
            if ["CREATED", "PENDING"].contains(authorization.status) {
                return isOld ? .dead(absent(authorization.status)) : .unknown
            }
            if call.operation == .paymentsVoid { return released(authorization)?.settled ?? .unknown }
            let isCaptured = ["CAPTURED", "PARTIALLY_CAPTURED"].contains(authorization.status)
            guard !isCaptured || round >= Self.wordRoundMin else { return .unknown }
            return authorization.made(fallback: call.askedAmount)?.settled ?? .unknown
        case .capture, .refund:
            guard let capture = PayPalPayment(.capture, answer.json) else { return .unknown }
            // Only that all is given back can be seen: which refund it was, and pending ones, cannot.
            guard capture.status == "REFUNDED", call.askedAmount == nil else { return .unknown }
            return capture.outcome(fallback: nil).map { .succeeded($0) } ?? .unknown
        }
    }

    private func absent(_ status: String) -> ProviderFailure {
        ProviderFailure(
            .unavailable,
            code: "not_applied_at_paypal",
            message: "PayPal's answer was lost, and nothing has happened: the state is \(status)"
        )
    }
}
