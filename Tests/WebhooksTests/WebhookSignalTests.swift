import Domain
import Registry
import Synchronization
import Telemetry
import Testing
import UsherTesting
import Webhooks

/// What those who watch are told of events and deliveries.
@Suite(.onManualClock) struct WebhookSignalTests {
    private func signals(_ watch: SignalWatch) async throws -> [Signal] {
        try #require(await watch.next()).signals.map(\.signal)
    }

    @Test func `an event is told once, when it is stored`() async throws {
        try await withStation { station in
            try await station.addSource()
            let watch = try station.signals.watch(SignalFilter())
            let id = try await station.take("evt_1")
            _ = await station.receive(stripeBody("evt_1", "customer.created"))
            _ = await station.receive(stripeBody("evt_2", "customer.created"), headers: Headers())
            let told = try await signals(watch)
            #expect(told.map(\.subject) == [id.description])
            #expect(told.first?.kind == .eventStored)
            #expect(told.first?.body["source"] == "shop")
            #expect(told.first?.vendor == nil)
        }
    }

    @Test func `a delivery is told at each end of a try`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let left = Mutex([500])
            station.upstream.answer { _ in .status(left.withLock { $0.popLast() } ?? 200) }
            let kinds: SignalKinds = [
                SignalKinds(.deliverySucceeded), SignalKinds(.deliveryFailed), SignalKinds(.deliveryDead),
            ]
            let watch = try station.signals.watch(SignalFilter(kinds: kinds))
            let id = try await station.take("evt_1")
            try await station.delivering {
                await station.finishes.reach(1)
                await station.clock.waitForSleepers(1)
                station.clock.advance(by: .seconds(43_200))
                await station.finishes.reach(2)
                await station.clock.waitForSleepers(0)
            }
            var told = try await signals(watch)
            if told.count < 2 { told += try await signals(watch) }
            #expect(told.map(\.kind) == [.deliveryFailed, .deliverySucceeded])
            #expect(told.map { $0.body["error"] } == ["status_500", .null])
            #expect(told.map { $0.body["attempts"]?.int64 } == [1, 2])
            #expect(told.allSatisfy { $0.body["event"]?.string == id.description })
            #expect(told.first?.body["next_at"]?.string != nil)
        }
    }

    @Test func `nothing is kept of what nobody watches`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.take("evt_1")
            #expect(station.signals.told(after: 0)?.isEmpty == true)
        }
    }
}
