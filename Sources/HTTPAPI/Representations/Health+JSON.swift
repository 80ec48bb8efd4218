import Calls
import Domain
import Health
import Providers
import Registry
import Resilience
import Webhooks

extension HealthReport {
    /// The report as the API shows it.
    func json(
        integrations: [IntegrationStanding],
        unserved: [Capability],
        watched: (Int64) -> HealthMonitor.Standing?,
        name: (Int64?) -> JSONValue
    ) -> JSONValue {
        let isLimping = integrations.contains { standing in
            standing.integration.isEnabled
                && standing.state(watched(standing.integration.id)) > .healthy
        }
        let isBad = isDegraded || isLimping
        return [
            "status": .string(isDown || !unserved.isEmpty ? "down" : (isBad ? "degraded" : "ok")),
            "at": .instant(at),
            "sources": .array(sources.map { $0.json(at: at) }),
            "destinations": .array(destinations.map { $0.json(at: at) }),
            "integrations": .array(integrations.map { $0.json(watched($0.integration.id), name: name) }),
            "unserved": .array(unserved.map { .string($0.rawValue) }),
        ]
    }

    private var isDegraded: Bool {
        sources.contains { $0.state == .degraded } || destinations.contains { $0.state == .degraded }
    }
}

extension SourceHealth {
    fileprivate func json(at now: Instant) -> JSONValue {
        [
            "name": .string(source.name.text),
            "provider": .string(source.definition.provider),
            "state": .string(state.rawValue),
            "stored_last_hour": .integer(activity.stored.lastHour(at: now)),
            "duplicates_last_hour": .integer(activity.duplicates.lastHour(at: now)),
            "refused_last_hour": .integer(activity.refused.lastHour(at: now)),
            "blocked_last_hour": .integer(activity.blocked.lastHour(at: now)),
            "busy_last_hour": .integer(activity.busy.lastHour(at: now)),
            "last_event_at": .instant(activity.lastAt),
            "usual_per_hour": rhythm.usualPerHour.map { .fraction($0) } ?? .null,
            "quiet": quiet(at: now),
            "last_error": activity.lastError?.json ?? .null,
        ]
    }
}

extension SourceHealth {
    private func quiet(at now: Instant) -> JSONValue {
        guard let silence = rhythm.silence, let text = rhythm.sentence(of: source.name, at: now) else {
            return .null
        }
        return [
            "since": .instant(silence.since), "expected": .fraction(silence.expected), "text": .string(text),
        ]
    }
}

extension DestinationHealth {
    fileprivate func json(at now: Instant) -> JSONValue {
        [
            "name": .string(destination.name.text),
            "url": .string(destination.definition.url),
            "state": .string(state.rawValue),
            "backlog": .integer(backlog),
            "oldest_waiting_since": .instant(oldestWaitingSince),
            "in_flight": .integer(inFlight),
            "delivered_last_hour": .integer(activity.delivered.lastHour(at: now)),
            "failed_last_hour": .integer(activity.failed.lastHour(at: now)),
            "dead_last_hour": .integer(activity.dead.lastHour(at: now)),
            "last_delivered_at": .instant(activity.lastDeliveredAt),
            "last_error": activity.lastError?.json ?? .null,
            "paused_seconds": pausedFor.map { .fraction($0.inSeconds) } ?? .null,
            "stopped": destination.stop?.json ?? .null,
        ]
    }
}

extension LastError {
    fileprivate var json: JSONValue {
        ["code": .string(code), "at": .instant(at)]
    }
}
