import Domain
import Registry
import Storage
import Telemetry
import Testing
import UsherTesting
import Webhooks

struct SilenceWatchTests {
    /// Two weeks of an event every other minute, learned without storing each webhook.
    private func learn(_ station: Station, _ source: Source, minutes: Int = 2 * 7 * 24 * 60) async throws {
        for minute in 0..<minutes {
            if minute % 2 == 0 { station.silence.heard(source.id, at: station.clock.now) }
            // Ticks store what was learned; between them nothing is lost but time.
            if minute % 10 == 0 { try await station.silence.tick() }
            station.clock.advance(by: .seconds(60))
        }
        try await station.silence.tick()
    }

    private func silence(_ station: Station) async throws {
        for _ in 0..<6 {
            station.clock.advance(by: .seconds(600))
            try await station.silence.tick()
        }
    }

    @Test func `a source that falls silent is degraded and says since when, until it sends again`()
        async throws
    {
        try await withStation { station in
            let source = try await station.addSource()
            try await learn(station, source)
            #expect(try await station.health.report().sources.first?.state == .ok)
            try await silence(station)
            let quiet = try #require(try await station.health.report().sources.first)
            #expect(quiet.state == .degraded)
            #expect(
                quiet.rhythm.sentence(of: source.name, at: station.clock.now)
                    == "shop usually sends about 30/h at this time; nothing for 62 min"
            )
            #expect(station.metrics.exposition().contains("usher_source_quiet{source=\"shop\"} 1"))
            try await station.take("evt_1")
            try await station.silence.tick()
            let again = try #require(try await station.health.report().sources.first)
            #expect(again.state == .ok && again.rhythm.silence == nil)
            #expect(station.metrics.exposition().contains("usher_source_quiet{source=\"shop\"} 0"))
        }
    }

    @Test func `what was learned is there after a restart, and so is the silence`() async throws {
        try await temporaryDatabase(migrations: Station.migrations) { database in
            let world = Station.World()
            let station = try await Station.start(database, world)
            let source = try await station.addSource()
            try await learn(station, source)
            try await silence(station)
            let before = station.silence.rhythm(of: source.id, at: world.clock.now)
            let restarted = try await Station.start(database, world)
            let after = restarted.silence.rhythm(of: source.id, at: world.clock.now)
            #expect(before.silence != nil && after == before)
            #expect(try await restarted.count("source_hours") == 168)
        }
    }

    @Test func `a source that is switched off or removed is not watched`() async throws {
        try await withStation { station in
            let source = try await station.addSource()
            try await learn(station, source)
            var definition = source.definition
            definition.enabled = false
            try await station.registry.commit([.updateSource(definition, nil)], owner: .api)
            try await silence(station)
            #expect(station.silence.rhythm(of: source.id, at: station.clock.now).silence == nil)
            try await station.registry.commit([.removeSource(source.name)], owner: .api)
            try await station.silence.tick()
            #expect(station.silence.rhythm(of: source.id, at: station.clock.now).usualPerHour == nil)
        }
    }

    @Test func `a minute stores one hour of a source, not its week`() async throws {
        try await withStation { station in
            let source = try await station.addSource()
            station.silence.heard(source.id, at: station.clock.now)
            try await station.silence.tick()
            station.clock.advance(by: SilenceWatch.interval)
            try await station.silence.tick()
            #expect(try await station.count("source_hours") == 1)
            #expect(try await station.count("source_silences") == 1)
        }
    }
}
