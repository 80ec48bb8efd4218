import Access
import Domain

/// Finds Usher's API key in a request of a provider's SDK, which sends it in the place of the provider's own.
///
/// | SDKs | place |
/// |---|---|
/// | any that can add a field | `Usher-Key: ushk_…` |
/// | Stripe, Square, SendGrid, Google, … | `Authorization: Bearer ushk_…` |
/// | Twilio, CalDAV, Stripe's older ones | `Authorization: Basic`, the user or the password |
///
/// The first place that has a field counts; a second one is not looked at.
enum ProxyKey {
    /// The field for SDKs that have no other place.
    static let header = "usher-key"

    /// The key as `APIKeys.authenticate` takes it; nil when the request has none.
    static func authorization(_ headers: Headers) -> String? {
        let own = headers.values(header)
        if let key = own.first { return own.count == 1 ? "Bearer \(key)" : "" }
        let sent = headers.values("authorization")
        guard let authorization = sent.first else { return nil }
        // Two of them: nobody knows which one counts.
        guard sent.count == 1 else { return "" }
        return basic(authorization) ?? authorization
    }

    /// The half of HTTP Basic that looks like a key; nil when the scheme is another.
    private static func basic(_ authorization: String) -> String? {
        let scheme = "basic ".utf8
        let bytes = Array(authorization.utf8)
        guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) else {
            return nil
        }
        let pair = bytes.dropFirst(scheme.count).drop { $0 == 0x20 }
        guard let decoded = Base64.decode(String(decoding: pair, as: UTF8.self)),
            let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return "" }
        let halves = [decoded[..<colon], decoded[(colon + 1)...]]
        let key = halves.first { $0.starts(with: APIKeyText.prefix.utf8) }
        return key.map { "Bearer \(String(decoding: $0, as: UTF8.self))" } ?? ""
    }
}
