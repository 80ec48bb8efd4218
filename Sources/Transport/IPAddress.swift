/// An IPv4 or IPv6 address without a zone.
///
/// The text forms that are read are those of `inet_pton` and no others: four decimal parts without leading zeros
/// (RFC 6943 section 3.1.1), or RFC 4291 section 2.2. `127.1`, `0x7f.1`, `2130706433` and `0177.0.0.1`, which
/// `getaddrinfo` takes for 127.0.0.1, are no addresses here.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// Whether it is an IPv4 address.
    package let isIPv4: Bool
    /// The first 64 bits of an IPv6 address; zero for IPv4.
    let high: UInt64
    /// The last 64 bits of an IPv6 address, or the 32 of an IPv4 address.
    let low: UInt64

    /// Makes an IPv4 address from its 32 bits, the first part highest.
    package init(ipv4 bits: UInt32) {
        isIPv4 = true
        high = 0
        low = UInt64(bits)
    }

    /// Makes an IPv6 address from its 128 bits.
    package init(ipv6 high: UInt64, _ low: UInt64) {
        isIPv4 = false
        self.high = high
        self.low = low
    }

    /// Reads the text form; nil when it is none.
    package init?(_ text: String) {
        self.init(Array(text.utf8))
    }

    init?(_ bytes: [UInt8]) {
        if bytes.contains(0x3A) {
            guard let groups = Self.groups(bytes) else { return nil }
            self.init(
                ipv6: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
                groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
            )
        } else {
            guard let bits = Self.dotted(bytes[...]) else { return nil }
            self.init(ipv4: bits)
        }
    }

    /// The IPv4 address inside an IPv4-mapped IPv6 address (`::ffff:0:0/96`), else the address itself.
    package var unmapped: IPAddress {
        guard !isIPv4, high == 0, low >> 32 == 0xFFFF else { return self }
        return IPAddress(ipv4: UInt32(truncatingIfNeeded: low))
    }

    /// The canonical text (RFC 5952).
    package var description: String {
        guard !isIPv4 else {
            return [24, 16, 8, 0].map { String(low >> UInt64($0) & 0xFF) }.joined(separator: ".")
        }
        let groups = [high, low].flatMap { word in [48, 32, 16, 0].map { word >> UInt64($0) & 0xFFFF } }
        guard let zeros = Self.longestZeros(groups) else { return Self.hex(groups[...]) }
        return Self.hex(groups[..<zeros.lowerBound]) + "::" + Self.hex(groups[zeros.upperBound...])
    }

    private static func hex(_ groups: ArraySlice<UInt64>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    /// The first longest row of two or more zero groups.
    private static func longestZeros(_ groups: [UInt64]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > best?.count ?? 0 { best = start..<end }
            start = max(end, start) + 1
        }
        return best
    }

    /// Four decimal parts, no leading zeros.
    private static func dotted(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != 0x30
            else { return nil }
            let value = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard value <= 255 else { return nil }
            bits = bits << 8 | value
        }
        return bits
    }

    /// Eight groups, with at most one `::` and perhaps a dotted tail.
    private static func groups(_ bytes: [UInt8]) -> [UInt16]? {
        guard bytes.count <= 45 else { return nil }
        guard let gap = bytes.indices.dropLast().first(where: { bytes[$0] == 0x3A && bytes[$0 + 1] == 0x3A })
        else {
            let all = run(bytes[...], tail: true)
            return all?.count == 8 ? all : nil
        }
        guard let left = run(bytes[..<gap], tail: false), let right = run(bytes[(gap + 2)...], tail: true),
            left.count + right.count <= 7
        else { return nil }
        return left + Array(repeating: 0, count: 8 - left.count - right.count) + right
    }

    /// Groups between colons; none for no bytes.
    private static func run(_ bytes: ArraySlice<UInt8>, tail: Bool) -> [UInt16]? {
        guard !bytes.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = bytes.split(separator: 0x3A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if tail, index == parts.count - 1, part.contains(0x2E) {
                guard let bits = dotted(part) else { return nil }
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
            } else {
                guard let group = group(part) else { return nil }
                groups.append(group)
            }
        }
        return groups.count <= 8 ? groups : nil
    }

    private static func group(_ part: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(part.count) else { return nil }
        var value: UInt16 = 0
        for byte in part {
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt16(byte - 0x30)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | UInt16((byte | 0x20) - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }
}
