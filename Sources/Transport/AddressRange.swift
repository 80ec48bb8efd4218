/// A range of addresses as operators write it: `192.0.2.0/24`, `2001:db8::/32`, or one address alone.
///
/// | text | covers |
/// |---|---|
/// | `198.51.100.7` | that address |
/// | `198.51.100.0/24` | 198.51.100.0 to 198.51.100.255 |
/// | `2001:db8::/32` | every address that begins with 2001:db8 |
/// | `198.51.100.7/24` | nothing: it is no range, the bits behind the prefix must be zero |
/// | `::ffff:198.51.100.0/120` | nothing: an IPv4 range is written as one |
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    /// The first address.
    package let address: IPAddress
    /// How many leading bits are fixed: 0 to 32, or to 128 for IPv6.
    package let length: Int

    /// Reads the text form; nil when it is none.
    package init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = IPAddress(Array(parts[0])),
            address == address.unmapped
        else { return nil }
        let bits = address.isIPv4 ? 32 : 128
        guard let length = parts.count == 1 ? bits : Self.number(parts[1]), length <= bits,
            Self.isStart(address, length)
        else { return nil }
        self.address = address
        self.length = length
    }

    /// Whether the range covers `other`; an IPv4-mapped IPv6 address counts as the IPv4 address inside it.
    package func contains(_ other: IPAddress) -> Bool {
        let other = other.unmapped
        guard address.isIPv4 == other.isIPv4 else { return false }
        if address.isIPv4 { return Self.agree(address.low << 32, other.low << 32, bits: length) }
        return Self.agree(address.high, other.high, bits: min(length, 64))
            && Self.agree(address.low, other.low, bits: max(length - 64, 0))
    }

    package var description: String { "\(address)/\(length)" }

    /// Decimal digits without a leading zero.
    private static func number(_ digits: Substring.UTF8View) -> Int? {
        guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || digits.first != 0x30
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func isStart(_ address: IPAddress, _ length: Int) -> Bool {
        if address.isIPv4 { return rest(address.low << 32, after: length) == 0 }
        return rest(address.high, after: min(length, 64)) == 0
            && rest(address.low, after: max(length - 64, 0)) == 0
    }

    private static func rest(_ word: UInt64, after bits: Int) -> UInt64 {
        bits == 64 ? 0 : word << UInt64(bits)
    }

    private static func agree(_ left: UInt64, _ right: UInt64, bits: Int) -> Bool {
        bits == 0 || (left ^ right) >> UInt64(64 - bits) == 0
    }
}
