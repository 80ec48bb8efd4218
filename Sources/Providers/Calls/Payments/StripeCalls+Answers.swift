package import Domain
package import Resilience

extension StripeCalls {
    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        let isDraft = isDraft(call, progress)
        guard answer.isSuccess else { return fault(answer, call, isDraft: isDraft) }
        let verdict: CallVerdict?
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize:
            let intent = StripeIntent(answer.json)
            verdict =
                isDraft
                ? intent.map { .goOn(["intent": .string($0.id)]) }
                : intent.flatMap { charged($0, fallback: call.askedAmount) }
        case .paymentsCapture where !isDraft:
            verdict = StripeIntent(answer.json).flatMap { captured($0, call) }
        case .paymentsRefund where !isDraft: verdict = StripeRefund(answer.json)?.verdict
        case .paymentsCapture, .paymentsRefund:
            verdict = StripeIntent(answer.json).flatMap { looked($0, call, progress) }
        case .paymentsVoid: verdict = StripeIntent(answer.json).flatMap { voided($0, call) }
        default:
            let outcome =
                isRefund(call)
                ? StripeRefund(answer.json)?.outcome : StripeIntent(answer.json)?.outcome(fallback: nil)
            verdict = outcome.map { .succeeded($0) }
        }
        return verdict ?? unclear(Self.unreadable, isDraft: isDraft)
    }

    /// Whether the request that the progress leads to changes nothing that counts: a draft of an intent, or a read.
    private func isDraft(_ call: CallRequest, _ progress: JSONValue) -> Bool {
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize: progress["intent"] == nil
        case .paymentsCapture: call.askedAmount != nil && progress["currency"] == nil
        case .paymentsRefund:
            progress["refunded"] != nil || (call.askedAmount != nil && progress["currency"] == nil)
        case .paymentsVoid: false
        default: true
        }
    }

    static let unreadable = ProviderFailure(
        .unavailable,
        code: "unreadable_answer",
        message: "Stripe's answer could not be read"
    )

    /// What nobody can be sure of: nothing happened when the request was a draft.
    private func unclear(_ failure: ProviderFailure, isDraft: Bool) -> CallVerdict {
        isDraft ? .notApplied(failure) : .inDoubt(failure)
    }

    // MARK: Answers of success

    /// What an intent says of its confirmation; nil when it tells too little.
    ///
    /// | status | verdict |
    /// |---|---|
    /// | `succeeded`, `requires_capture`, `processing`, `requires_action` | succeeded, with that status |
    /// | `requires_payment_method` after an error | refused: the bank said no |
    /// | `canceled` | not applied: it will never be paid |
    /// | `requires_confirmation`, others | in doubt: not confirmed, as far as one sees |
    func charged(_ intent: StripeIntent, fallback: Money?) -> CallVerdict? {
        switch intent.status {
        case "succeeded", "requires_capture", "processing", "requires_action":
            return intent.outcome(fallback: fallback).map { .succeeded($0) }
        case "canceled":
            return .notApplied(
                ProviderFailure(.rejected, code: "canceled", message: "The payment was cancelled at Stripe")
            )
        default:
            if let decline = intent.decline { return .refused(decline) }
            return .inDoubt(
                ProviderFailure(
                    .conflict,
                    code: intent.status,
                    message: "Stripe has not confirmed the payment"
                )
            )
        }
    }

    /// What an intent says of its capture; nil when it tells too little.
    func captured(_ intent: StripeIntent, _ call: CallRequest) -> CallVerdict? {
        switch intent.status {
        case "succeeded", "processing":
            guard let outcome = intent.outcome(fallback: call.askedAmount) else { return nil }
            let taken = outcome.reply["amount"]?["amount"]?.int64
            guard let asked = call.askedAmount, let taken, asked.minorUnits != taken else {
                return .succeeded(outcome)
            }
            return .notApplied(
                ProviderFailure(
                    .rejected,
                    code: "already_captured",
                    message:
                        "Another amount of this payment has been captured before; only one capture is possible"
                )
            )
        case "canceled":
            return .notApplied(
                ProviderFailure(
                    .rejected,
                    code: "canceled",
                    message: "The authorization was cancelled or has expired"
                )
            )
        default:
            return .inDoubt(
                ProviderFailure(
                    .conflict,
                    code: intent.status,
                    message: "Stripe has not captured the payment"
                )
            )
        }
    }

    /// What an intent says of its cancellation; nil when it tells too little.
    func voided(_ intent: StripeIntent, _ call: CallRequest) -> CallVerdict? {
        switch intent.status {
        case "canceled": return intent.outcome(fallback: nil).map { .succeeded($0) }
        case "succeeded", "processing":
            return .notApplied(
                ProviderFailure(
                    .rejected,
                    code: "already_captured",
                    message: "The money has been taken already: refund the payment instead"
                )
            )
        default:
            return .inDoubt(
                ProviderFailure(
                    .conflict,
                    code: intent.status,
                    message: "Stripe has not cancelled the payment"
                )
            )
        }
    }

    /// What reading the intent before, or after, a capture or refund says.
    private func looked(_ intent: StripeIntent, _ call: CallRequest, _ progress: JSONValue) -> CallVerdict? {
        if progress["refunded"] != nil { return intent.outcome(fallback: nil).map { .succeeded($0) } }
        guard let asked = call.askedAmount, asked.currency.lowercaseCode != lowercasedASCII(intent.currency)
        else {
            return .goOn(["currency": .string(intent.currency)])
        }
        return .notApplied(
            ProviderFailure(
                .rejected,
                code: "currency_mismatch",
                message: "The payment was made in another currency than \(asked.currency)"
            )
        )
    }

    // MARK: Answers of error

    /// What an error says.
    ///
    /// | answer | verdict |
    /// |---|---|
    /// | 402 | refused: the bank said no, or wants the payer |
    /// | 429 `rate_limit` | not applied, limited |
    /// | 429 `lock_timeout` | not applied, conflict: the object is locked, not the account over a limit |
    /// | 409, 424, 5xx, 3xx | in doubt; not applied for drafts and reads |
    /// | 400 `idempotency_error` | in doubt: the key is known with other parameters, so an earlier request with it ran |
    /// | 400 `payment_intent_unexpected_state` | what the intent in the error says; in doubt without one |
    /// | 401, 403 | not applied, unauthorized |
    /// | 404 | not applied, not found |
    /// | other 4xx | not applied, rejected; a conflict when `Stripe-Should-Retry: true` |
    private func fault(_ answer: ProviderAnswer, _ call: CallRequest, isDraft: Bool) -> CallVerdict {
        let fault = StripeFault(answer.json?["error"])
        let failure = { (kind: ProviderFailure.Kind, wait: Duration?) in
            ProviderFailure(
                kind,
                code: fault.word(or: "http_\(answer.status)"),
                message: fault.message,
                wait: wait
            )
        }
        let shouldRetry = answer.headers.first("stripe-should-retry")
        switch answer.status {
        case 402: return .refused(fault.declined)
        case 429:
            let isLock = fault.code == "lock_timeout" && answer.headers.first(Self.limitReasonHeader) == nil
            return .notApplied(failure(isLock ? .conflict : .limited, answer.retryAfter))
        case 409, 424: return unclear(failure(.conflict, answer.retryAfter), isDraft: isDraft)
        case 401, 403:
            return .notApplied(
                ProviderFailure(
                    .unauthorized,
                    code: fault.word(or: "http_\(answer.status)"),
                    message: "Stripe does not accept the key, or the key may not do this"
                )
            )
        case 404: return .notApplied(failure(.notFound, nil))
        case 400 where fault.type == "idempotency_error":
            return unclear(failure(.conflict, nil), isDraft: isDraft)
        case 400 where fault.code == "payment_intent_unexpected_state" && !isDraft:
            return unexpected(fault.intent, call) ?? .inDoubt(failure(.conflict, nil))
        case 400 where fault.code == "charge_already_refunded" && call.askedAmount == nil && !isDraft:
            return .goOn(["refunded": true])
        case 400...499:
            return .notApplied(failure(shouldRetry == "true" ? .conflict : .rejected, answer.retryAfter))
        default: return unclear(failure(.unavailable, answer.retryAfter), isDraft: isDraft)
        }
    }

    /// What an intent that was not in the state for the operation says of it: often that it is done already.
    func unexpected(_ intent: StripeIntent?, _ call: CallRequest) -> CallVerdict? {
        guard let intent else { return nil }
        switch call.operation {
        case .paymentsCharge, .paymentsAuthorize: return charged(intent, fallback: call.askedAmount)
        case .paymentsCapture: return captured(intent, call)
        case .paymentsVoid: return voided(intent, call)
        default:
            return .notApplied(
                ProviderFailure(
                    .rejected,
                    code: "payment_intent_unexpected_state",
                    message: "The payment is \(intent.status) at Stripe"
                )
            )
        }
    }

    // MARK: Limits

    static let limitReasonHeader = "stripe-rate-limited-reason"

    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        guard answer.status == 429 else { return [] }
        let reason = answer.headers.first(Self.limitReasonHeader)
        let code = StripeFault(answer.json?["error"]).code
        guard reason != nil || code != "lock_timeout" else { return [] }
        let isGlobal = reason == "global-rate" || reason == "global-concurrency"
        return [.refused(limit: isGlobal ? "global" : nil, wait: answer.retryAfter)]
    }
}
