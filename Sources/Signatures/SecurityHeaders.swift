import Domain

extension Headers {
    /// The value of a header that decides who is believed (`name` in lower case).
    ///
    /// Must stand there exactly once, hold printable ASCII only (bytes that were no text came in as U+FFFD) and
    /// stay within `bytesMax`.
    func security(_ name: String, bytesMax: Int = securityHeaderBytesMax) throws(SignatureError) -> [UInt8] {
        var value: String?
        for field in fields where field.name == name {
            guard value == nil else { throw .ambiguous(header: name) }
            value = field.value
        }
        guard let value, !value.isEmpty else { throw .missing(header: name) }
        let bytes = Array(value.utf8)
        guard bytes.count <= bytesMax else { throw .malformed(header: name, reason: "too long") }
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .malformed(header: name, reason: "not printable ASCII")
        }
        return bytes
    }
}

/// The longest security header, in bytes.
package let securityHeaderBytesMax = 16_384

/// The most signatures that are read from one header.
package let signaturesMax = 32

/// The number that ASCII digits write: no sign, no space, no exponent, at most 15 digits.
///
/// `Int("+5")` is 5, which is why this is not `Int`.
func wholeNumber(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard (1...15).contains(digits.count) else { return nil }
    var value: Int64 = 0
    for digit in digits {
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + Int64(digit - 0x30)
    }
    return value
}

/// How far a signed timestamp may lie from now, in each direction; the limit itself is inside.
package struct TimestampTolerance: Hashable, Sendable {
    /// How old a timestamp may be.
    package let past: Duration
    /// How far ahead a timestamp may be.
    package let future: Duration

    /// 300 s both ways: what Stripe's and Standard Webhooks' libraries use.
    package static let fiveMinutes = TimestampTolerance(past: .seconds(300), future: .seconds(300))

    /// Makes a tolerance; neither may be negative.
    package init(past: Duration, future: Duration) {
        precondition(past >= .zero && future >= .zero, "a tolerance is not negative")
        self.past = past
        self.future = future
    }

    /// Throws when `timestamp` lies too far from `now`.
    func check(_ timestamp: Instant, now: Instant) throws(SignatureError) {
        let age = now - timestamp
        guard age <= past else { throw .tooOld }
        guard Duration.zero - age <= future else { throw .tooNew }
    }
}
