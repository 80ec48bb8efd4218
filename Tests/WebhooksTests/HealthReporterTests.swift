import Domain
import Registry
import Storage
import Synchronization
import Testing
import Transport
import UsherTesting
import Webhooks

struct HealthReporterTests {
    private func source(_ station: Station) async throws -> SourceHealth {
        try #require(try await station.health.report().sources.first)
    }

    private func destination(_ station: Station) async throws -> DestinationHealth {
        try #require(try await station.health.report().destinations.first)
    }

    @Test func `a source is well until something is refused, and well again after two minutes`() async throws
    {
        try await withStation { station in
            try await station.addSource()
            #expect(try await source(station).state == .ok)
            try await station.take("evt_1")
            #expect(try await source(station).state == .ok)
            let body = stripeBody("evt_2")
            let refused = await station.receive(body, headers: station.signed(body, [secret(2)]))
            #expect(refused.refusal != nil)
            let health = try await source(station)
            #expect(health.state == .degraded && health.activity.lastError?.code == "signature_mismatch")
            #expect(try await !station.health.report().isDown)
            station.clock.advance(by: .seconds(120))
            #expect(try await source(station).state == .ok)
        }
    }

    @Test func `a source that can store nothing is down`() async throws {
        let breaking: (WebhookStore) -> WebhookStore = { store in
            var broken = store
            broken.append = { _ in throw StorageError.diskFull }
            return broken
        }
        try await withStation(store: breaking) { station in
            try await station.addSource()
            #expect(await station.receive(stripeBody("evt_1")).busyCode == "disk_full")
            let report = try await station.health.report()
            #expect(report.isDown && report.sources.map(\.state) == [.down])
            #expect(!report.visible { $0 != nil }.isDown)
        }
    }

    @Test func `a source that is switched off is stopped, not down`() async throws {
        try await withStation { station in
            try await station.addSource { $0.enabled = false }
            #expect(try await source(station).state == .stopped)
            #expect(try await !station.health.report().isDown)
        }
    }

    @Test func `a destination tells its backlog, and that it waits too long`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            let since = station.clock.now
            try await station.take("evt_1")
            station.clock.advance(by: HealthReporter.waitMax)
            try await station.take("evt_2")
            var health = try await destination(station)
            #expect(health.state == .ok && health.backlog == 2 && health.oldestWaitingSince == since)
            station.clock.advance(by: .seconds(1))
            health = try await destination(station)
            #expect(health.state == .degraded)
            try await station.registry.stop(destination: health.destination.id, reason: "gone")
            #expect(try await destination(station).state == .stopped)
        }
    }

    @Test func `a destination whose breaker is open is down, until it has another URL`() async throws {
        try await withStation { station in
            try await station.addSource()
            try await station.addDestination()
            station.upstream.answer { _ throws(TransportError) in throw .timedOut(sent: true) }
            for index in 0..<60 { try await station.take("evt_\(index)") }
            try await station.delivering {
                while try await destination(station).state != .down { await Task.yield() }
            }
            let health = try await destination(station)
            #expect(health.pausedFor != nil && health.activity.lastError != nil)
            #expect(try await station.health.report().isDown)
            #expect(station.registry.snapshot.destinations.first?.isActive == true)
            let before = station.upstream.requests.count
            #expect(before < 60)
            try await station.change("app") { $0.standbyURL = "https://second.example.com" }
            #expect(try await destination(station).pausedFor == nil)
        }
    }
}
