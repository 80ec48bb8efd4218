/// What became of one request on its way to a vendor and back.
package enum VendorExchange: Hashable, Sendable {
    /// An answer comes after this long.
    case answer(VendorAnswer, after: Duration)
    /// There was no connection: not a byte reached the vendor.
    case refused
    /// The connection stands and nothing ever comes back; nothing took effect.
    case silence
    /// The connection breaks after this long, without an answer.
    case dropped(after: Duration)
}
