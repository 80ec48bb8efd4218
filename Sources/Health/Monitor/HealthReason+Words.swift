package import Resilience

extension HealthReason {
    /// In words that go behind a name: `calls get no answer`.
    package var words: String {
        switch self {
        case .held: "an operator keeps calls away"
        case .breakerFailures: "half of the calls failed"
        case .breakerSlowness: "half of the answers came too late"
        case .breakerErrorRate: "more calls failed than chance explains"
        case .breakerSilence: "calls get no answer"
        case .breakerTrial: "a call that tried it failed"
        case .comingBack: "calls come back in steps"
        case .callsFail: "a tenth or more of the calls fail"
        case .errorsRise: "more calls fail than usual"
        case .latencyRises: "answers take longer than usual"
        case .probesFail: "probes fail"
        case .probesDenied: "the credential is refused"
        case .probesSlow: "probes are answered late"
        case .probesRecovered: "probes say that it is back"
        case .statusPage: "its status page speaks of trouble"
        case .maintenance: "its status page speaks of maintenance"
        case .settling: "it is better, but not for long enough yet"
        case .noNews: "nothing was heard of it lately"
        }
    }

    /// Whether it is trouble that may open an incident: an operator knows what he did, and a page proves nothing.
    var opensIncidents: Bool {
        switch self {
        case .held, .statusPage, .maintenance, .settling, .noNews, .probesRecovered: false
        default: true
        }
    }
}

extension HealthState {
    /// What is wrong, in a word: `slow`.
    ///
    /// - Parameter reasons: why.
    func trouble(_ reasons: [HealthReason]) -> String {
        switch self {
        case .down: "down"
        case .unhealthy: "failing"
        case .degraded:
            reasons.contains(.latencyRises) || reasons.contains(.probesSlow) ? "slow" : "unsteady"
        case .healthy, .unknown: "well"
        }
    }
}

extension [HealthReason] {
    /// All of them in words, what weighs most first.
    package var words: String { map(\.words).joined(separator: "; ") }
}
