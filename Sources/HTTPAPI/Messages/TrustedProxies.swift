package import Domain
package import Transport

/// How many proxies stand in front of the server, and so whose word of the client's address is taken.
///
/// Each proxy adds the address it was reached from at the right end of `X-Forwarded-For`; what stands further left
/// the client may have written itself.
///
/// | hops | the client is |
/// |---|---|
/// | 0 | the peer; the field means nothing |
/// | 1 | the last entry: what the one proxy saw |
/// | 2 | the last entry but one: what the outer of two proxies saw |
package struct TrustedProxies: Hashable, Sendable {
    /// The most hops.
    package static let hopsMax = 16

    /// How many proxies every request has passed, 0 to `hopsMax`.
    package let hops: Int

    /// No proxy.
    package static let none = TrustedProxies(hops: 0)

    /// Counts proxies; traps out of range.
    package init(hops: Int) {
        precondition((0...Self.hopsMax).contains(hops), "0 to \(Self.hopsMax) proxies can be trusted")
        self.hops = hops
    }

    /// The client's address; nil when it cannot be told: fewer entries than proxies, or one that is no address.
    ///
    /// All lines of the field are read as one list (RFC 9110, section 5.3). An entry is an address and nothing else:
    /// no port, no brackets, no name. Entries to the left of the one that counts are not looked at.
    package func client(peer: String, headers: Headers) -> IPAddress? {
        guard hops > 0 else { return IPAddress(peer) }
        let list = headers.values("x-forwarded-for").joined(separator: ",")
        let entries = list.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard entries.count >= hops else { return nil }
        let trusted = entries.suffix(hops).map { IPAddress(Substring($0.trimmingSpace)) }
        guard trusted.allSatisfy({ $0 != nil }) else { return nil }
        return trusted.first ?? nil
    }
}

extension IPAddress {
    fileprivate init?(_ text: Substring) {
        self.init(String(text))
    }
}

extension Substring.UTF8View {
    /// Without spaces and tabs at both ends.
    fileprivate var trimmingSpace: Substring.UTF8View {
        var rest = self
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
        return rest
    }
}
