/// The CRC-32 of IEEE 802.3 (as in gzip and PNG; RFC 1952 section 8): tells typing and copying damage, not
/// forgery.
package enum CRC32 {
    /// The checksum of `bytes`; `123456789` gives `cbf43926`.
    package static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            remainder = table[Int((remainder ^ UInt32(byte)) & 0xFF)] ^ (remainder >> 8)
        }
        return ~remainder
    }

    /// The remainders of all single bytes, for the reflected polynomial 0xEDB88320.
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { remainder, _ in
            remainder & 1 == 0 ? remainder >> 1 : (remainder >> 1) ^ 0xEDB8_8320
        }
    }
}
