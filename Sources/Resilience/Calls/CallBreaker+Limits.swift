extension CallBreaker {
    /// The limits of a breaker of outgoing calls.
    package struct Limits: Hashable, Sendable {
        /// Outcomes that must be in a window before its shares count.
        package var outcomesMin: Int
        /// The share of failures that opens it, 0 to 1.
        package var failureShareMax: Double
        /// The share of slow answers that opens it, 0 to 1.
        package var slowShareMax: Double
        /// The first pause, before jitter.
        package var pauseBase: Duration
        /// The longest pause, before jitter.
        package var pauseMax: Duration
        /// How long it must be closed for the next pause to be one step shorter.
        package var healthyTime: Duration
        /// Probes in flight while half open, 1 to 8; as many must succeed.
        package var probesMax: Int
        /// How long a probe holds its permit when nobody tells how it ended; not less than a call's time-out.
        package var probeLease: Duration
        /// The least time of one step of the ramp.
        package var rampStepMin: Duration
        /// Calls that must have been asked for in one step of the ramp.
        package var rampCallsMin: Int
        /// After this long a step is over however few calls there were.
        package var rampStepMax: Duration

        /// Makes limits; every one has a default.
        package init(
            outcomesMin: Int = 10,
            failureShareMax: Double = 0.5,
            slowShareMax: Double = 0.5,
            pauseBase: Duration = .seconds(1),
            pauseMax: Duration = .seconds(60),
            healthyTime: Duration = .seconds(60),
            probesMax: Int = 3,
            probeLease: Duration = .seconds(10),
            rampStepMin: Duration = .seconds(5),
            rampCallsMin: Int = 20,
            rampStepMax: Duration = .seconds(60)
        ) {
            self.outcomesMin = outcomesMin
            self.failureShareMax = failureShareMax
            self.slowShareMax = slowShareMax
            self.pauseBase = pauseBase
            self.pauseMax = pauseMax
            self.healthyTime = healthyTime
            self.probesMax = probesMax
            self.probeLease = probeLease
            self.rampStepMin = rampStepMin
            self.rampCallsMin = rampCallsMin
            self.rampStepMax = rampStepMax
        }

        /// The same limits with half the shares: it opens sooner, and comes back as before.
        package var tightened: Limits {
            var limits = self
            limits.failureShareMax /= 2
            limits.slowShareMax /= 2
            return limits
        }

        /// Traps on limits that make no sense.
        func check() {
            precondition(
                (1...Int(OutcomeTally.countMax)).contains(outcomesMin),
                "the window must be able to fill"
            )
            precondition(failureShareMax > 0 && failureShareMax <= 1, "a share lies in 0...1")
            precondition(slowShareMax > 0 && slowShareMax <= 1, "a share lies in 0...1")
            precondition(.zero < pauseBase && pauseBase <= pauseMax, "pauses grow")
            precondition((1...8).contains(probesMax), "half open means 1 to 8 probes")
            precondition(probeLease > .zero && healthyTime > .zero, "leases and times are positive")
            precondition(.zero < rampStepMin && rampStepMin <= rampStepMax, "a step has a least and a most")
            precondition(rampCallsMin >= 0, "calls are counted from 0")
        }
    }

    /// Why it opened.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// Half of the latest calls failed.
        case failures
        /// Half of the latest calls were slow.
        case slowness
        /// More calls fail than ever do when all is well.
        case errorRate
        /// Calls leave and no answer comes.
        case silence
        /// A probe failed or hung.
        case probe
        /// Somebody said so.
        case operatorOrder
    }

    /// The right to send once; goes back with the outcome.
    package struct Ticket: Hashable, Sendable {
        let epoch: UInt32
        /// The place of a probe's permit; -1 for a call that is no probe.
        let place: Int8
        let number: UInt32
    }

    /// Why one call may not leave now.
    package enum Refusal: Hashable, Sendable {
        /// It is paused.
        case open
        /// As many probes as allowed are on their way.
        case probing
        /// It comes back in steps, and this call is not in the share that may pass.
        case ramping
        /// An operator holds it open.
        case held
    }

    /// Whether one call may leave now.
    package enum Admission: Hashable, Sendable {
        /// It may; tell the outcome with the ticket.
        case allowed(Ticket)
        /// Not before this monotonic time; ask again then.
        case notBefore(Duration, Refusal)
    }

    /// What a health page shows.
    package enum State: Hashable, Sendable {
        /// Calls flow.
        case closed
        /// This share of the calls flows.
        case ramping(share: Double)
        /// This many probes are on their way.
        case halfOpen(probes: Int)
        /// Paused until this monotonic time.
        case open(until: Duration)
        /// Held open until this monotonic time, or until it is released.
        case held(until: Duration?)
    }
}
