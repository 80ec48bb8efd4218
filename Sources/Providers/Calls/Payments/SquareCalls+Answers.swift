package import Domain
package import Resilience

extension SquareCalls {
    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        let isRead = isRead(call, progress)
        guard answer.isSuccess else { return fault(answer, call, progress, isRead: isRead) }
        let payment = SquarePayment(answer.json?["payment"])
        let verdict: CallVerdict?
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            verdict = payment.flatMap { charged($0, fallback: call.askedAmount) }
        case .paymentsCapture: verdict = payment.flatMap { captured($0) }
        case .paymentsVoid: verdict = payment.flatMap { voided($0) }
        case .paymentsRefund where isRead: verdict = payment.flatMap { left($0) }
        case .paymentsRefund: verdict = SquareRefund(answer.json?["refund"])?.verdict
        default:
            let outcome =
                isRefund(call)
                ? SquareRefund(answer.json?["refund"])?.outcome : payment?.outcome(fallback: nil)
            verdict = outcome.map { .succeeded($0) }
        }
        let unreadable = ProviderFailure(
            .unavailable,
            code: "unreadable_answer",
            message: "Square's answer could not be read"
        )
        return verdict ?? (isRead ? .notApplied(unreadable) : .inDoubt(unreadable))
    }

    /// Whether the request that the progress leads to only reads, for an attempt that has changed nothing yet.
    private func isRead(_ call: CallRequest, _ progress: JSONValue) -> Bool {
        switch call.operation {
        case .paymentsGet: true
        case .paymentsRefund: call.askedAmount == nil && squareMoney(progress) == nil
        default: false
        }
    }

    /// What a payment says of its creation; nil when it tells too little.
    ///
    /// `APPROVED` is authorized, also for a charge: Square completes it in a moment, and a webhook tells.
    func charged(_ payment: SquarePayment, fallback: Money?) -> CallVerdict? {
        switch payment.status {
        case "FAILED": .refused(payment.declined)
        case "CANCELED":
            .notApplied(
                ProviderFailure(.rejected, code: "canceled", message: "The payment was cancelled at Square")
            )
        default: payment.outcome(fallback: fallback).map { .succeeded($0) }
        }
    }

    /// What a payment says of its capture; nil when it tells too little.
    func captured(_ payment: SquarePayment) -> CallVerdict? {
        switch payment.status {
        case "COMPLETED": payment.outcome(fallback: nil).map { .succeeded($0) }
        case "CANCELED", "FAILED":
            .notApplied(
                ProviderFailure(
                    .rejected,
                    code: lowercasedASCII(payment.status),
                    message: "The authorization was cancelled, has failed or has expired"
                )
            )
        default:
            .inDoubt(
                ProviderFailure(
                    .conflict,
                    code: payment.status,
                    message: "Square has not completed the payment"
                )
            )
        }
    }

    /// What a payment says of its cancellation; nil when it tells too little.
    func voided(_ payment: SquarePayment) -> CallVerdict? {
        switch payment.status {
        case "CANCELED": payment.outcome(fallback: nil).map { .succeeded($0) }
        case "COMPLETED":
            .notApplied(
                ProviderFailure(
                    .rejected,
                    code: "already_captured",
                    message: "The money has been taken already: refund the payment instead"
                )
            )
        case "FAILED":
            .notApplied(
                ProviderFailure(.rejected, code: "failed", message: "The payment has failed: nothing is held")
            )
        default:
            .inDoubt(
                ProviderFailure(
                    .conflict,
                    code: payment.status,
                    message: "Square has not cancelled the payment"
                )
            )
        }
    }

    /// What is left to be given back of a payment: the amount to ask for, or nothing because it is done.
    private func left(_ payment: SquarePayment) -> CallVerdict? {
        guard payment.status == "COMPLETED", let total = payment.total else {
            return .notApplied(
                ProviderFailure(
                    .rejected,
                    code: "not_captured",
                    message: "No money has been taken: void the payment"
                )
            )
        }
        guard payment.refunded < total.minorUnits,
            let rest = Money(minorUnits: total.minorUnits - payment.refunded, currency: total.currency)
        else { return payment.outcome(fallback: nil).map { .succeeded($0) } }
        return .goOn(squareJSON(rest))
    }

    // MARK: Answers of error

    /// What an error says.
    ///
    /// | answer | verdict |
    /// |---|---|
    /// | category `PAYMENT_METHOD_ERROR`, or a code that is a bank's | refused |
    /// | 429 | not applied, limited |
    /// | 401, 403 | not applied, unauthorized |
    /// | 404 | not applied, not found |
    /// | category `API_ERROR`, 408, 409, 5xx, 3xx, codes `CONFLICT`, `TEMPORARY_ERROR` | in doubt; not applied for reads |
    /// | code `IDEMPOTENCY_KEY_REUSED` | in doubt: an earlier request with the key ran |
    /// | other 4xx to completing or cancelling | the payment is read: it may be done already |
    /// | other 4xx | not applied, rejected |
    private func fault(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ progress: JSONValue,
        isRead: Bool
    ) -> CallVerdict {
        let fault = SquareFault(answer.json?["errors"])
        let failure = { (kind: ProviderFailure.Kind) in
            ProviderFailure(
                kind,
                code: fault.word(or: "http_\(answer.status)"),
                message: kind == .unauthorized
                    ? "Square does not accept the token, or the token may not do this" : fault.message,
                wait: answer.retryAfter
            )
        }
        let unclear = { (kind: ProviderFailure.Kind) -> CallVerdict in
            isRead ? .notApplied(failure(kind)) : .inDoubt(failure(kind))
        }
        // While it is looked whether something was done already, nothing but the payment itself can tell.
        if progress["look"] != nil { return .inDoubt(failure(.unavailable)) }
        switch answer.status {
        case 429: return .notApplied(failure(.limited))
        case 401, 403: return .notApplied(failure(.unauthorized))
        case 408, 409: return unclear(.conflict)
        case 400...499 where ["CONFLICT", "TEMPORARY_ERROR", "IDEMPOTENCY_KEY_REUSED"].contains(fault.code):
            return unclear(.conflict)
        case 400...499 where fault.category == "API_ERROR": return unclear(.unavailable)
        case 400...499 where fault.isDecline: return .refused(failure(.declined))
        case 404: return .notApplied(failure(.notFound))
        case 400...499 where call.operation == .paymentsCapture || call.operation == .paymentsVoid:
            return .goOn(["look": true])
        case 400...499: return .notApplied(failure(.rejected))
        default: return unclear(.unavailable)
        }
    }

    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        answer.status == 429 ? [.refused(limit: nil, wait: answer.retryAfter)] : []
    }
}
