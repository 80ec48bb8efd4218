/// What an identifier names; gives it its prefix and makes ids of different things different types.
package protocol IdentifierKind: Sendable {
    /// Lower-case letters before the underscore: `evt`.
    static var prefix: String { get }
}

/// An id in TypeID form: `evt_01j9x…`, a prefix and a UUIDv7 in Crockford base32.
///
/// Ids made later sort later, as bytes, as text and as stored blobs (RFC 9562 section 5.7; TypeID
/// specification 0.3).
package struct Identifier<Kind: IdentifierKind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The first eight bytes of the UUID, big-endian: time, version, 12 random bits.
    package let high: UInt64
    /// The last eight bytes of the UUID, big-endian: variant and 62 random bits.
    package let low: UInt64

    /// Makes a new id for the instant `now`; two ids of one millisecond are ordered by chance.
    package init(now: Instant, random: RandomSource) {
        self.init(milliseconds: UInt64(clamping: now.milliseconds), random.next(), random.next())
    }

    /// Makes the id that belongs to these parts: 48 bits of time, 12 bits of `first`, 62 bits of `second`.
    package init(milliseconds: UInt64, _ first: UInt64, _ second: UInt64) {
        high = milliseconds << 16 | 0x7000 | first & 0xFFF
        low = 0x8000_0000_0000_0000 | second >> 2
    }

    /// Reads 16 stored bytes; nil for any other count.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Reads the text form, lower case only; nil when the prefix, the length or a character is wrong.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        let prefix = Array(Kind.prefix.utf8)
        guard bytes.count == prefix.count + 27, bytes.starts(with: prefix), bytes[prefix.count] == 0x5F else {
            return nil
        }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, byte) in bytes[(prefix.count + 1)...].enumerated() {
            guard let digit = base32Alphabet.firstIndex(of: byte), index > 0 || digit < 8 else { return nil }
            high = high << 5 | low >> 59
            low = low << 5 | UInt64(digit)
        }
        self.high = high
        self.low = low
    }

    /// The 16 bytes of the UUID, as stored.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for word in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
        return bytes
    }

    /// When the id was made, to the millisecond.
    package var instant: Instant {
        Instant(microseconds: Int64(high >> 16) * 1_000)
    }

    package var description: String {
        var digits = [UInt8](repeating: 0, count: 26)
        var high = high
        var low = low
        for index in digits.indices.reversed() {
            digits[index] = base32Alphabet[Int(low & 31)]
            low = low >> 5 | high << 59
            high >>= 5
        }
        return Kind.prefix + "_" + String(decoding: digits, as: UTF8.self)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

private let base32Alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
