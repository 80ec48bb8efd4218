import Domain
import Logging
import Registry
import Storage
import Synchronization
import Testing
import UsherTesting
import Webhooks

/// Two nodes on one PostgreSQL database, behind the same root key.
@Suite(.enabled(if: TestEngine.serverURL != nil, "run with scripts/with-postgres"))
struct TwoNodesTests {
    @Test func `an event that comes to both at once is stored once`() async throws {
        try await withTwoStations { one, two in
            try await one.addSource()
            try await one.addDestination()
            try await two.registry.loadIfChanged()
            let ids = (1...60).map { "evt_\($0)" }
            let receptions = await withTaskGroup { group in
                for id in ids + ids {
                    for station in [one, two] { group.addTask { await station.receive(stripeBody(id)) } }
                }
                return await group.reduce(into: [Reception]()) { $0.append($1) }
            }
            #expect(receptions.compactMap(\.stored).count == 60)
            #expect(receptions.compactMap(\.repeated).count == 180)
            #expect(Set(receptions.compactMap(\.stored)) == Set(receptions.compactMap(\.repeated)))
            #expect(try await one.count("events") == 60)
            #expect(try await one.count("event_keys") == 60)
            #expect(try await one.count("deliveries") == 60)
            #expect(
                try await one.rows("SELECT CAST(SUM(duplicates) AS BIGINT) FROM events")[0]
                    == Row([.integer(180)])
            )
        }
    }

    @Test func `a lane is one node's at a time, and all of them are somebody's`() async throws {
        try await withTwoStations { one, two in
            try await one.addSource()
            let destination = try await one.addDestination()
            for number in 1...40 { try await one.take("evt_\(number)", object: "obj_\(number % 20)") }
            async let first = one.claim(destination, limit: 20)
            async let second = two.claim(destination, limit: 20)
            let claims = try await first + second
            #expect(Set(claims.map(\.lane)).count == claims.count)
            let rest = try await one.claim(destination, limit: 20)
            #expect(claims.count + rest.count == 20)
            #expect(Set((claims + rest).map(\.epoch)).count == 20)
        }
    }

    @Test func `both nodes work a lane off in its order`() async throws {
        try await withTwoStations { one, two in
            try await one.addSource()
            let destination = try await one.addDestination()
            try await two.registry.loadIfChanged()
            for number in 1...12 {
                try await (number % 2 == 0 ? one : two).take("evt_\(number)", object: "obj")
            }
            var order: [String] = []
            for number in 1...12 {
                let station = number % 3 == 0 ? one : two
                let claimed = try #require(try await station.claim(destination).first)
                order.append(claimed.provided)
                #expect(try await station.finish(claimed, .delivered) == .recorded(laneReady: number < 12))
            }
            #expect(order == (1...12).map { "evt_\($0)" })
            #expect(try await one.count("lanes") == 0)
        }
    }

    @Test func `a node that outstayed its lease changes nothing`() async throws {
        try await withTwoStations { one, two in
            try await one.addSource()
            let destination = try await one.addDestination()
            try await one.take("evt_1")
            let late = try #require(try await one.claim(destination, lease: .zero).first)
            let current = try #require(try await two.claim(destination).first)
            #expect(late.seq == current.seq && late.epoch != current.epoch)
            #expect(try await one.finish(late, .dead("gone")) == .fenced)
            #expect(try await two.finish(current, .delivered) == .recorded(laneReady: false))
            #expect(try await two.finish(current, .delivered) == .fenced)
            #expect(try await one.count("deliveries", "state = 1") == 1)
        }
    }

    @Test func `a delivery to be tried again is due by the shared clock`() async throws {
        try await withTwoStations { one, two in
            try await one.addSource()
            let destination = try await one.addDestination()
            try await one.take("evt_1")
            let first = try #require(try await one.claim(destination).first)
            // At once: for whoever comes first.
            #expect(try await one.finish(first, .retry(at: one.clock.now)) == .recorded(laneReady: true))
            let second = try #require(try await two.claim(destination).first)
            // A little later, by whichever clock: nobody has it before.
            let later = two.clock.now + .milliseconds(300)
            #expect(try await two.finish(second, .retry(at: later)) == .recorded(laneReady: false))
            #expect(try await one.claim(destination).isEmpty)
            var third: ClaimedDelivery?
            while third == nil { third = try await one.claim(destination).first }
            #expect(third?.seq == first.seq)
            #expect(try await two.claim(destination).isEmpty)
        }
    }

    @Test func `a clock that is wrong moves no lease`() async throws {
        try await withTwoStations { one, two in
            try await one.addSource()
            let destination = try await one.addDestination()
            try await one.take("evt_1")
            #expect(try await one.claim(destination).count == 1)
            // By its own clock the lease of the other ended long ago; by the clock they share it did not.
            two.clock.advance(by: .seconds(3_600))
            #expect(try await two.claim(destination).isEmpty)
        }
    }

    @Test func `a change by one node reaches the other by itself`() async throws {
        try await withTwoStations { one, two in
            let watch = try #require(two.peerWatch)
            let changes = Tally<Int>()
            two.registry.onChange { changes.add($0.destinations.count) }
            try await withThrowingTaskGroup { group in
                group.addTask { try await watch.run() }
                try await one.addDestination()
                await changes.reach(1)
                group.cancelAll()
            }
            #expect(two.registry.snapshot.destinations.map(\.name.text) == ["app"])
        }
    }

    @Test func `a dead letter that both replay is queued once`() async throws {
        try await withTwoStations { one, two in
            try await one.addSource()
            let destination = try await one.addDestination()
            try await two.registry.loadIfChanged()
            for number in 1...20 { try await one.take("evt_\(number)") }
            for claimed in try await one.claim(destination, limit: 20) {
                try await one.finish(claimed, .dead("attempts"))
            }
            let request = ReplayRequest(
                .deadLetters(DeliveryFilter(destinationID: destination, state: .dead)),
                requestedBy: "test"
            )
            async let first = one.replayer.start(request)
            async let second = two.replayer.start(request)
            let queued = try await first.queued + second.queued
            #expect(queued == 20)
            #expect(try await one.count("deliveries", "state = 0") == 20)
            #expect(try await one.count("deliveries", "state = 3") == 20)
        }
    }

    /// Both start at the same time, on a database that neither has seen.
    private func withTwoStations(_ body: @Sendable (Station, Station) async throws -> Void) async throws {
        try await temporaryLocation(engine: .postgres) { configuration in
            try await Database.withOpened(configuration, migrations: Station.migrations) { first in
                try await Database.withOpened(configuration, migrations: Station.migrations) { second in
                    async let one = Station.start(first, Station.World(seed: 1))
                    async let two = Station.start(second, Station.World(seed: 2))
                    try await body(one, two)
                }
            }
        }
    }
}

extension Station {
    fileprivate var peerWatch: PeerWatch? {
        PeerWatch(
            database: database,
            registry: registry,
            weddings: weddings,
            dispatcher: dispatcher,
            replayer: replayer,
            time: clock.time,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }
}
