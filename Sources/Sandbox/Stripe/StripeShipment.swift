package import Signatures

/// One request that Stripe sends: one try of one event.
package struct StripeShipment: Sendable {
    /// What it is.
    package enum Kind: Hashable, Sendable {
        /// The event, or its next try.
        case original
        /// A second copy of the same try.
        case duplicate
        /// Not from Stripe: the signature is wrong.
        case forged
    }

    /// Names the shipment when its answer is reported.
    package let number: Int
    /// The event's id.
    package let eventID: String
    /// The event's type.
    package let type: String
    /// Which try of the event it is, from 1.
    package let attempt: Int
    /// What it is.
    package let kind: Kind
    /// The signed request.
    package let request: WebhookRequest
}
