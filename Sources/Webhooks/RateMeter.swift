package import Domain

/// Counts happenings: in all, in the last minute and in the last hour, by whole minutes.
package struct RateMeter: Sendable {
    private static let minutesKept = 60

    /// How many there were since the meter was made.
    package private(set) var total = 0
    private var counts = [UInt32](repeating: 0, count: minutesKept)
    private var latestMinute = Int64.min

    /// Makes a meter at zero.
    package init() {}

    /// Counts one happening at `now`; an instant before the latest one counts for the latest minute.
    package mutating func add(at now: Instant) {
        advance(to: minute(now))
        counts[slot(latestMinute)] &+= 1
        total += 1
    }

    /// How many there were in the 60 whole minutes up to and with that of `now`.
    package func lastHour(at now: Instant) -> Int {
        sum(of: Self.minutesKept, at: now)
    }

    /// How many there were in the minute of `now` and the one before it: "lately".
    package func lastTwoMinutes(at now: Instant) -> Int {
        sum(of: 2, at: now)
    }

    private func sum(of minutes: Int, at now: Instant) -> Int {
        var meter = self
        meter.advance(to: minute(now))
        return (0..<Int64(minutes)).reduce(0) { $0 + Int(meter.counts[slot(meter.latestMinute - $1)]) }
    }

    private mutating func advance(to minute: Int64) {
        guard minute > latestMinute else { return }
        if latestMinute == .min || minute - latestMinute >= Int64(Self.minutesKept) {
            counts = [UInt32](repeating: 0, count: Self.minutesKept)
        } else {
            for passed in (latestMinute + 1)...minute { counts[slot(passed)] = 0 }
        }
        latestMinute = minute
    }

    private func slot(_ minute: Int64) -> Int {
        let remainder = Int(minute % Int64(Self.minutesKept))
        return remainder < 0 ? remainder + Self.minutesKept : remainder
    }

    private func minute(_ instant: Instant) -> Int64 {
        instant.seconds / 60
    }
}
