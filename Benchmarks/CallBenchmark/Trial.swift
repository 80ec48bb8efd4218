/// One fault of one length at one provider, seen by one detector: when it was noticed, when calls flowed again.
struct Trial {
    /// After this long without a detection behind the fault's end there is none.
    static let patience = 15.0
    /// Calls must have flowed for this long.
    static let calm = 30.0
    /// How long it takes at most.
    static let recoveryMax = 900.0

    /// Seconds from the onset to the first trip; infinite when there was none, negative when it came before the onset.
    var detected = Double.infinity
    /// Seconds from the fault's end until all calls flow for good; nil without a detection.
    var recovered: Double?
    /// How often it tripped from the onset on.
    var trips = 0
    /// Seconds from the onset to the first warning; as with `detected`.
    var warned = Double.infinity

    static func run(
        _ contestant: Contestant,
        fault: Fault,
        perSecond: Double,
        seed: UInt64
    ) -> Trial {
        run(contestant.make(), fault: fault, perSecond: perSecond, seed: seed)
    }

    private static func run(
        _ detector: some Detector,
        fault: Fault,
        perSecond: Double,
        seed: UInt64
    ) -> Trial {
        let onset = max(60, 300 / perSecond)
        // Not always the same length: else it would favour pauses that happen to end with it.
        var dice = Dice(seed: ~seed)
        let end = onset + fault.length * (fault == .blip ? 1 : 0.75 + 0.5 * dice.fraction())
        var provider = Provider(fault: fault, onset: onset)
        provider.end = end
        var trial = Trial()
        var notFlowing = end
        var course = Course(detector, provider: provider, perSecond: perSecond, seed: seed)
        course.run(until: end + recoveryMax) { time, detector in
            if detector.isWarned, trial.warned == .infinity {
                trial.warned = time < onset ? -1 : time - onset
            }
            if detector.trips > 0, trial.detected == .infinity {
                trial.detected = time < onset ? -1 : time - onset
                if time < onset { return true }
            }
            trial.trips = detector.trips
            guard time >= end else { return false }
            if trial.detected == .infinity { return time > end + patience }
            if detector.flow < .all { notFlowing = time }
            guard time - notFlowing >= calm else { return false }
            trial.recovered = notFlowing - end
            return true
        }
        if trial.detected.isFinite, trial.detected >= 0, trial.recovered == nil {
            trial.recovered = .infinity
        }
        return trial
    }
}

extension Fault {
    /// How long it lasts on average, in seconds: a quarter less to a quarter more, but for the blip.
    var length: Double {
        switch self {
        case .none: 0
        case .blip: 3
        case .creep: 480
        case .hard, .blackHole, .fifth, .half, .slow: 120
        }
    }
}

/// Days of healthy, drifting traffic.
struct HealthyDays: Codable {
    let days: Double
    let trips: Int
    let warnings: Int
    let probes: Int

    static func run(_ contestant: Contestant, perSecond: Double, days: Double, seed: UInt64) -> HealthyDays {
        var detector = contestant.make()
        if var outlier = detector as? OutlierDetector {
            outlier.othersDrift = true
            detector = outlier
        }
        return run(detector, perSecond: perSecond, days: days, seed: seed)
    }

    private static func run(
        _ detector: some Detector,
        perSecond: Double,
        days: Double,
        seed: UInt64
    ) -> HealthyDays {
        var provider = Provider(fault: .none, onset: .infinity)
        provider.drifts = true
        var warnings = 0
        var wasWarned = false
        var course = Course(detector, provider: provider, perSecond: perSecond, seed: seed)
        course.run(until: days * 86_400) { _, detector in
            if detector.isWarned, !wasWarned { warnings += 1 }
            wasWarned = detector.isWarned
            return false
        }
        let probes = (course.detector as? GuardDetector)?.probesSent ?? 0
        return HealthyDays(days: days, trips: course.detector.trips, warnings: warnings, probes: probes)
    }

    var tripsPerDay: Double { Double(trips) / days }
    var warningsPerDay: Double { Double(warnings) / days }
}
