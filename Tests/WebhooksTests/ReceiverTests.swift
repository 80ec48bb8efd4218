import Domain
import Registry
import Storage
import Synchronization
import Testing
import UsherTesting
import Webhooks

struct ReceiverTests {
    @Test func `a hundred parallel copies are one event with one delivery`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let body = stripeBody("evt_1")
            let headers = station.signed(body)
            let receptions = await withTaskGroup(of: Reception.self) { group in
                for _ in 0..<100 {
                    group.addTask { await station.receive(body, headers: headers) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let stored = receptions.compactMap(\.stored)
            #expect(stored.count == 1)
            #expect(receptions.compactMap(\.repeated) == Array(repeating: stored[0], count: 99))
            let event = try #require(try await station.queries.event(stored[0]))
            #expect(event.duplicates == 99)
            #expect(try await station.count("events") == 1)
            #expect(try await station.count("deliveries") == 1)
        }
    }

    @Test func `a repeat is known after a restart`() async throws {
        try await temporaryLocation { configuration in
            var world = Station.World()
            let id = try await Database.withOpened(configuration, migrations: Station.migrations) {
                database in
                let station = try await Station.start(database, world)
                try await station.addSource()
                return try await station.take("evt_1")
            }
            world.seed = 2
            try await Database.withOpened(configuration, migrations: Station.migrations) { [world] database in
                let station = try await Station.start(database, world)
                #expect(await station.receive(stripeBody("evt_1")).repeated == id)
                let event = try #require(try await station.queries.event(id))
                #expect(try await station.queries.body(of: event) == stripeBody("evt_1"))
                #expect(try await station.take("evt_2") != id)
            }
        }
    }

    @Test func `equal ids of different sources are different events`() async throws {
        try await withStation { station in
            try await station.addSource("one")
            try await station.addSource("two")
            let first = try await station.take("evt_1", source: "one")
            #expect(try await station.take("evt_1", source: "two") != first)
        }
    }

    @Test func `answers only after the commit`() async throws {
        let entered = Tally<Void>()
        let gate = Tally<Void>()
        let answered = Tally<Void>()
        let holding: (WebhookStore) -> WebhookStore = { store in
            var held = store
            held.append = { event in
                entered.add(())
                await gate.reach(1)
                return try await store.append(event)
            }
            return held
        }
        try await withStation(store: holding) { station in
            try await station.addSource()
            async let reception = {
                let reception = await station.receive(stripeBody("evt_1"))
                answered.add(())
                return reception
            }()
            await entered.reach(1)
            for _ in 0..<1_000 { await Task.yield() }
            #expect(answered.all.isEmpty)
            #expect(try await station.count("events") == 0)
            gate.add(())
            #expect(await reception.stored != nil)
            #expect(try await station.count("events") == 1)
        }
    }

    @Test(arguments: [StorageError.diskFull, .overloaded, .closed, .inputOutput(code: 10, message: "gone")])
    func `what cannot be stored is answered busy and can be sent again`(_ failure: StorageError) async throws
    {
        let isBroken = Mutex(true)
        let breaking: (WebhookStore) -> WebhookStore = { store in
            var broken = store
            broken.append = { event in
                if isBroken.withLock({ $0 }) { throw failure }
                return try await store.append(event)
            }
            return broken
        }
        try await withStation(store: breaking) { station in
            try await station.addSource()
            let reception = await station.receive(stripeBody("evt_1"))
            guard case .busy(503, Receiver.retryAfter, failure.code) = reception else {
                Issue.record("\(reception)")
                return
            }
            #expect(try await station.count("events") == 0)
            isBroken.withLock { $0 = false }
            #expect(await station.receive(stripeBody("evt_1")).stored != nil)
        }
    }

    @Test func `unknown and disabled sources are not there`() async throws {
        try await withStation { station in
            try await station.addSource("off") { $0.enabled = false }
            for name in ["off", "none", "OFF", "", "..", "оff"] {
                #expect(await station.receive(stripeBody("evt_1"), source: name).isUnknown)
            }
            #expect(station.receiver.bodyBytesMax(source: "off") == nil)
            #expect(try await station.count("events") == 0)
        }
    }

    @Test func `a source over its rate is told to wait, others are not`() async throws {
        try await withStation { station in
            try await station.addSource("slow") { $0.ratePerSecond = 2 }
            try await station.addSource("free")
            try await station.take("evt_1", source: "slow")
            try await station.take("evt_2", source: "slow")
            #expect(await station.receive(stripeBody("evt_3"), source: "slow").busyCode == "rate_limited")
            try await station.take("evt_3", source: "free")
            station.clock.advance(by: .milliseconds(499))
            #expect(await station.receive(stripeBody("evt_3"), source: "slow").busyCode == "rate_limited")
            station.clock.advance(by: .milliseconds(1))
            try await station.take("evt_3", source: "slow")
            #expect(try await station.count("events") == 4)
        }
    }

    @Test func `events go to those who want them`() async throws {
        try await withStation { station in
            try await station.addSource("shop")
            try await station.addSource("anna-shop") { $0.vendor = name("anna") }
            try await station.addDestination("all")
            try await station.addDestination("charges") { $0.events = ["charge.*", "invoice.paid"] }
            try await station.addDestination("shop-only") { $0.sources = [name("shop")] }
            try await station.addDestination("anna") { $0.vendor = name("anna") }
            try await station.addDestination("off") { $0.enabled = false }
            func receivers(_ id: EventID) async throws -> [String] {
                let event = try #require(try await station.queries.event(id))
                return try await station.queries.history(of: event).map(\.0.destinationName).sorted()
            }
            let charge = try await station.take("evt_1", "charge.refunded")
            #expect(try await receivers(charge) == ["all", "charges", "off", "shop-only"])
            let customer = try await station.take("evt_2", "customer.created", source: "anna-shop")
            #expect(try await receivers(customer) == ["all", "anna", "off"])
            let charged = try await station.take("evt_3", "charged.twice")
            #expect(try await receivers(charged) == ["all", "off", "shop-only"])
        }
    }

    @Test func `the secret that matched is remembered`() async throws {
        try await withStation { station in
            let source = try await station.addSource(secrets: [secret(1), secret(2)])
            let body = stripeBody("evt_1")
            let id = try #require(
                await station.receive(body, headers: station.signed(body, [secret(2)])).stored
            )
            let event = try #require(try await station.queries.event(id))
            #expect(event.secretID == source.secrets[1].id)
        }
    }

    @Test func `bodies are stored sealed, in the table of their day`() async throws {
        try await withStation { station in
            try await station.addSource()
            let today = try await station.take("evt_1")
            station.clock.advance(by: .seconds(86_400))
            let tomorrow = try await station.take("evt_2")
            let day = station.clock.now.dayNumber
            for (id, text, day) in [(today, "evt_1", day - 1), (tomorrow, "evt_2", day)] {
                let rows = try await station.rows("SELECT seq, sealed FROM event_bodies_\(day)")
                #expect(rows.count == 1)
                #expect(try rows[0].integer(0) == id.sequence)
                let sealed = String(decoding: try rows[0].blob(1), as: UTF8.self)
                #expect(!sealed.contains(text) && !sealed.contains("customer"))
                let event = try #require(try await station.queries.event(id))
                #expect(try await station.queries.body(of: event) == stripeBody(text))
            }
        }
    }

    @Test func `bodies swapped between rows cannot be read`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let first = try await station.take("evt_1")
            try await station.take("evt_2")
            let table = "event_bodies_\(station.clock.now.dayNumber)"
            try await station.execute("UPDATE \(table) SET seq = -seq")
            try await station.execute("UPDATE \(table) SET seq = 3 + seq")
            let event = try #require(try await station.queries.event(first))
            await #expect(throws: (any Error).self) { _ = try await station.queries.body(of: event) }
            try await station.delivering { await station.finishes.reach(2) }
            #expect(station.upstream.requests.isEmpty)
            let tries = try await station.rows("SELECT error FROM delivery_attempts")
            #expect(try tries.map { try $0.text(0).hasPrefix("vault_") } == [true, true])
        }
    }
}
