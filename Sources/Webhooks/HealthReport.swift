package import Domain
package import Registry
import Resilience
package import Storage
import Synchronization

/// The state of one source or destination, in one word.
package enum HealthState: String, Sendable {
    /// Everything as it should be.
    case ok
    /// It works, but something needs looking at.
    case degraded
    /// Nothing gets through.
    case down
    /// Switched off by somebody, or stopped by a 410.
    case stopped
}

/// How one source does.
package struct SourceHealth: Sendable {
    /// Which.
    package let source: Source
    /// In one word.
    package let state: HealthState
    /// What it has seen.
    package let activity: SourceActivity
    /// How it usually sends, and whether it has stopped.
    package let rhythm: SourceRhythm
}

/// How one destination does.
package struct DestinationHealth: Sendable {
    /// Which.
    package let destination: Destination
    /// In one word.
    package let state: HealthState
    /// What it has seen.
    package let activity: DestinationActivity
    /// Deliveries that wait or are on their way.
    package let backlog: Int
    /// When the oldest of them was queued.
    package let oldestWaitingSince: Instant?
    /// Deliveries on their way.
    package let inFlight: Int
    /// In how long the breaker of its own URL lets a probe through; nil while it is closed.
    package let pausedFor: Duration?
}

/// How everything does at one instant.
package struct HealthReport: Sendable {
    /// When it was made.
    package let at: Instant
    /// The sources, by name.
    package let sources: [SourceHealth]
    /// The destinations, by name.
    package let destinations: [DestinationHealth]

    /// The same of what may be seen; `mayRead` is given the owning vendor, nil for the platform.
    package func visible(_ mayRead: (ResourceName?) -> Bool) -> HealthReport {
        HealthReport(
            at: at,
            sources: sources.filter { mayRead($0.source.definition.vendor) },
            destinations: destinations.filter { mayRead($0.destination.definition.vendor) }
        )
    }

    /// Whether anything that is switched on is down.
    package var isDown: Bool {
        sources.contains { $0.state == .down } || destinations.contains { $0.state == .down }
    }
}

/// Makes health reports; the store is asked at most once a second.
package final class HealthReporter: Sendable {
    /// How long what the store said is used again.
    package static let backlogAgeMax = Duration.seconds(1)
    /// A destination whose oldest delivery waits longer than this is degraded.
    package static let waitMax = Duration.seconds(300)

    struct Backlog: Sendable {
        let count: Int
        let since: Instant?
    }

    private let database: Database
    private let registry: ResourceRegistry
    private let dispatcher: Dispatcher
    private let activity: WebhookActivity
    private let silence: SilenceWatch
    private let time: Time
    private let latest = Mutex<(at: Duration, backlogs: [Int64: Backlog])?>(nil)

    /// Wires the reporter.
    package init(
        database: Database,
        registry: ResourceRegistry,
        dispatcher: Dispatcher,
        activity: WebhookActivity,
        silence: SilenceWatch,
        time: Time
    ) {
        self.database = database
        self.registry = registry
        self.dispatcher = dispatcher
        self.activity = activity
        self.silence = silence
        self.time = time
    }

    private static let selectBacklogs = Statement(
        """
        SELECT b.destination_id, b.pending, d.created_at
        FROM (SELECT destination_id, CAST(SUM(pending) AS BIGINT) AS pending, MIN(head_seq) AS head FROM lanes GROUP BY destination_id) b
        LEFT JOIN deliveries d ON d.seq = b.head
        """
    )

    /// What keeps deliveries to a destination from being tried now, in words; nil when nothing does.
    package func obstacle(to destination: Int64) -> String? {
        guard let registered = registry.snapshot.destination(id: destination) else {
            return "the destination has been removed"
        }
        return registered.standstill ?? dispatcher.gate(destination)?.obstacle(now: time.elapsed())
    }

    /// How everything does now.
    package func report() async throws -> HealthReport {
        let snapshot = registry.snapshot
        let backlogs = try await backlogs()
        let now = time.now()
        return HealthReport(
            at: now,
            sources: snapshot.sources.values.sorted { $0.name < $1.name }.map { health($0, now) },
            destinations: snapshot.destinations.map { health($0, backlogs[$0.id], now) }
        )
    }

    private func backlogs() async throws -> [Int64: Backlog] {
        let now = time.elapsed()
        if let latest = latest.withLock({ $0 }), now - latest.at < Self.backlogAgeMax {
            return latest.backlogs
        }
        let found = try await database.read { transaction in
            try transaction.query(Self.selectBacklogs).map { row in
                let since = try row.optionalInteger(2).map(Instant.init(microseconds:))
                return (try row.integer(0), Backlog(count: Int(try row.integer(1)), since: since))
            }
        }
        let backlogs = Dictionary(found) { first, _ in first }
        latest.withLock { $0 = (now, backlogs) }
        return backlogs
    }

    private func health(_ source: Source, _ now: Instant) -> SourceHealth {
        let activity = activity.source(source.id)
        let good = activity.stored.lastTwoMinutes(at: now) + activity.duplicates.lastTwoMinutes(at: now)
        let bad = [activity.refused, activity.blocked, activity.busy].reduce(0) {
            $0 + $1.lastTwoMinutes(at: now)
        }
        let rhythm = silence.rhythm(of: source.id, at: now)
        let state: HealthState =
            if !source.definition.enabled {
                .stopped
            } else if bad > 0 {
                // Strangers may send rubbish at any time: refusals alone never take a source down.
                activity.busy.lastTwoMinutes(at: now) > 0 && good == 0 ? .down : .degraded
            } else {
                rhythm.silence == nil ? .ok : .degraded
            }
        return SourceHealth(source: source, state: state, activity: activity, rhythm: rhythm)
    }

    private func health(_ destination: Destination, _ backlog: Backlog?, _ now: Instant) -> DestinationHealth
    {
        let gate = dispatcher.gate(destination.id)
        let activity = activity.destination(destination.id)
        let elapsed = time.elapsed()
        var pausedFor: Duration?
        if let state = gate?.primary.state, case .open(let until) = state {
            pausedFor = max(.zero, until - elapsed)
        }
        let waits = backlog?.since.map { now - $0 > Self.waitMax } ?? false
        let fails = activity.failed.lastTwoMinutes(at: now) > 0
        let state: HealthState =
            if !destination.isActive {
                .stopped
            } else if pausedFor != nil, destination.definition.standbyURL == nil {
                .down
            } else if pausedFor != nil || waits || fails {
                .degraded
            } else {
                .ok
            }
        return DestinationHealth(
            destination: destination,
            state: state,
            activity: activity,
            backlog: backlog?.count ?? 0,
            oldestWaitingSince: backlog?.since,
            inFlight: gate?.inFlight ?? 0,
            pausedFor: pausedFor
        )
    }
}
