package import Domain

/// How urgent an event of a type is by itself; weddings and their phases raise it later.
///
/// The first row that fits decides; a `*` at the end stands for any rest.
///
/// | Stripe type | priority | why |
/// |---|---|---|
/// | `charge.dispute.*`, `radar.early_fraud_warning.*`, `review.opened` | high | an answer is due by a date |
/// | `*.payment_failed`, `*.failed`, `*.payment_action_required`, `*.requires_action`, `*.async_payment_failed`, `*.marked_uncollectible` | high | somebody must act or a booking falls through |
/// | `payment_intent.succeeded`, `checkout.session.completed`, `checkout.session.async_payment_succeeded`, `invoice.paid` | high | a booking waits for it |
/// | `product.*`, `price.*`, `plan.*`, `coupon.*`, `promotion_code.*`, `tax_rate.*`, `reporting.*`, `sigma.*`, `file.*`, `balance.*` | low | the catalogue and book-keeping |
/// | all others: `payment_intent.*`, `charge.*`, `refund.*`, `customer.*`, … | normal | |
///
/// The tables of the other providers stand beside their schemes. Events of Standard Webhooks and generic sources are
/// normal unless their source's settings say otherwise. Nothing is critical by its type alone.
package enum EventPriority {
    /// The priority of one of Stripe's event types.
    package static func stripe(_ type: String) -> Priority {
        stripeRules.priority(of: type)
    }

    private static let stripeRules = PriorityRules(
        high: [
            "charge.dispute.*", "radar.early_fraud_warning.*", "review.opened",
            "*.payment_failed", "*.failed", "*.payment_action_required", "*.requires_action",
            "*.async_payment_failed", "*.marked_uncollectible",
            "payment_intent.succeeded", "checkout.session.completed",
            "checkout.session.async_payment_succeeded", "invoice.paid",
        ],
        low: [
            "product.*", "price.*", "plan.*", "coupon.*", "promotion_code.*", "tax_rate.*",
            "reporting.*", "sigma.*", "file.*", "balance.*",
        ]
    )
}

/// Which types of one provider are urgent and which can wait; the first that fits decides, all others are normal.
///
/// A `*` at the end or at the start of a pattern stands for any rest.
struct PriorityRules: Sendable {
    let high: [String]
    let low: [String]

    func priority(of type: String) -> Priority {
        if high.contains(where: { matches($0, type) }) { return .high }
        return low.contains(where: { matches($0, type) }) ? .low : .normal
    }

    private func matches(_ pattern: String, _ type: String) -> Bool {
        if pattern.utf8.first == UInt8(ascii: "*") {
            return type.utf8.reversed().starts(with: pattern.utf8.dropFirst().reversed())
        }
        if pattern.utf8.last == UInt8(ascii: "*") { return type.utf8.starts(with: pattern.utf8.dropLast()) }
        return type.utf8.elementsEqual(pattern.utf8)
    }
}
