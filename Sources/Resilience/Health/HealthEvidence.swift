/// How one active probe of an integration ended: a cheap, authenticated request that touches what calls touch.
package enum ProbeResult: String, CaseIterable, Hashable, Sendable {
    /// It was answered as it should be.
    case answered
    /// It was answered, but later than callers can use.
    case slow
    /// The provider's fault: no connection, no answer in time, a 5xx.
    case failed
    /// It was answered, and the credential refused: calls would be refused too.
    case denied
    /// A 429 or an answer that tells nothing about health.
    case inconclusive

    var isGreen: Bool { self == .answered || self == .slow }
    var isRed: Bool { self == .failed || self == .denied }
}

/// What a provider's status page says about the part that is used.
package enum StatusPageStatement: String, CaseIterable, Hashable, Sendable {
    case operational
    /// Something is slower or fails more often.
    case degraded
    /// A part or all of it is out of order.
    case outage
    case maintenance
    /// The page could not be read or understood.
    case unreadable

    var reason: HealthReason? {
        switch self {
        case .degraded, .outage: .statusPage
        case .maintenance: .maintenance
        case .operational, .unreadable: nil
        }
    }
}

/// The latest probes of one integration, with hysteresis.
///
///     nothing -green-> good -red, red-> bad -2 more red-> gone -3 green in a row-> good
struct ProbeSeries: Hashable, Sendable {
    /// What the probes say; holds until enough of them say otherwise.
    private(set) var level = HealthState.unknown
    /// Why, when they say something bad.
    private(set) var reason: HealthReason?
    /// When the latest telling probe ended; nil before the first.
    private(set) var latest: Duration?
    /// Green ones in a row since `forgetGreen`.
    private(set) var greenInARow = 0
    private var redInARow = 0

    mutating func record(_ result: ProbeResult, now: Duration, limits: HealthMachine.Limits) {
        guard result.isGreen || result.isRed else { return }
        latest = now
        result.isGreen ? wentWell(result, limits: limits) : wentBadly(result, limits: limits)
    }

    /// Begins to count green probes anew: a call has said something since.
    mutating func forgetGreen() {
        greenInARow = 0
    }

    private mutating func wentWell(_ result: ProbeResult, limits: HealthMachine.Limits) {
        redInARow = 0
        greenInARow = min(greenInARow + 1, limits.greenMin)
        guard level <= .degraded || greenInARow == limits.greenMin else { return }
        level = result == .slow ? .degraded : .healthy
        reason = result == .slow ? .probesSlow : nil
    }

    private mutating func wentBadly(_ result: ProbeResult, limits: HealthMachine.Limits) {
        greenInARow = 0
        redInARow = min(redInARow + 1, limits.redDown)
        guard redInARow >= limits.redUnhealthy else { return }
        level = max(level, redInARow == limits.redDown ? .down : .unhealthy)
        reason = result == .denied ? .probesDenied : .probesFail
    }
}
