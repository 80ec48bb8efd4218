import Domain

/// How one payment of a couple comes about, event by event.
///
///     checkout: created -(declined)*-> succeeded -> charge.succeeded -> session completed -(refunded)?-> end
///     invoice:  finalized -> paid -> end
struct StripeStory: Sendable {
    /// One thing that happens, and the object it happens to.
    struct Happening {
        let type: String
        /// What Stripe orders by, as `StripeWebhooks` reads it.
        let subject: String
        let object: JSONValue
    }

    private enum Step {
        case intentCreated
        case declined
        case intentSucceeded
        case chargeSucceeded
        case sessionCompleted
        case refunded
        case invoiceFinalized
        case invoicePaid
    }

    private let objects: StripeObjects
    private var steps: [Step]

    init(_ dice: inout Dice) {
        objects = StripeObjects(&dice)
        guard dice.happens(perMille: 750) else {
            steps = [.invoiceFinalized, .invoicePaid]
            return
        }
        steps = [.intentCreated]
        while steps.count < 3, dice.happens(perMille: 200) { steps.append(.declined) }
        steps += [.intentSucceeded, .chargeSucceeded, .sessionCompleted]
        if dice.happens(perMille: 150) { steps.append(.refunded) }
    }

    /// Whether everything has happened.
    var isOver: Bool { steps.isEmpty }

    /// Lets the next thing happen; a story that is over has none.
    mutating func next(now: Instant) -> Happening? {
        guard !steps.isEmpty else { return nil }
        switch steps.removeFirst() {
        case .intentCreated:
            return about(
                objects.intent,
                "payment_intent.created",
                objects.paymentIntent("requires_payment_method", now: now)
            )
        case .declined:
            let object = objects.paymentIntent("requires_payment_method", declined: true, now: now)
            return about(objects.intent, "payment_intent.payment_failed", object)
        case .intentSucceeded:
            return about(
                objects.intent,
                "payment_intent.succeeded",
                objects.paymentIntent("succeeded", now: now)
            )
        case .chargeSucceeded:
            return about(objects.intent, "charge.succeeded", objects.charge(refunded: false, now: now))
        case .sessionCompleted:
            return about(objects.intent, "checkout.session.completed", objects.completedSession(now: now))
        case .refunded:
            return about(objects.intent, "charge.refunded", objects.charge(refunded: true, now: now))
        case .invoiceFinalized:
            return about(objects.invoice, "invoice.finalized", objects.invoice(paid: false, now: now))
        case .invoicePaid:
            return about(objects.invoice, "invoice.paid", objects.invoice(paid: true, now: now))
        }
    }

    private func about(_ subject: String, _ type: String, _ object: JSONValue) -> Happening {
        Happening(type: type, subject: subject, object: object)
    }
}
