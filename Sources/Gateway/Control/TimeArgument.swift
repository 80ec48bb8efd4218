package import Domain

/// Reads points in time as people write them.
package enum TimeArgument {
    /// Reads an RFC 3339 instant, or how long ago: `90s`, `15m`, `2h`, `3d`; nil for anything else.
    package static func instant(_ text: String, now: Instant) -> Instant? {
        if let instant = Instant(text) { return instant }
        return seconds(text).map { now - .seconds($0) }
    }

    /// Reads a length of time, `90s`, `30m`, `2h`, `3d`, in seconds; nil for anything else.
    package static func seconds(_ text: String) -> Int64? {
        guard let unit = text.last, let count = Int64(text.dropLast()), (0...1_000_000).contains(count) else {
            return nil
        }
        switch unit {
        case "s": return count
        case "m": return count * 60
        case "h": return count * 3_600
        case "d": return count * 86_400
        default: return nil
        }
    }
}
