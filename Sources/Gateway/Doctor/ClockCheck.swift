package import Domain

/// Whether the wall clock can be believed.
package enum ClockCheck {
    /// The first year in which this can run: a clock before it starts from a dead battery.
    package static let yearMin = 2_026
    /// A year that only a mistake gives.
    package static let yearMax = 2_100
    /// How far wall time and time since the start may drift apart while the doctor looks.
    package static let driftMax = Duration.milliseconds(20)

    /// What two readings of both clocks mean.
    package static func finding(
        wall: (first: Instant, second: Instant),
        elapsed: (first: Duration, second: Duration)
    ) -> Finding {
        let check = "clock"
        let year = CivilDate(daysSinceEpoch: wall.second.dayNumber).year
        guard (yearMin...yearMax).contains(year) else {
            return .problem(
                check,
                "the clock says \(wall.second)",
                mend: "set it and keep it right with NTP: signatures are only good for five minutes"
            )
        }
        let drift = (wall.second - wall.first) - (elapsed.second - elapsed.first)
        guard drift <= driftMax, drift >= .zero - driftMax else {
            return .warning(
                check,
                "the clock moved by \(Int((drift / .milliseconds(1)).rounded())) ms within a moment",
                mend:
                    "let NTP slew the clock, not step it; on a virtual machine look at its time synchronisation"
            )
        }
        return .ok(check, "the clock says \(wall.second) and runs evenly")
    }
}
