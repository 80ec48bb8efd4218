import Domain
import Health
import Logging
import Providers
import Resilience
import Storage
import Synchronization
import Telemetry
import Testing
import Transport
import UsherTesting
import Vault

/// An alert desk on a database of its own, with incidents made by hand and everything that leaves written down.
struct AlertRig: Sendable {
    /// One call that an alert left by.
    struct SentCall: Hashable, Sendable {
        let operation: Providers.Operation
        let input: JSONValue
        let key: String
    }

    let desk: AlertDesk
    let book: IncidentBook
    let browsers: PushBook
    let manual: ManualTime
    let upstream: ScriptedUpstream
    let calls: Recorder<SentCall>
    let random: RandomSource

    /// What was given to it, in order.
    final class Recorder<Item: Sendable>: Sendable {
        private let items = Mutex<[Item]>([])

        func add(_ item: Item) { items.withLock { $0.append(item) } }
        var all: [Item] { items.withLock { $0 } }
    }

    static func run(
        _ channels: [AlertChannel],
        served: @escaping @Sendable (Capability, ResourceName?) -> Bool = { _, _ in true },
        callEnd: @escaping @Sendable (SentCall) -> AlertCallEnd = { _ in .taken },
        _ body: (AlertRig) async throws -> Void
    ) async throws {
        try await temporaryDatabase(migrations: Vault.migrations + HealthTables.migrations) { database in
            let manual = ManualTime()
            let random = RandomSource.seeded(7)
            let upstream = ScriptedUpstream()
            let calls = Recorder<SentCall>()
            let vault = try await Vault.open(
                rootKey: RootKey.generate(random: .seeded(9)),
                database: database,
                time: manual.time,
                random: random
            )
            let browsers = PushBook(database: database, vault: vault, time: manual.time, random: random)
            let ports = AlertPorts(
                channels: channels,
                home: "https://usher.example.com",
                contact: "mailto:ops@example.com",
                upstream: upstream.upstream,
                addressPolicy: { AddressPolicy(allowPrivate: $0) },
                call: { operation, input, key in
                    let call = SentCall(operation: operation, input: input, key: key)
                    calls.add(call)
                    return callEnd(call)
                },
                isServed: { served($0, $1) },
                signals: SignalHub(time: manual.time),
                time: manual.time,
                random: random,
                logger: Logger(label: "test")
            )
            try await body(
                AlertRig(
                    desk: AlertDesk(database: database, browsers: browsers, ports: ports),
                    book: IncidentBook(database: database),
                    browsers: browsers,
                    manual: manual,
                    upstream: upstream,
                    calls: calls,
                    random: random
                )
            )
        }
    }

    /// Opens an incident about the integration `name`.
    func open(
        _ name: String,
        _ state: IntegrationHealth.State = .down,
        level: ImpactLevel = .none,
        in untilNext: Duration? = nil
    ) async throws -> Incident {
        let now = manual.time.now()
        let item = try untilNext.map {
            try TimelineItem(id: #require(TimelineItemID("cake")), name: "Cake", startsAt: now + $0)
        }
        let impact = WeddingImpact(
            wedding: try #require(WeddingID("garcia")),
            title: "Garcia",
            phase: .day,
            capability: .payments,
            fallback: nil,
            nextItem: item,
            untilNext: untilNext,
            level: level,
            reason: "Payments fail at the Garcia wedding."
        )
        let incident = Incident(
            id: IncidentID(now: now, random: random),
            subject: .integration(try #require(ResourceName(name))),
            state: state,
            worst: state,
            openedAt: now,
            summary: "\(name) does not answer",
            impacts: level == .none ? [] : [impact]
        )
        #expect(try await book.open(incident).isNew)
        return incident
    }

    /// Ends an incident.
    func close(_ incident: Incident) async throws {
        let now = manual.time.now()
        var ended = incident
        ended.state = .healthy
        ended.summary = "\(incident.subject.name) answers again"
        let entry = IncidentEntry(at: now, kind: .closed, text: "Over.")
        #expect(try await book.close(ended, at: now, quietSince: now, entry: entry))
    }

    /// Lets time pass in steps of a second, looking after each.
    func pass(_ seconds: Int) async throws {
        for _ in 0..<seconds {
            manual.advance(by: .seconds(1))
            try await desk.look()
        }
    }
}
