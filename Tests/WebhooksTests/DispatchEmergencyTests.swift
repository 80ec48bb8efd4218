import Domain
import Registry
import Storage
import Testing
import UsherTesting
import Webhooks

@Suite struct DispatchEmergencyTests {
    private func event(_ id: String, _ type: String, wedding: String? = nil) -> [UInt8] {
        let metadata = wedding.map { #""metadata": {"wedding_id": "\#($0)"}, "# } ?? ""
        return Array(
            """
            {"id": "\(id)", "object": "event", "type": "\(type)", "created": 1772323200,
            "data": {"object": {\(metadata)"id": "\(id)", "object": "thing", "customer": "\(id)"}}}
            """.utf8
        )
    }

    @Test func `deliveries of low priority wait while it is on and go when it is over; none is lost`()
        async throws
    {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            #expect(await station.receive(event("e1", "product.created")).stored != nil)
            station.dispatcher.emergency(DispatchEmergency(weddings: []))
            #expect(await station.receive(event("e2", "customer.created")).stored != nil)
            try await station.delivering {
                await station.finishes.reach(1)
                #expect(station.upstream.requests.count == 1)
                let waiting = try await station.rows("SELECT seq FROM deliveries WHERE state = 0")
                #expect(waiting.count == 1)
                station.dispatcher.emergency(nil)
                await station.finishes.reach(2)
            }
            #expect(station.upstream.requests.count == 2)
            #expect(try await station.rows("SELECT seq FROM deliveries WHERE state = 0").isEmpty)
        }
    }

    @Test func `an order for low lanes alone brings nothing while only urgent ones are claimed`() async throws
    {
        try await withStation { station in
            try await station.addSource()
            let destination = try await station.addDestination()
            #expect(await station.receive(event("e1", "product.created")).stored != nil)
            let share = ClaimOrder.Share(
                destinationID: destination,
                limit: 5,
                leaseUntil: station.clock.now + .seconds(60)
            )
            let urgent = ClaimOrder(shares: [share], now: station.clock.now, priorityMax: .normal)
            #expect(try await station.store.claim(urgent).deliveries.isEmpty)
            let all = ClaimOrder(shares: [share], now: station.clock.now)
            #expect(try await station.store.claim(all).deliveries.count == 1)
        }
    }
}
