extension HealthMachine {
    /// The limits of a health machine.
    package struct Limits: Hashable, Sendable {
        /// Without the end of a call for this long an integration is idle, and probes speak for it.
        package var idle: Duration
        /// Green probes in a row that confirm recovery.
        package var greenMin: Int
        /// Red probes in a row that make an idle integration unhealthy.
        package var redUnhealthy: Int
        /// Red probes in a row that make an idle integration down.
        package var redDown: Int
        /// A probe counts for this long; not less than twice the time between two.
        package var probeStale: Duration
        /// What a status page said counts for this long.
        package var statementStale: Duration
        /// How long a state is kept after the last verdict as bad as down.
        package var keepsDown: Duration
        /// How long a state is kept after the last verdict as bad as unhealthy.
        package var keepsUnhealthy: Duration
        /// How long a state is kept after the last verdict as bad as degraded.
        package var keepsDegraded: Duration

        /// Makes limits; every one has a default.
        package init(
            idle: Duration = .seconds(60),
            greenMin: Int = 3,
            redUnhealthy: Int = 2,
            redDown: Int = 4,
            probeStale: Duration = .seconds(600),
            statementStale: Duration = .seconds(1800),
            keepsDown: Duration = .seconds(10),
            keepsUnhealthy: Duration = .seconds(30),
            keepsDegraded: Duration = .seconds(60)
        ) {
            self.idle = idle
            self.greenMin = greenMin
            self.redUnhealthy = redUnhealthy
            self.redDown = redDown
            self.probeStale = probeStale
            self.statementStale = statementStale
            self.keepsDown = keepsDown
            self.keepsUnhealthy = keepsUnhealthy
            self.keepsDegraded = keepsDegraded
        }

        /// Traps on limits that make no sense.
        func check() {
            precondition(idle > .zero, "idle is a positive time")
            precondition((1...100).contains(greenMin), "1 to 100 green probes confirm recovery")
            precondition(1 <= redUnhealthy && redUnhealthy <= redDown && redDown <= 100, "red probes add up")
            precondition(probeStale > .zero && statementStale > .zero, "what was heard counts for a while")
            precondition(
                .zero <= keepsDown && .zero <= keepsUnhealthy && .zero <= keepsDegraded,
                "a state is kept for some time or none"
            )
        }

        func keeps(_ level: HealthState) -> Duration {
            switch level {
            case .down: keepsDown
            case .unhealthy: keepsUnhealthy
            case .degraded, .healthy, .unknown: keepsDegraded
            }
        }
    }
}
