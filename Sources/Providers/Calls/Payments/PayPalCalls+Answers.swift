package import Domain
package import Resilience

extension PayPalCalls {
    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        let unreadable = ProviderFailure(
            .unavailable,
            code: "unreadable_answer",
            message: "PayPal's answer could not be read"
        )
        if let look = PayPalReference(progress["look"]?.string) {
            // While it is looked whether something was done already, nothing but the payment itself can tell.
            guard answer.isSuccess else { return .inDoubt(failure(.unavailable, answer)) }
            return looked(look, answer.json, call) ?? .inDoubt(unreadable)
        }
        let isRead = isRead(call, progress)
        guard answer.isSuccess else { return fault(answer, call, progress, isRead: isRead) }
        let verdict: CallVerdict?
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            let isFirst = progress["order"] == nil
            verdict = PayPalOrder(answer.json).flatMap {
                isFirst ? ordered($0, call) : paid($0, fallback: call.askedAmount)
            }
        case .paymentsCapture where PayPalReference(call.target)?.kind == .order:
            verdict = PayPalOrder(answer.json).flatMap { paid($0, fallback: call.askedAmount) }
        case .paymentsCapture:
            verdict = PayPalPayment(.capture, answer.json)?.made(fallback: call.askedAmount)
        case .paymentsRefund: verdict = PayPalPayment(.refund, answer.json)?.made(fallback: call.askedAmount)
        case .paymentsVoid: verdict = voidTarget(call, progress).flatMap { voided(answer, $0) }
        default:
            let found = PayPalReference(call.target).flatMap { outcome($0, answer.json) }
            verdict = found.map { .succeeded($0) }
        }
        return verdict ?? (isRead ? .notApplied(unreadable) : .inDoubt(unreadable))
    }

    /// Whether the operation only reads, as far as PayPal is concerned.
    private func isRead(_ call: CallRequest, _ progress: JSONValue) -> Bool {
        switch call.operation {
        case .paymentsGet: true
        case .paymentsVoid: voidTarget(call, progress)?.kind != .authorization
        default: false
        }
    }

    private func outcome(_ reference: PayPalReference, _ json: JSONValue?) -> CallOutcome? {
        reference.kind == .order
            ? PayPalOrder(json)?.outcome(fallback: nil)
            : PayPalPayment(reference.kind, json)?.outcome(fallback: nil)
    }

    // MARK: Answers of success

    /// What a new order says: paid at once, to be paid with a second request, or waiting for its payer.
    private func ordered(_ order: PayPalOrder, _ call: CallRequest) -> CallVerdict? {
        guard order.payment == nil, ["CREATED", "SAVED", "APPROVED"].contains(order.status) else {
            return paid(order, fallback: call.askedAmount)
        }
        var members = [JSONMember("order", .string(order.id))]
        if let page = order.page { members.append(JSONMember("page", .string(page))) }
        return .goOn(.object(members))
    }

    /// What an order says of its payment; nil when it tells too little.
    func paid(_ order: PayPalOrder, fallback: Money?) -> CallVerdict? {
        if let payment = order.payment { return payment.made(fallback: fallback) }
        switch order.status {
        case "PAYER_ACTION_REQUIRED":
            return order.unpaid(.requiresAction, fallback: fallback, page: order.page).map {
                .succeeded($0)
            }
        case "COMPLETED": return .goOn(["look": .string(order.reference.description)])
        case "VOIDED":
            return .notApplied(
                ProviderFailure(.rejected, code: "VOIDED", message: "The order was voided at PayPal")
            )
        default: return nil
        }
    }

    /// What the answer to a void, or to reading what cannot be voided, says; nil when it tells too little.
    private func voided(_ answer: ProviderAnswer, _ target: PayPalReference) -> CallVerdict? {
        switch target.kind {
        case .authorization:
            guard let authorization = PayPalPayment(.authorization, answer.json) else {
                return answer.status == 204 ? .goOn(["look": .string(target.description)]) : nil
            }
            return released(authorization)
        case .capture, .refund:
            return PayPalPayment(.capture, answer.json).map { capture in
                ["DECLINED", "FAILED", "REFUNDED"].contains(capture.status)
                    ? capture.outcome(fallback: nil).map { .succeeded($0) } ?? .notApplied(Self.captured)
                    : .notApplied(Self.captured)
            }
        case .order:
            guard let order = PayPalOrder(answer.json) else { return nil }
            switch order.payment {
            case let payment? where payment.reference.kind == .authorization:
                let holds = ["CREATED", "PENDING"].contains(payment.status)
                return holds ? .goOn(["void": .string(payment.reference.description)]) : released(payment)
            case .some: return .notApplied(Self.captured)
            case nil: return order.unpaid(.voided, fallback: nil).map { .succeeded($0) }
            }
        }
    }

    static let captured = ProviderFailure(
        .rejected,
        code: "already_captured",
        message: "The money has been taken already: refund the payment instead"
    )

    /// What an authorization says of its voiding; nil when it tells too little.
    func released(_ authorization: PayPalPayment) -> CallVerdict? {
        switch authorization.status {
        case "VOIDED": authorization.outcome(fallback: nil).map { .succeeded($0) }
        case "CAPTURED", "PARTIALLY_CAPTURED": .notApplied(Self.captured)
        case "DENIED", "EXPIRED":
            .notApplied(
                ProviderFailure(
                    .rejected,
                    code: authorization.status,
                    message: "The authorization holds no money"
                )
            )
        default:
            .inDoubt(
                ProviderFailure(
                    .conflict,
                    code: authorization.status,
                    message: "PayPal has not voided the authorization"
                )
            )
        }
    }

    /// What reading something says that PayPal called done already; nil when it tells too little.
    private func looked(_ look: PayPalReference, _ json: JSONValue?, _ call: CallRequest) -> CallVerdict? {
        switch look.kind {
        case .order:
            guard let order = PayPalOrder(json) else { return nil }
            guard order.payment != nil || order.status != "COMPLETED" else { return nil }
            return paid(order, fallback: call.askedAmount)
        case .authorization:
            guard let authorization = PayPalPayment(.authorization, json) else { return nil }
            if call.operation == .paymentsVoid { return released(authorization) }
            if let order = authorization.order,
                ["CAPTURED", "PARTIALLY_CAPTURED"].contains(authorization.status)
            {
                return .goOn(["look": .string(PayPalReference(.order, order).description)])
            }
            return authorization.made(fallback: nil)
        case .capture, .refund:
            return PayPalPayment(look.kind, json)?.outcome(fallback: nil).map { .succeeded($0) }
        }
    }

    // MARK: Answers of error

    private func failure(_ kind: ProviderFailure.Kind, _ answer: ProviderAnswer) -> ProviderFailure {
        let fault = PayPalFault(answer.json)
        return ProviderFailure(
            kind,
            code: fault.word(or: "http_\(answer.status)"),
            message: kind == .unauthorized
                ? "PayPal does not accept the access token, or the app may not do this" : fault.message,
            wait: answer.retryAfter
        )
    }

    /// What an error says.
    ///
    /// | answer | verdict |
    /// |---|---|
    /// | 429 | not applied, limited |
    /// | 401, 403 | not applied, unauthorized |
    /// | 404 | not applied, not found |
    /// | 422, the payer, bank or law said no | refused |
    /// | 422, the payer must agree | succeeded with `requires_action` when the order is known, else refused |
    /// | 422, done already | the payment is read; a partial refund of what is refunded is rejected |
    /// | `DUPLICATE_INVOICE_ID` | in doubt: an earlier attempt of the same call was paid |
    /// | 409, in progress, 5xx, 3xx | in doubt; not applied for reads |
    /// | other 4xx | not applied, rejected |
    private func fault(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ progress: JSONValue,
        isRead: Bool
    ) -> CallVerdict {
        let fault = PayPalFault(answer.json)
        let unclear = { (kind: ProviderFailure.Kind) -> CallVerdict in
            isRead ? .notApplied(failure(kind, answer)) : .inDoubt(failure(kind, answer))
        }
        switch answer.status {
        case 429: return .notApplied(failure(.limited, answer))
        case 401: return .notApplied(failure(.unauthorized, answer))
        case 400...499 where fault.isDecline: return .refused(failure(.declined, answer))
        case 403: return .notApplied(failure(.unauthorized, answer))
        case 409: return unclear(.conflict)
        case 400...499 where fault.isUnclear: return unclear(.conflict)
        case 404: return .notApplied(failure(.notFound, answer))
        case 422 where fault.wantsPayer: return wantsPayer(answer, call, progress)
        case 422 where fault.isDone: return done(fault, answer, call, progress)
        case 400...499: return .notApplied(failure(.rejected, answer))
        default: return unclear(.unavailable)
        }
    }

    private func wantsPayer(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ progress: JSONValue
    ) -> CallVerdict {
        guard let order = progress["order"]?.string, let amount = call.askedAmount else {
            return .refused(failure(.declined, answer))
        }
        let page = PayPalOrder.page(answer.json?["links"]) ?? progress["page"]?.string
        return .succeeded(PayPalOrder.unpaid(order, .requiresAction, amount, page: page))
    }

    private func done(
        _ fault: PayPalFault,
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ progress: JSONValue
    ) -> CallVerdict {
        if call.operation == .paymentsRefund, call.askedAmount != nil {
            return .notApplied(failure(.rejected, answer))
        }
        let look =
            progress["order"]?.string.map { PayPalReference(.order, $0) } ?? voidTarget(call, progress)
        guard let look else { return .inDoubt(failure(.conflict, answer)) }
        return .goOn(["look": .string(look.description)])
    }

    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        answer.status == 429 ? [.refused(limit: nil, wait: answer.retryAfter)] : []
    }
}
