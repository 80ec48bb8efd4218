/// Why an integration is in its state: a code for documents and metric labels; whoever shows it has the words.
package enum HealthReason: String, CaseIterable, Hashable, Sendable {
    /// An operator holds the breaker open.
    case held
    /// The breaker opened: half of the calls failed.
    case breakerFailures = "breaker_failures"
    /// The breaker opened: half of the answers were slow.
    case breakerSlowness = "breaker_slowness"
    /// The breaker opened: more calls failed than ever do when all is well.
    case breakerErrorRate = "breaker_error_rate"
    /// The breaker opened: calls left and no answer came.
    case breakerSilence = "breaker_silence"
    /// The breaker opened again: a call that tried it failed.
    case breakerTrial = "breaker_trial"
    /// The breaker lets a share of the calls through.
    case comingBack = "coming_back"
    /// A tenth or more of the latest calls failed.
    case callsFail = "calls_fail"
    /// A few more calls fail than usual.
    case errorsRise = "errors_rise"
    /// Answers take longer than they used to.
    case latencyRises = "latency_rises"
    /// Probes fail.
    case probesFail = "probes_fail"
    /// Probes are answered, but the credential is refused.
    case probesDenied = "probes_denied"
    /// Probes are answered late.
    case probesSlow = "probes_slow"
    /// Nobody calls it, and probes say that it is back.
    case probesRecovered = "probes_recovered"
    /// The provider's status page speaks of trouble.
    case statusPage = "status_page"
    /// The provider's status page speaks of maintenance.
    case maintenance
    /// It is better again, but not for long enough to say so.
    case settling
    /// Neither calls nor probes have said anything lately.
    case noNews = "no_news"

    /// The reason that is a breaker's own.
    init(_ reason: CallBreaker.Reason?) {
        switch reason {
        case .failures: self = .breakerFailures
        case .slowness: self = .breakerSlowness
        case .silence: self = .breakerSilence
        case .probe: self = .breakerTrial
        // A hold that was released leaves the breaker open for the next call to try.
        case .operatorOrder: self = .held
        case .errorRate, nil: self = .breakerErrorRate
        }
    }
}
