extension IntegrationGuard {
    /// The share of failures of the latest 30 s from which an integration is unhealthy.
    package static let unhealthyShare = 0.1
    /// Failures that must be among them.
    package static let unhealthyFailuresMin: UInt32 = 3

    /// How the integration does; the state is that of the latest `finished` or `tick`.
    package func health(now: Duration) -> IntegrationHealth {
        let recent = breaker.tally(now: now).recent
        return IntegrationHealth(
            state: state,
            since: stateSince,
            isWarned: isWarned,
            isWatched: errors.level >= .watch,
            recentCalls: Int(recent.total),
            errorRate: recent.total == 0 ? 0 : Double(recent.failed) / Double(recent.total),
            p50: profile.p50,
            p95: profile.p95,
            p99: profile.p99,
            inFlight: bulkhead.inFlight,
            newsAt: newsAt,
            breaker: breaker.state,
            reason: breaker.reason
        )
    }

    /// Whether trouble is near: answers take longer than they used to.
    package var isWarned: Bool { creep.isAlarmed || jump.isAlarmed }

    mutating func refresh(now: Duration) {
        let next = judged(now: now)
        guard next != state else { return }
        state = next
        stateSince = now
    }

    private func judged(now: Duration) -> IntegrationHealth.State {
        switch breaker.state {
        case .open, .halfOpen, .held: return .down
        case .ramping: return .unhealthy
        case .closed: break
        }
        guard let newsAt, now - newsAt <= limits.stale else { return .unknown }
        // A few calls make a large share; so it must be more than chance too.
        let recent = breaker.tally.recent
        if errors.level >= .warn, recent.failed >= Self.unhealthyFailuresMin,
            Double(recent.failed) >= Self.unhealthyShare * Double(recent.total)
        {
            return .unhealthy
        }
        return isWarned || errors.level >= .warn ? .degraded : .healthy
    }
}
