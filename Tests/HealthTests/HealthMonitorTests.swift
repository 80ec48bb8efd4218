import Domain
import Health
import Logging
import Providers
import Resilience
import Storage
import Synchronization
import Telemetry
import Testing
import UsherTesting

/// The monitor over a world of one integration, looked at when the test says so.
struct HealthMonitorTests {
    /// What the monitor is shown, as a test writes it.
    private final class World: Sendable {
        struct State {
            var health = IntegrationHealth(state: .healthy, newsAt: .zero)
            var endpoints: [ObservedEndpoint] = []
            var figures = IncidentFigures()
            var detours: [Detour] = []
            var news: [IncidentEntry.Kind] = []
            var isEnabled = true
        }

        let clock = ManualTime()
        let signals: SignalHub
        let state = Mutex(State())

        init() { signals = SignalHub(time: clock.time) }

        func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

        func show(_ shown: HealthState, recentCalls: Int = 20) {
            let now = clock.elapsed
            set { state in
                state.health = IntegrationHealth(
                    state: shown,
                    recentCalls: recentCalls,
                    newsAt: now,
                    breaker: shown == .down ? .open(until: now + .seconds(2)) : .closed,
                    reason: shown == .down ? .failures : nil
                )
            }
        }

        func kinds(_ kind: SignalKind) -> Int { (signals.told(after: 0) ?? []).count { $0.kind == kind } }

        func monitor(_ database: Database) throws -> HealthMonitor {
            let name = try #require(ResourceName("stripe"))
            return HealthMonitor(
                ports: HealthPorts(
                    integrations: {
                        [
                            ObservedIntegration(
                                id: 1,
                                name: name,
                                provider: .stripe,
                                title: "Stripe",
                                isEnabled: self.state.withLock { $0.isEnabled },
                                health: self.state.withLock { $0.health },
                                sentence: ""
                            )
                        ]
                    },
                    endpoints: { self.state.withLock { $0.endpoints } },
                    figures: { _, _ in self.state.withLock { $0.figures } },
                    detours: { _ in self.state.withLock { $0.detours } },
                    news: { _, entry in self.set { $0.news.append(entry.kind) } },
                    signals: signals,
                    time: clock.time,
                    random: .seeded(1),
                    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
                ),
                book: IncidentBook(database: database),
                rollups: RollupBook(database: database),
                tally: RollupTally(time: clock.time)
            )
        }

        /// Looks once a second, for so many seconds.
        func look(_ monitor: HealthMonitor, seconds: Int) async {
            for _ in 0..<seconds {
                clock.advance(by: .seconds(1))
                await monitor.look()
            }
        }
    }

    private func withWorld(_ body: (World, HealthMonitor, Database) async throws -> Void) async throws {
        try await temporaryDatabase(migrations: HealthTables.migrations) { database in
            let world = World()
            try await body(world, try world.monitor(database), database)
        }
    }

    @Test func `an outage is a signal and an incident with the next look, and over when it is`() async throws
    {
        try await withWorld { world, monitor, _ in
            await world.look(monitor, seconds: 2)
            #expect(try await monitor.book.openIncidents().isEmpty)
            world.show(.down)
            await world.look(monitor, seconds: 1)
            #expect(world.kinds(.incidentOpened) == 1 && monitor.standing(1)?.state == .down)
            let open = try #require(try await monitor.book.openIncidents().first)
            #expect(open.summary == "Stripe down since 00:00 UTC" && open.worst == .down)
            world.show(.healthy)
            await world.look(monitor, seconds: 95)
            let over = try #require(try await monitor.book.find(open.id))
            #expect(over.closedAt != nil && over.state == .healthy && over.worst == .down)
            // From down to well it goes step by step.
            let kinds: [IncidentEntry.Kind] = [.opened, .state, .state, .state, .closed]
            #expect(over.entries.map(\.kind) == kinds)
            #expect(world.kinds(.incidentClosed) == 1)
            #expect(world.state.withLock { $0.news } == kinds)
        }
    }

    @Test func `what a person writes into an incident is told to those who watch`() async throws {
        try await withWorld { world, monitor, _ in
            world.show(.down)
            await world.look(monitor, seconds: 1)
            let open = try #require(try await monitor.book.openIncidents().first)
            let note = IncidentEntry(at: world.clock.now, kind: .note, text: "platform: called them")
            let told = world.kinds(.incidentChanged)
            #expect(try await monitor.write(note, in: open))
            #expect(world.kinds(.incidentChanged) == told + 1)
            #expect(try await monitor.book.find(open.id)?.entries.last == note)
            for _ in open.entries.count + 1..<Incident.entriesMax {
                _ = try await monitor.book.append(note, to: open.id)
            }
            #expect(try await !monitor.write(note, in: open))
            #expect(world.kinds(.incidentChanged) == told + 1)
        }
    }

    @Test func `an incident is taken up again after a restart, not opened twice`() async throws {
        try await withWorld { world, monitor, database in
            world.show(.down)
            await world.look(monitor, seconds: 1)
            let restarted = try world.monitor(database)
            await world.look(restarted, seconds: 3)
            #expect(try await restarted.book.list(limit: 10).count == 1)
            #expect(world.kinds(.incidentOpened) == 1)
            world.show(.healthy)
            await world.look(restarted, seconds: 95)
            #expect(try await restarted.book.openIncidents().isEmpty)
        }
    }

    @Test func `the summary follows what becomes of the calls, and where they go is written down`()
        async throws
    {
        try await withWorld { world, monitor, _ in
            let square = try #require(ResourceName("square"))
            world.show(.down)
            await world.look(monitor, seconds: 1)
            world.set { state in
                state.figures = IncidentFigures(beingChecked: 2, hasPayments: true)
                state.figures.taken = [.init(capability: .payments, integration: square, count: 41)]
                state.detours = [Detour(capability: .payments, to: square, reason: "its breaker is open")]
            }
            await world.look(monitor, seconds: 6)
            let open = try #require(try await monitor.book.openIncidents().first)
            #expect(
                open.summary
                    == "Stripe down since 00:00 UTC; 41 payments taken by square; 2 being checked; nobody charged twice"
            )
            let found = try #require(try await monitor.book.find(open.id))
            #expect(found.entries.last?.text == "Calls for payments go to square: its breaker is open.")
        }
    }

    @Test func `what an operator holds is down, and no incident`() async throws {
        try await withWorld { world, monitor, _ in
            world.set { $0.health = IntegrationHealth(state: .down, breaker: .held(until: nil)) }
            await world.look(monitor, seconds: 20)
            let open = try await monitor.book.openIncidents()
            #expect(monitor.standing(1)?.state == .down && open.isEmpty)
        }
    }

    @Test func `what is switched off or removed has no incident any more`() async throws {
        try await withWorld { world, monitor, _ in
            world.show(.down)
            await world.look(monitor, seconds: 1)
            world.set { $0.isEnabled = false }
            await world.look(monitor, seconds: 1)
            let over = try #require(try await monitor.book.list(limit: 1).first)
            #expect(over.closedAt != nil)
        }
    }

    @Test func `a destination that takes nothing is an incident, and a source gone quiet after a while`()
        async throws
    {
        try await withWorld { world, monitor, _ in
            let app = try #require(ResourceName("app"))
            world.set { state in
                state.endpoints = [
                    ObservedEndpoint(subject: .destination(app), state: .down, sentence: "3 deliveries wait"),
                    ObservedEndpoint(
                        subject: .source("shop"),
                        state: .degraded,
                        sentence: "nothing for 40 min"
                    ),
                ]
            }
            await world.look(monitor, seconds: 1)
            let open = try await monitor.book.openIncidents()
            #expect(open.map(\.subject) == [.destination(app)])
            await world.look(monitor, seconds: 11)
            #expect(try await monitor.book.openIncidents().count == 2)
            #expect(world.kinds(.healthChanged) >= 2)
        }
    }

    @Test func `the time in each state is counted`() async throws {
        try await withWorld { world, monitor, _ in
            let start = world.clock.now
            await world.look(monitor, seconds: 31)
            world.show(.down)
            await world.look(monitor, seconds: 11)
            try await monitor.rollups.write(monitor.tally)
            let figures = try await monitor.rollups.figures(.hour, from: start, to: world.clock.now)
            let rollup = try #require(figures.first?.rollup)
            #expect(rollup.times[.healthy] == .seconds(31) && rollup.times[.down] == .seconds(10))
        }
    }
}
