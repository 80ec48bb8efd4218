/// Says how one integration does, from what its calls, its probes and its provider's status page say.
///
///     calls (guard's snapshot) --\
///     probes --------------------->-- verdict --worse: at once, better: after a while--> state
///     status page ---------------/
///
/// Calls weigh most, since they are what it is about:
///
/// | calls | probes | verdict |
/// |---|---|---|
/// | breaker held | any | down |
/// | breaker open or half open, calls are made or were a minute ago | any, green too | down |
/// | breaker open or half open, idle | fewer than 3 green since the last call | down |
/// | breaker open or half open, idle | 3 green since the last call | healthy; the breaker still tries it by itself |
/// | flowing | none or green | what the calls say |
/// | flowing | 2 red or more in a row | what the calls say, at least degraded |
/// | idle | 2 red in a row, 4 red | unhealthy, down |
/// | idle | green, and 3 since the last call if that failed | healthy, or degraded when slow |
/// | idle, none lately | none lately | unknown |
///
/// It is idle when no call has ended for `Limits.idle` and the breaker's pause is over. A status page makes at most
/// `degraded` of what is better; that all is well on it proves nothing.
///
/// A worse verdict is the state at once: the detectors behind it know their own false alarms. A better one must hold:
///
/// | the last verdict as bad as | down | unhealthy | degraded |
/// |---|---|---|---|
/// | was this long ago | 10 s | 30 s | 60 s |
///
/// It closes no breaker and opens none. `tick` it every few seconds: time ends what was heard, and holds.
package struct HealthMachine: Sendable {
    /// The limits of a machine.
    package let limits: Limits
    /// How the integration does.
    package private(set) var state = HealthState.unknown
    /// The monotonic time since when the state holds.
    package private(set) var since: Duration
    /// Why, what weighs most first; changes also while the state stays.
    package private(set) var reasons: [HealthReason] = [.noNews]

    private struct Verdict {
        var state: HealthState
        var reasons: [HealthReason]
    }

    private var traffic: IntegrationHealth?
    private var probes = ProbeSeries()
    private var statement: (kind: StatusPageStatement, at: Duration)?
    private var latest: Duration
    /// Until when a verdict at least as bad as degraded, unhealthy, down keeps its state.
    private var kept: [(level: HealthState, until: Duration?)] = [
        (.down, nil), (.unhealthy, nil), (.degraded, nil),
    ]

    /// Knows nothing, at the monotonic time `now`; traps on limits out of range.
    package init(limits: Limits = Limits(), now: Duration) {
        limits.check()
        self.limits = limits
        since = now
        latest = now
    }

    /// Takes in how calls go, as the guard says; gives the change of the state, if it changed.
    package mutating func observe(traffic: IntegrationHealth, now: Duration) -> HealthTransition? {
        if traffic.newsAt != self.traffic?.newsAt { probes.forgetGreen() }
        self.traffic = traffic
        return tick(now: now)
    }

    /// Takes in how one probe ended; gives the change of the state, if it changed.
    package mutating func observe(probe: ProbeResult, now: Duration) -> HealthTransition? {
        probes.record(probe, now: max(now, latest), limits: limits)
        return tick(now: now)
    }

    /// Takes in what the provider's status page says; gives the change of the state, if it changed.
    package mutating func observe(statusPage: StatusPageStatement, now: Duration) -> HealthTransition? {
        statement = (statusPage, max(now, latest))
        return tick(now: now)
    }

    /// Does what time alone does: ends holds, and what was heard too long ago.
    package mutating func tick(now: Duration) -> HealthTransition? {
        latest = max(latest, now)
        let verdict = verdict()
        let next = settled(verdict.state)
        reasons = next == verdict.state ? verdict.reasons : [.settling] + verdict.reasons
        guard next != state else { return nil }
        defer {
            state = next
            since = latest
        }
        return HealthTransition(from: state, to: next, at: latest, lasted: latest - since, reasons: reasons)
    }

    private mutating func settled(_ verdict: HealthState) -> HealthState {
        var worst = verdict
        for index in kept.indices {
            let level = kept[index].level
            if verdict >= level {
                kept[index].until = latest + limits.keeps(level)
            } else if let until = kept[index].until, latest < until {
                worst = max(worst, level)
            }
        }
        return worst
    }

    private func verdict() -> Verdict {
        var verdict = ofCallsAndProbes()
        guard let statement, latest - statement.at <= limits.statementStale,
            let reason = statement.kind.reason
        else { return verdict }
        if verdict.state == .unknown { verdict.reasons = [] }
        verdict.state = max(verdict.state, .degraded)
        verdict.reasons.append(reason)
        return verdict
    }

    private func ofCallsAndProbes() -> Verdict {
        guard let traffic else { return ofProbes() ?? Verdict(state: .unknown, reasons: [.noNews]) }
        switch traffic.breaker {
        case .held: return Verdict(state: .down, reasons: [.held])
        case .open, .halfOpen: return ofBrokenOff(traffic)
        case .ramping, .closed: break
        }
        let calls = ofCalls(traffic)
        guard let probes = ofProbes() else { return calls }
        guard isIdle(traffic) else {
            guard probes.state >= .unhealthy else { return calls }
            return worse(calls, Verdict(state: .degraded, reasons: probes.reasons))
        }
        if probes.state >= .unhealthy { return worse(probes, calls) }
        // Probes that were green while calls failed prove nothing.
        return calls.state <= probes.state || hasRecovered ? probes : calls
    }

    /// While the breaker keeps calls away: a green probe does not weigh against a call that failed, unless nobody
    /// calls any more.
    private func ofBrokenOff(_ traffic: IntegrationHealth) -> Verdict {
        let probes = ofProbes()
        if isIdle(traffic), let probes, hasRecovered {
            return Verdict(state: probes.state, reasons: [.probesRecovered] + probes.reasons)
        }
        let failing = probes.map { $0.state >= .unhealthy ? $0.reasons : [] } ?? []
        return Verdict(state: .down, reasons: [HealthReason(traffic.reason)] + failing)
    }

    private var hasRecovered: Bool { probes.greenInARow >= limits.greenMin }

    private func ofCalls(_ traffic: IntegrationHealth) -> Verdict {
        var reasons: [HealthReason] = []
        if case .ramping = traffic.breaker { reasons.append(.comingBack) }
        if traffic.state == .unhealthy, reasons.isEmpty { reasons.append(.callsFail) }
        if traffic.state > .healthy, traffic.isWatched, !reasons.contains(.callsFail) {
            reasons.append(.errorsRise)
        }
        if traffic.state > .healthy, traffic.isWarned { reasons.append(.latencyRises) }
        if traffic.state == .unknown { reasons = [.noNews] }
        return Verdict(state: traffic.state, reasons: reasons)
    }

    /// What probes say; nil when there were none lately.
    private func ofProbes() -> Verdict? {
        guard let at = probes.latest, latest - at <= limits.probeStale, probes.level != .unknown else {
            return nil
        }
        return Verdict(state: probes.level, reasons: probes.reason.map { [$0] } ?? [])
    }

    /// Both, the worse one first.
    private func worse(_ first: Verdict, _ second: Verdict) -> Verdict {
        let (worse, other) = second.state > first.state ? (second, first) : (first, second)
        let others = other.state > .healthy ? other.reasons.filter { !worse.reasons.contains($0) } : []
        return Verdict(state: worse.state, reasons: worse.reasons + others)
    }

    /// Whether nobody calls: no call ended lately, none is being tried, and the next one would leave.
    private func isIdle(_ traffic: IntegrationHealth) -> Bool {
        switch traffic.breaker {
        case .held: return false
        case .open(let until) where until > latest: return false
        case .halfOpen(let probes) where probes > 0: return false
        case .open, .halfOpen, .ramping, .closed: break
        }
        guard let newsAt = traffic.newsAt else { return true }
        return latest - newsAt >= limits.idle
    }
}
