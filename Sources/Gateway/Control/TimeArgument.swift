package import Domain

/// Reads points in time as people write them.
package enum TimeArgument {
    /// Reads an RFC 3339 instant, or how long ago: `90s`, `15m`, `2h`, `3d`; nil for anything else.
    package static func instant(_ text: String, now: Instant) -> Instant? {
        if let instant = Instant(text) { return instant }
        guard let unit = text.last, let count = Int64(text.dropLast()), (0...1_000_000).contains(count) else {
            return nil
        }
        let seconds: Int64
        switch unit {
        case "s": seconds = 1
        case "m": seconds = 60
        case "h": seconds = 3_600
        case "d": seconds = 86_400
        default: return nil
        }
        return now - .seconds(count * seconds)
    }
}
