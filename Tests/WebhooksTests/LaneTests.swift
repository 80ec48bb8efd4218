import Domain
import Registry
import Testing
import UsherTesting
import Webhooks

struct LaneTests {
    @Test func `events of one object are delivered in order, others at the same time`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            for (id, object) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
                try await station.take(id, object: object)
            }
            var claimed = try await station.claim(app)
            #expect(claimed.map(\.provided) == ["a1", "b1"])
            #expect(try await station.claim(app).isEmpty)
            try await station.finish(claimed[0], .delivered)
            claimed = try await station.claim(app)
            #expect(claimed.map(\.provided) == ["a2"])
            #expect(try await station.finish(claimed[0], .delivered) == .recorded(laneReady: true))
            claimed = try await station.claim(app)
            #expect(claimed.map(\.provided) == ["a3"])
            #expect(try await station.finish(claimed[0], .delivered) == .recorded(laneReady: false))
        }
    }

    @Test func `events without an object have lanes of their own`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            for id in ["evt_1", "evt_2"] {
                let body = Array(#"{"id":"\#(id)","type":"balance.available"}"#.utf8)
                #expect(await station.receive(body).stored != nil)
            }
            #expect(try await station.claim(app).count == 2)
        }
    }

    @Test(.onManualClock) func `a failing head holds its lane until it is due, and no other`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            try await station.take("a1", object: "a")
            try await station.take("a2", object: "a")
            let head = try await station.claim(app)[0]
            let due = station.clock.now + .seconds(10)
            #expect(try await station.finish(head, .retry(at: due)) == .recorded(laneReady: false))
            try await station.take("b1", object: "b")
            #expect(try await station.claim(app).map(\.provided) == ["b1"])
            station.clock.advance(by: .seconds(10) - .microseconds(1))
            #expect(try await station.claim(app).isEmpty)
            station.clock.advance(by: .microseconds(1))
            #expect(try await station.claim(app).map(\.provided) == ["a1"])
        }
    }

    @Test func `a lane goes on after its head was given up`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            try await station.take("a1", object: "a")
            try await station.take("a2", object: "a")
            let head = try await station.claim(app)[0]
            #expect(try await station.finish(head, .dead("status_500")) == .recorded(laneReady: true))
            #expect(try await station.claim(app).map(\.provided) == ["a2"])
            let dead = try await station.queries.deliveries(DeliveryFilter(state: .dead), limit: 10).elements
            #expect(dead.map(\.error) == ["status_500"])
        }
    }

    @Test func `a lane is as urgent as the most urgent event in it, and keeps its order`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            try await station.take("a1", "product.updated", object: "a")
            try await station.take("b1", "customer.created", object: "b")
            #expect(try await station.claim(app, limit: 1, lease: .zero).map(\.provided) == ["b1"])
            try await station.take("a2", "charge.failed", object: "a")
            let first = try await station.claim(app, limit: 1)
            #expect(first.map(\.provided) == ["a1"])
            try await station.finish(first[0], .delivered)
            let second = try await station.claim(app, limit: 1)
            #expect(second.map(\.provided) == ["a2"] && second[0].priority == .high)
            try await station.take("a3", "product.updated", object: "a")
            try await station.finish(second[0], .delivered)
            #expect(try await station.claim(app, limit: 1).map(\.provided) == ["b1"])
            #expect(try await station.claim(app, limit: 1).map(\.provided) == ["a3"])
        }
    }

    @Test func `the more urgent, then the older`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            try await station.take("low", "product.updated")
            try await station.take("normal-1")
            station.clock.advance(by: .seconds(1))
            try await station.take("normal-2")
            try await station.take("high", "charge.failed")
            #expect(
                try await station.claim(app).map(\.provided) == ["high", "normal-1", "normal-2", "low"]
            )
        }
    }

    @Test func `a busy destination takes nothing from another`() async throws {
        try await withStation { station in
            try await station.addSource()
            let busy = try await station.addDestination("busy")
            for index in 0..<50 { try await station.take("evt_\(index)") }
            let quiet = try await station.addDestination("quiet")
            try await station.take("evt_50")
            let claimed = try await station.claim(busy, quiet, limit: 5)
            #expect(claimed.filter { $0.destinationID == busy }.count == 5)
            #expect(claimed.filter { $0.destinationID == quiet }.map(\.provided) == ["evt_50"])
        }
    }

    @Test(
        .onManualClock,
        arguments: [DeliveryVerdict.delivered, .dead("status_500"), .retry(at: Instant(seconds: 1))]
    )
    func `a finish that was overtaken changes nothing`(_ verdict: DeliveryVerdict) async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            try await station.take("a1", object: "a")
            try await station.take("a2", object: "a")
            let first = try await station.claim(app, lease: .seconds(40))[0]
            station.clock.advance(by: .seconds(40))
            let second = try await station.claim(app)[0]
            #expect(second.seq == first.seq && second.epoch > first.epoch)
            #expect(try await station.finish(first, verdict) == .fenced)
            #expect(try await station.count("deliveries", "state = 0 AND attempts = 0") == 2)
            #expect(try await station.claim(app).isEmpty)
            #expect(try await station.finish(second, .delivered) == .recorded(laneReady: true))
            #expect(try await station.finish(second, .delivered) == .fenced)
            #expect(try await station.count("deliveries", "state = 1") == 1)
        }
    }

    @Test(.onManualClock) func `a lease lasts until its end and no longer`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            try await station.take("a1")
            _ = try await station.claim(app, lease: .seconds(40))
            station.clock.advance(by: .seconds(40) - .microseconds(1))
            #expect(try await station.claim(app).isEmpty)
            station.clock.advance(by: .microseconds(1))
            #expect(try await station.claim(app).map(\.provided) == ["a1"])
        }
    }

    @Test(.onManualClock)
    func `a start ends the leases of the process before, whose results then change nothing`()
        async throws
    {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            try await station.take("a1")
            let lost = try await station.claim(app, lease: .seconds(3_600))[0]
            var world = station.world
            world.seed = 2
            let restarted = try await Station.start(station.database, world)
            let again = try await restarted.claim(app)
            #expect(again.map(\.provided) == ["a1"])
            #expect(try await restarted.finish(lost, .delivered) == .fenced)
            #expect(try await restarted.finish(again[0], .delivered) == .recorded(laneReady: false))
        }
    }

    @Test func `what waits for a removed destination becomes dead letters`() async throws {
        try await withStation { station in
            try await station.addSource()
            let app = try await station.addDestination()
            let id = try await station.take("a1", object: "a")
            try await station.take("a2", object: "a")
            let claimed = try await station.claim(app)[0]
            try await station.registry.commit([.removeDestination(name("app"))], owner: .api)
            #expect(try await station.finish(claimed, .delivered) == .fenced)
            let dead = try await station.queries.deliveries(DeliveryFilter(state: .dead), limit: 10).elements
            #expect(dead.map(\.error) == ["destination_removed", "destination_removed"])
            #expect(dead.map(\.destinationName) == ["app", "app"])
            #expect(try await station.count("lanes") == 0)
            let event = try #require(try await station.queries.event(id))
            #expect(try await station.queries.body(of: event) == stripeBody("a1", object: "a"))
        }
    }
}
