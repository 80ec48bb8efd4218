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
/// Events of other providers are normal unless their source's settings say otherwise. Nothing is critical by its
/// type alone.
package enum EventPriority {
    /// The priority of one of Stripe's event types.
    package static func stripe(_ type: String) -> Priority {
        rules.first { $0.pattern.matches(type) }?.priority ?? .normal
    }

    private struct Pattern: Sendable {
        let text: String

        func matches(_ type: String) -> Bool {
            if text.utf8.first == UInt8(ascii: "*") {
                return type.utf8.reversed().starts(with: text.utf8.dropFirst().reversed())
            }
            if text.utf8.last == UInt8(ascii: "*") { return type.utf8.starts(with: text.utf8.dropLast()) }
            return type.utf8.elementsEqual(text.utf8)
        }
    }

    private static let rules: [(pattern: Pattern, priority: Priority)] =
        [
            "charge.dispute.*", "radar.early_fraud_warning.*", "review.opened",
            "*.payment_failed", "*.failed", "*.payment_action_required", "*.requires_action",
            "*.async_payment_failed", "*.marked_uncollectible",
            "payment_intent.succeeded", "checkout.session.completed",
            "checkout.session.async_payment_succeeded", "invoice.paid",
        ].map { (Pattern(text: $0), .high) }
        + [
            "product.*", "price.*", "plan.*", "coupon.*", "promotion_code.*", "tax_rate.*",
            "reporting.*", "sigma.*", "file.*", "balance.*",
        ].map { (Pattern(text: $0), .low) }
}
