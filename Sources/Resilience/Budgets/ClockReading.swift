package import Domain

/// What both clocks say at one moment: rates and waits go by the first, a provider's windows by the second.
package struct ClockReading: Hashable, Sendable {
    /// Time since an arbitrary start that never goes back.
    package let elapsed: Duration
    /// The wall clock, which may step.
    package let wall: Instant

    /// Pairs two readings taken together.
    package init(elapsed: Duration, wall: Instant) {
        self.elapsed = elapsed
        self.wall = wall
    }

    /// Both clocks `duration` later, if neither steps.
    package static func + (reading: ClockReading, duration: Duration) -> ClockReading {
        ClockReading(elapsed: reading.elapsed + duration, wall: reading.wall + duration)
    }

    /// The time that has passed, in seconds.
    var seconds: Double { elapsed.inSeconds }
    /// The wall clock in seconds since 1970.
    var wallSeconds: Double { Double(wall.microseconds) / 1_000_000 }
}

/// A wait of `seconds` as a duration, rounded up to a whole microsecond and more than zero: who waits it has waited
/// long enough.
func roundedUp(_ seconds: Double) -> Duration {
    .microseconds(Int64(min(max((seconds * 1_000_000).rounded(.up), 1), 1e15)))
}
