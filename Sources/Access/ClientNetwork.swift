#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Who failed attempts are counted against: an IPv4 address, or the first 64 bits of an IPv6 address (a customer
/// is given at least that many, so the rest is his to choose).
package struct ClientNetwork: Hashable, Sendable {
    private let bits: UInt64
    private let isVersion6: Bool

    /// Reads an address in text form, without port or zone; whatever is no address counts as one client.
    ///
    /// IPv4 mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
    package init(address: String) {
        if let bytes = Self.bytes(address, AF_INET, count: 4) {
            self.init(version4: bytes[...])
        } else if let bytes = Self.bytes(address, AF_INET6, count: 16) {
            let mapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            self = mapped ? ClientNetwork(version4: bytes[12...]) : ClientNetwork(version6: bytes[..<8])
        } else {
            self.init(version6: [])
        }
    }

    private init(version4 bytes: ArraySlice<UInt8>) {
        bits = Self.number(bytes)
        isVersion6 = false
    }

    private init(version6 bytes: ArraySlice<UInt8>) {
        bits = Self.number(bytes)
        isVersion6 = true
    }

    /// Any order, the same in every run.
    var order: (UInt64, Int) { (bits, isVersion6 ? 1 : 0) }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func bytes(_ address: String, _ family: CInt, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = unsafe bytes.withUnsafeMutableBytes { unsafe inet_pton(family, address, $0.baseAddress) }
        return result == 1 ? bytes : nil
    }
}
