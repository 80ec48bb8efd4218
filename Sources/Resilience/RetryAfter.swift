package import Domain

/// Reads the `Retry-After` field of an answer (RFC 9110 section 10.2.3).
///
/// | value, at Sun, 06 Nov 1994 08:49:00 GMT | wait |
/// |---|---|
/// | `120` | 120 s |
/// | `Sun, 06 Nov 1994 08:49:37 GMT` | 37 s |
/// | `Sunday, 06-Nov-94 08:49:37 GMT` | 37 s |
/// | `Sun Nov  6 08:49:37 1994` | 37 s |
/// | `Sun, 06 Nov 1994 08:00:00 GMT` | 0 s |
/// | `99999999` | 24 h |
/// | `-3`, `+3`, `1.5`, `120 s`, `soon`, nothing | none |
package enum RetryAfter {
    /// The longest wait that is believed; see `DeliverySchedule.serverWaitMax`.
    package static let longest = DeliverySchedule.serverWaitMax

    /// The wait that `value` asks for at `now`, from zero to `longest`; nil when it is neither digits nor a date.
    ///
    /// Values longer than 64 bytes are not read.
    package static func parse(_ value: String, now: Instant) -> Duration? {
        let bytes = Array(value.utf8.prefix(65))
        guard !bytes.isEmpty, bytes.count <= 64 else { return nil }
        if bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            return bytes.reduce(Duration.zero) { min($0 * 10 + .seconds(Int64($1 - 0x30)), longest) }
        }
        guard let date = HTTPDate.parse(bytes, now: now) else { return nil }
        return min(max(date - now, .zero), longest)
    }
}
