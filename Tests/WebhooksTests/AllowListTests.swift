import Domain
import Registry
import Synchronization
import Testing
import Transport
import UsherTesting
import Webhooks

struct AllowListTests {
    private func receive(_ id: String, from client: String?, _ station: Station) async -> Reception {
        let body = stripeBody(id)
        return await station.receiver.receive(
            source: "shop",
            method: "POST",
            client: { client.flatMap { IPAddress($0) } },
            headers: station.signed(body),
            body: body
        )
    }

    private func refusal(_ reception: Reception) -> AddressRefusal? {
        if case .blocked(let refusal) = reception { refusal } else { nil }
    }

    @Test func `only the addresses of the list are listened to`() async throws {
        try await withStation { station in
            try await station.addSource { $0.allowFrom = ["198.51.100.0/24", "2001:db8::/32"] }
            #expect(await receive("evt_1", from: "198.51.100.7", station).stored != nil)
            #expect(await receive("evt_2", from: "2001:db8::7", station).stored != nil)
            #expect(await receive("evt_3", from: "::ffff:198.51.100.7", station).stored != nil)
            #expect(refusal(await receive("evt_4", from: "198.51.101.7", station)) == .notAllowed)
            #expect(refusal(await receive("evt_5", from: nil, station)) == .unknownClient)
            #expect(try await station.count("events") == 3)
        }
    }

    @Test func `a source without a list does not ask who sends`() async throws {
        try await withStation { station in
            try await station.addSource()
            #expect(await receive("evt_1", from: nil, station).stored != nil)
            let body = stripeBody("evt_2")
            let asked = Mutex(false)
            let reception = await station.receiver.receive(
                source: "shop",
                method: "POST",
                client: {
                    asked.withLock { $0 = true }
                    return nil
                },
                headers: station.signed(body),
                body: body
            )
            #expect(reception.stored != nil && !asked.withLock { $0 })
        }
    }

    @Test func `the address is checked before the signature, and counted`() async throws {
        try await withStation { station in
            try await station.addSource { $0.allowFrom = ["198.51.100.7"] }
            let body = stripeBody("evt_1")
            let unsigned = await station.receiver.receive(
                source: "shop",
                method: "POST",
                client: { IPAddress("203.0.113.1") },
                headers: Headers(),
                body: body
            )
            #expect(refusal(unsigned) == .notAllowed)
            let health = try #require(try await station.health.report().sources.first)
            #expect(health.state == .degraded && health.activity.blocked.total == 1)
            #expect(health.activity.refused.total == 0)
            #expect(health.activity.lastError?.code == "address_not_allowed")
        }
    }

    @Test func `a list that cannot be read back keeps the source shut`() async throws {
        try await withStation { station in
            try await station.addSource { $0.allowFrom = ["198.51.100.7"] }
            try await station.execute(#"UPDATE sources SET allow_from = '["198.51.100.0/3"]'"#)
            await #expect(throws: (any Error).self) { try await station.registry.load() }
            #expect(refusal(await receive("evt_1", from: "203.0.113.1", station)) == .notAllowed)
        }
    }
}
