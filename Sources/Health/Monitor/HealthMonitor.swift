package import Domain
import Logging
package import Resilience
import ServiceLifecycle
import Synchronization
import Telemetry

/// Follows how every integration, source and destination does: tells each change, keeps incidents, probes, reads
/// status pages, and counts what happened.
///
///     calls, probes, pages -> HealthMachine -> signal, metrics -> IncidentCourse -> IncidentBook -> news
///
/// Looks once a second, and at once when rung. The calls are looked at in memory; the database is written to when an
/// incident changes, and with the figures of the time since, every 15 s. What cannot be written is tried again with
/// the next look.
package final class HealthMonitor: Service, Sendable {
    /// What may be switched off.
    package struct Settings: Hashable, Sendable {
        /// Whether integrations are probed.
        package var probes: Bool
        /// Whether providers' status pages are read.
        package var statusPages: Bool
        /// When trouble is an incident, and when that is over.
        package var course: IncidentCourse.Limits

        /// Makes settings; everything is on unless told otherwise.
        package init(
            probes: Bool = true,
            statusPages: Bool = true,
            course: IncidentCourse.Limits = IncidentCourse.Limits()
        ) {
            self.probes = probes
            self.statusPages = statusPages
            self.course = course
        }
    }

    /// How one integration does, for people.
    package struct Standing: Hashable, Sendable {
        /// Which.
        package let integration: ResourceName
        /// How it does.
        package let state: HealthState
        /// For how long.
        package let lasted: Duration
        /// Why, what weighs most first.
        package let reasons: [HealthReason]
        /// What its status page said last; nil when it was not read.
        package let page: StatusReading?
    }

    /// The longest time between two looks.
    package static let lookEvery = Duration.seconds(1)
    /// The time between two looks at sources and destinations.
    static let endpointsEvery = Duration.seconds(5)
    /// The time between two writings of what was counted.
    static let writeEvery = Duration.seconds(15)
    /// The looks between two removals of what is kept no longer.
    static let sweepEvery = Duration.seconds(3_600)
    /// The most probes that are under way at a time.
    static let probesMax = 32

    struct State {
        var integrations: [Int64: WatchedIntegration] = [:]
        var endpoints: [IncidentSubject: ObservedEndpoint] = [:]
        var endpointsAt: Duration?
        var courses: [IncidentSubject: IncidentCourse] = [:]
        var incidents: [IncidentSubject: FollowedIncident] = [:]
        var toldFiguresAt: Duration?
        var pages: [PageKey: PageTurn] = [:]
        var isLoaded = false
    }

    let ports: HealthPorts
    let settings: Settings
    /// The record of incidents.
    package let book: IncidentBook
    /// The record of figures.
    package let rollups: RollupBook
    /// Counts what happens; to be told of every attempt.
    package let tally: RollupTally
    let state = Mutex(State())
    private let doorbell: Doorbell

    /// Wires the monitor; nothing is looked at until `run`.
    ///
    /// - Parameter doorbell: rung when something has changed.
    package init(
        ports: HealthPorts,
        book: IncidentBook,
        rollups: RollupBook,
        tally: RollupTally,
        doorbell: Doorbell = Doorbell(),
        settings: Settings = Settings()
    ) {
        self.ports = ports
        self.book = book
        self.rollups = rollups
        self.tally = tally
        self.doorbell = doorbell
        self.settings = settings
    }

    /// Has everything looked at now: something has changed.
    package func ring() {
        doorbell.ring()
    }

    /// How one integration does; nil for one that was not looked at yet.
    package func standing(_ integration: Int64) -> Standing? {
        let now = ports.time.elapsed()
        return state.withLock { state in
            state.integrations[integration].map { watched in
                Standing(
                    integration: watched.seen.name,
                    state: watched.machine.state,
                    lasted: max(.zero, now - watched.machine.since),
                    reasons: watched.machine.reasons,
                    page: watched.page
                )
            }
        }
    }

    /// Watches until cancelled or shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                if self.settings.statusPages { group.addTask { await self.turnPages() } }
                group.addTask { await self.writeFigures() }
                while !Task.isCancelled {
                    await self.look()
                    for name in self.dueProbes() { group.addTask { await self.probe(name) } }
                    await self.doorbell.wait(atMost: Self.lookEvery, self.ports.time)
                }
                group.cancelAll()
            }
        }
        // What was counted since the last writing; a failure costs these few seconds of figures.
        try? await rollups.write(tally)
    }

    /// Looks once: tells what has changed and keeps the incidents.
    package func look() async {
        await loadOnce()
        let now = ports.time.elapsed()
        let observed = ports.integrations()
        let changes = state.withLock { state in observed.compactMap { follow($0, now, &state) } }
        let ids = Set(observed.map(\.id))
        state.withLock { state in
            state.integrations = state.integrations.filter { ids.contains($0.key) }
        }
        for change in changes { tell(change) }
        tellFigures(now)
        expectCalls(now)
        await lookAtEndpoints(now)
        await keepIncidents(now)
    }

    private func follow(
        _ seen: ObservedIntegration,
        _ now: Duration,
        _ state: inout State
    ) -> WatchedIntegration.Change? {
        let jitter = ports.random.fraction()
        var watched = state.integrations[seen.id] ?? WatchedIntegration(seen, now: now, jitter: jitter)
        if seen.isEnabled {
            tally.spent(seen.id, in: watched.machine.state, now - watched.countedTo)
        }
        watched.countedTo = now
        let change = watched.saw(seen, now: now, jitter: jitter)
        state.integrations[seen.id] = watched
        return change
    }

    private func writeFigures() async {
        var sweptAt = ports.time.elapsed()
        while (try? await ports.time.sleep(Self.writeEvery)) != nil {
            do {
                try await rollups.write(tally)
                let now = ports.time.elapsed()
                if now - sweptAt >= Self.sweepEvery {
                    sweptAt = now
                    try await rollups.sweep(now: ports.time.now())
                    try await book.sweep(now: ports.time.now())
                }
            } catch {
                ports.logger.warning("figures cannot be written for now", metadata: ["error": "\(error)"])
            }
        }
    }
}
