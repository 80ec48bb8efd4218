package import Domain
package import Logging
package import Registry
package import Resilience
import ServiceLifecycle
package import Storage
import Synchronization
package import Telemetry

/// How a source usually sends, and whether it has stopped.
package struct SourceRhythm: Hashable, Sendable {
    /// The usual number of events in an hour at this time of the week; nil while that is not known.
    package let usualPerHour: Double?
    /// The silence that chance does not explain; nil while there is none.
    package let silence: SilenceDetector.Silence?

    /// What to tell people of a silence: `shop usually sends about 30/h at this time; nothing for 40 min`.
    package func sentence(of name: ResourceName, at now: Instant) -> String? {
        guard let silence else { return nil }
        let minutes = max(0, (now - silence.since).microseconds / 60_000_000)
        let time = minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h"
        let usual = usualPerHour.map { rate in
            rate >= 1 ? "about \(Int(rate.rounded()))/h" : "about \(Int((rate * 24).rounded())) a day"
        }
        return "\(name) usually sends \(usual ?? "more") at this time; nothing for \(time)"
    }
}

/// Learns when each source sends and says when one has gone quiet.
///
/// What was learned is stored once a minute, for each source the hour that changed, and read back at the next start.
package final class SilenceWatch: Service, Sendable {
    /// How often time is told to the detectors, and what they learned is stored.
    package static let interval = Duration.seconds(60)

    private let database: Database
    private let registry: ResourceRegistry
    private let metrics: Metrics
    private let signals: SignalHub?
    private let time: Time
    private let logger: Logger
    private let detectors = Mutex([Int64: SilenceDetector]())
    private let quiet = Mutex(Set<Int64>())

    /// Wires the watch; it knows nothing until `load`.
    package init(
        database: Database,
        registry: ResourceRegistry,
        metrics: Metrics,
        signals: SignalHub? = nil,
        time: Time,
        logger: Logger
    ) {
        self.database = database
        self.registry = registry
        self.metrics = metrics
        self.signals = signals
        self.time = time
        self.logger = logger
    }

    /// Reads what earlier processes learned.
    package func load() async throws {
        let loaded = try await database.read { try SilenceTable.load($0) }
        detectors.withLock { $0.merge(loaded) { learned, _ in learned } }
    }

    /// Takes in that a source has sent a webhook that verified.
    package func heard(_ source: Int64, at now: Instant) {
        detectors.withLock { $0[source, default: SilenceDetector()].heard(at: now) }
    }

    /// How a source sends.
    package func rhythm(of source: Int64, at now: Instant) -> SourceRhythm {
        let detector = detectors.withLock { $0[source] }
        return SourceRhythm(
            usualPerHour: detector?.usualPerHour(at: now),
            silence: detector?.silence
        )
    }

    /// Watches until cancelled or shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.tick()
                } catch {
                    self.logger.error(
                        "what was learned of sources was not stored",
                        metadata: ["error": "\(error)"]
                    )
                }
                try? await self.time.sleep(Self.interval)
            }
        }
    }

    /// Tells the time to every detector and stores what has changed.
    package func tick() async throws {
        let now = time.now()
        let sources = registry.snapshot.sources.values.sorted { $0.id < $1.id }
        let enabled = sources.filter(\.definition.enabled)
        let changes = detectors.withLock { detectors in
            let known = Set(sources.map(\.id))
            detectors = detectors.filter { known.contains($0.key) }
            return enabled.map { source in
                detectors[source.id, default: SilenceDetector()].advance(to: now)
                return SilenceTable.Change(source.id, &detectors[source.id, default: SilenceDetector()])
            }
        }
        for source in enabled { tell(source, at: now) }
        try await database.write { transaction in
            for change in changes { try SilenceTable.store(change, transaction) }
        }
    }

    /// Tells the log of a silence that begins or ends, and the metrics of each.
    private func tell(_ source: Source, at now: Instant) {
        let rhythm = rhythm(of: source.id, at: now)
        let isQuiet = rhythm.silence != nil
        metrics.gauge(
            "usher_source_quiet",
            help: "1 while a source is silent for longer than chance explains.",
            labels: [("source", source.name.text)]
        )
        .set(isQuiet ? 1 : 0)
        let changed = quiet.withLock { quiet in
            isQuiet ? quiet.insert(source.id).inserted : quiet.remove(source.id) != nil
        }
        guard changed else { return }
        let sentence = rhythm.sentence(of: source.name, at: now)
        signals?.tell(
            .silenceChanged,
            source.name.text,
            vendor: source.definition.vendor,
            body: [
                "silent": .bool(isQuiet),
                "since": rhythm.silence.map { .string("\($0.since)") } ?? .null,
                "sentence": sentence.map { .string($0) } ?? .null,
            ]
        )
        if let sentence {
            logger.warning("\(sentence)", metadata: ["source": "\(source.name)"])
        } else {
            logger.info("the source sends again", metadata: ["source": "\(source.name)"])
        }
    }
}
