/// Something that goes wrong on the vendor's side, on command: it befalls the next event that happens.
package enum StripeFault: Hashable, Sendable {
    /// The event is sent twice at the same time, as at-least-once senders do.
    case duplicate
    /// The event is first sent this much later.
    case delay(Duration)
    /// The event is sent after the one that happens next.
    case reorder
    /// A stranger sends a copy under an id of its own, signed with a key that is not the endpoint's.
    case badSignature
    /// This many events happen at once, at most `StripeSandbox.burstMax`.
    case burst(Int)
}
