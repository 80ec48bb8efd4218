import Domain
import Health
import Logging
import Resilience
import Storage
import Synchronization
import Telemetry
import Testing
import UsherTesting

@Suite struct EmergencyDeskTests {
    /// Everything around a desk, under a test's control.
    final class Surroundings: Sendable {
        struct State {
            var causes: [EmergencyCause] = []
            var areCausesKnown = true
            var weddings: Set<WeddingID> = []
            var incident: IncidentID?
            var recordFailures = 0
            var records: [String] = []
            var applied: [EmergencyMeasures?] = []
        }

        struct Broken: Error {}

        let time = ManualTime()
        let state = Mutex(State())

        func desk(_ database: Database, signals: SignalHub? = nil) -> EmergencyDesk {
            EmergencyDesk(
                database: database,
                ports: EmergencyPorts(
                    causes: { [self] in
                        try state.withLock { state in
                            guard state.areCausesKnown else { throw Broken() }
                            return state.causes
                        }
                    },
                    weddingsOn: { [self] _ in state.withLock { $0.weddings } },
                    title: { "Wedding \($0)" },
                    incident: { [self] _ in state.withLock { $0.incident } },
                    record: { [self] id, entry in
                        try state.withLock { state in
                            guard state.recordFailures == 0 else {
                                state.recordFailures -= 1
                                throw Broken()
                            }
                            state.records.append(entry.text)
                        }
                    },
                    apply: { [self] measures in state.withLock { $0.applied.append(measures) } }
                ),
                signals: signals ?? SignalHub(time: time.time),
                time: time.time,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }

        /// Lets something go wrong for a wedding, in an incident.
        func fail() throws {
            let wedding = try #require(WeddingID("w-garcia"))
            let cause = EmergencyCause(
                subject: .integration(try name("twilio")),
                wedding: wedding,
                reason: "Text messages fail: Twilio is down."
            )
            let incident = IncidentID(now: time.now, random: .seeded(1))
            state.withLock { state in
                state.causes = [cause]
                state.weddings = [wedding]
                state.incident = incident
            }
        }

        func mend() { state.withLock { $0.causes = [] } }

        var isApplied: Bool { state.withLock { $0.applied.last.map { $0 != nil } ?? false } }
    }

    /// Looks every five seconds for so long.
    private func look(_ desk: EmergencyDesk, _ world: Surroundings, for seconds: Int) async {
        for _ in 0..<(seconds / 5) {
            await desk.look()
            world.time.advance(by: .seconds(5))
        }
    }

    @Test func `it begins by itself, is undone by itself, and every step stands in the incident`()
        async throws
    {
        try await temporaryDatabase(migrations: EmergencyTable.migrations) { database in
            let world = Surroundings()
            let signals = SignalHub(time: world.time.time)
            let desk = world.desk(database, signals: signals)
            await look(desk, world, for: 30)
            #expect(!world.isApplied)
            try world.fail()
            await look(desk, world, for: 15)
            #expect(!world.isApplied)
            await look(desk, world, for: 5)
            #expect(world.isApplied)
            #expect(world.state.withLock { $0.applied.last??.weddings.map(\.text) } == ["w-garcia"])
            world.mend()
            await look(desk, world, for: 300)
            #expect(world.isApplied)
            await look(desk, world, for: 10)
            #expect(!world.isApplied)
            let records = world.state.withLock { $0.records }
            #expect(
                records.first
                    == "Emergency mode began by itself. Text messages fail: Twilio is down. On: Wedding w-garcia."
            )
            #expect(records.count == 7)
            #expect(
                records.suffix(2) == [
                    "Emergency mode ended by itself: for 5 min nothing needed it.",
                    "Everything is as before.",
                ]
            )
            let status = try await desk.status()
            #expect(status.records.map(\.end) == [.recovered])
            #expect(status.records.first?.steps.map(\.text) == records)
            #expect(status.weddings.isEmpty && status.reasons.isEmpty && !status.mode.isOn)
            let told = try #require(signals.told(after: 0))
            #expect(told.map(\.kind) == [.emergencyChanged, .emergencyChanged])
            #expect(told.map { $0.body["on"] } == [.bool(true), .bool(false)])
        }
    }

    @Test func `a restart goes on where it was, and ends what was begun before it`() async throws {
        try await temporaryDatabase(migrations: EmergencyTable.migrations) { database in
            let world = Surroundings()
            try world.fail()
            await look(world.desk(database), world, for: 20)
            #expect(world.isApplied)
            world.state.withLock { $0.applied = [] }
            let second = world.desk(database)
            await second.look()
            #expect(world.isApplied)
            world.mend()
            await look(second, world, for: 310)
            #expect(!world.isApplied)
        }
    }

    @Test func `two nodes decide once, and both obey`() async throws {
        try await temporaryDatabase(migrations: EmergencyTable.migrations) { database in
            let world = Surroundings()
            try world.fail()
            let desks = [world.desk(database), world.desk(database)]
            for _ in 0..<6 {
                await withTaskGroup(of: Void.self) { group in
                    for desk in desks { group.addTask { await desk.look() } }
                }
                world.time.advance(by: .seconds(5))
            }
            let status = try await desks[0].status()
            #expect(status.mode.isOn && status.records.count == 1)
            #expect(status.records.first?.steps.count == 5)
            world.state.withLock { $0.applied = [] }
            for desk in desks { await desk.look() }
            #expect(world.state.withLock { $0.applied.count { $0 != nil } } == 2)
        }
    }

    @Test func `an incident that cannot be told is told later, and in order`() async throws {
        try await temporaryDatabase(migrations: EmergencyTable.migrations) { database in
            let world = Surroundings()
            try world.fail()
            world.state.withLock { $0.recordFailures = 7 }
            let desk = world.desk(database)
            await look(desk, world, for: 20)
            #expect(world.isApplied)
            #expect(world.state.withLock { $0.records }.isEmpty)
            await look(desk, world, for: 10)
            let told = world.state.withLock { $0.records }
            #expect(Set(told).count == 5 && told.count == 5)
        }
    }

    @Test func `an incident that opens later is told that it is on`() async throws {
        try await temporaryDatabase(migrations: EmergencyTable.migrations) { database in
            let world = Surroundings()
            try world.fail()
            let late = world.state.withLock { state -> IncidentID? in
                defer { state.incident = nil }
                return state.incident
            }
            let desk = world.desk(database)
            await look(desk, world, for: 20)
            #expect(world.isApplied)
            #expect(world.state.withLock { $0.records }.isEmpty)
            world.state.withLock { $0.incident = late }
            await look(desk, world, for: 10)
            #expect(world.state.withLock { $0.records.count } == 1)
            #expect(
                world.state.withLock { $0.records.first?.hasPrefix("Emergency mode is on since") } == true
            )
        }
    }

    @Test func `by hand it is on for its time, whatever is needed, or until it is called off`() async throws {
        try await temporaryDatabase(migrations: EmergencyTable.migrations) { database in
            let world = Surroundings()
            let desk = world.desk(database)
            let until = world.time.now + .seconds(600)
            let status = try await desk.order(.init(reason: "drill", by: "platform", until: until))
            #expect(status.mode.endsAt == until && status.reasons == ["drill"])
            #expect(world.isApplied)
            await look(desk, world, for: 600)
            #expect(world.isApplied)
            await desk.look()
            #expect(!world.isApplied)
            #expect(try await desk.callOff(by: "platform") == false)
            let again = world.time.now + .seconds(600)
            _ = try await desk.order(.init(reason: "drill", by: "platform", until: again))
            #expect(try await desk.callOff(by: "anna"))
            #expect(!world.isApplied)
            let records = try await desk.status().records
            #expect(records.map(\.end) == [.calledOff, .orderEnded])
            #expect(records[0].steps.last?.text == "Everything is as before.")
            #expect(records[0].steps.dropLast().last?.text == "Emergency mode was called off by anna.")
        }
    }

    @Test func `when nobody can say what is needed it ends rather than never`() async throws {
        try await temporaryDatabase(migrations: EmergencyTable.migrations) { database in
            let world = Surroundings()
            try world.fail()
            let desk = world.desk(database)
            await look(desk, world, for: 20)
            #expect(world.isApplied)
            world.state.withLock { $0.areCausesKnown = false }
            await look(desk, world, for: 310)
            #expect(!world.isApplied)
        }
    }

    @Test func `only a vital capability of a wedding that is on, without a stand-in, is a cause`() throws {
        let day = try WeddingDay.garcia()
        let weddings = [day.wedding, try WeddingDay.autumn().wedding]
        let noon = try day.instant("2026-06-20T12:00")
        func causes(
            _ states: [String: IntegrationHealth.State],
            _ subject: String,
            at now: Instant
        ) throws -> Int {
            let impacts = try Accounts(states: states).impacts(of: subject, on: weddings, at: now)
            let state = states[subject] ?? .healthy
            return EmergencyCause.causes(.integration(try name(subject)), state, impacts).count
        }
        #expect(try causes(["twilio": .down], "twilio", at: noon) == 1)
        #expect(try causes(["twilio": .unhealthy], "twilio", at: noon) == 1)
        #expect(try causes(["twilio": .degraded], "twilio", at: noon) == 0)
        #expect(try causes(["sendgrid": .down], "sendgrid", at: noon) == 0)
        #expect(try causes(["stripe": .down], "stripe", at: noon) == 0)
        #expect(try causes(["stripe": .down, "square": .down], "stripe", at: noon) == 1)
        #expect(try causes(["twilio": .down], "twilio", at: day.instant("2026-06-19T12:00")) == 0)
    }
}
