package import Domain
package import Logging
import ServiceLifecycle
package import Storage
import Synchronization
package import Telemetry

/// Turns emergency mode on and off, keeps what it did, and brings this node to what holds.
///
/// What holds is stored; each node reads it every `lookEvery` and obeys, so a restart, another node's decision and a lost
/// message end the same way. A decision and its steps are one transaction; the incident's record is written after it,
/// again until it succeeds.
package final class EmergencyDesk: Service, Sendable {
    /// The time between two looks.
    package static let lookEvery = Duration.seconds(5)
    /// The most reasons and incidents that are kept.
    package static let namedMax = 20
    /// How often a change is tried against other nodes'.
    private static let changesMax = 5

    private struct State {
        var told: StoredEmergency?
        var isDraining = false
    }

    private let database: Database
    private let ports: EmergencyPorts
    private let signals: SignalHub
    private let time: Time
    private let logger: Logger
    private let doorbell = Doorbell()
    private let state = Mutex(State())

    /// Wires the desk; nothing happens until `run`.
    package init(
        database: Database,
        ports: EmergencyPorts,
        signals: SignalHub,
        time: Time,
        logger: Logger
    ) {
        self.database = database
        self.ports = ports
        self.signals = signals
        self.time = time
        self.logger = logger
    }

    /// Looks, decides and obeys until cancelled or shut down.
    package func run() async throws {
        await withGracefulShutdownHandler {
            while !Task.isCancelled, !state.withLock({ $0.isDraining }) {
                await look()
                await doorbell.wait(atMost: Self.lookEvery, time)
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isDraining = true }
            self.doorbell.ring()
        }
    }

    /// Looks once: decides whether it begins, goes on or ends, and brings this node to what holds.
    package func look() async {
        do {
            let causes = await causes()
            let incidents = await self.incidents(of: causes)
            try await change { [ports] stored, now in
                let action = stored.mode.looked(isNeeded: !causes.isEmpty, now: now)
                return Self.steps(action, &stored, causes, incidents, ports, now)
            }
            try await tellIncidents()
        } catch {
            logger.error("emergency mode cannot look", metadata: ["error": "\(error)"])
        }
    }

    /// Turns it on until a time, or changes what was ordered before.
    package func order(_ order: EmergencyMode.Order) async throws -> EmergencyStatus {
        try await change { [ports] stored, now in
            let action = stored.mode.ordered(order, now: now)
            return Self.steps(action, &stored, [], [], ports, now)
        }
        doorbell.ring()
        return try await status()
    }

    /// Turns it off; false when it was not on.
    package func callOff(by who: String) async throws -> Bool {
        let wasOn = Mutex(false)
        try await change { [ports] stored, now in
            wasOn.withLock { $0 = stored.mode.isOn }
            let action = stored.mode.calledOff(now: now)
            return Self.steps(action, &stored, [], [], ports, now, by: who)
        }
        doorbell.ring()
        return wasOn.withLock { $0 }
    }

    /// Where it stands, with its latest times.
    package func status(records limit: Int = 10) async throws -> EmergencyStatus {
        let (stored, records) = try await database.read { transaction in
            (try EmergencyTable.load(transaction), try EmergencyTable.records(limit: limit, transaction))
        }
        return EmergencyStatus(
            mode: stored.mode,
            weddings: stored.weddings,
            incidents: stored.incidents,
            reasons: stored.reasons,
            records: records
        )
    }

    // MARK: Deciding

    /// Changes what is stored in one transaction with its steps, then obeys; again when another node was faster.
    private func change(
        _ decide: @escaping @Sendable (inout StoredEmergency, Instant) -> [String]
    ) async throws {
        let now = time.now()
        for _ in 0..<Self.changesMax {
            do {
                let stored = try await database.write { transaction in
                    let before = try EmergencyTable.load(transaction)
                    var after = before
                    let texts = decide(&after, now)
                    if after != before { try Self.store(&after, before, texts, now, transaction) }
                    return after
                }
                return obey(stored)
            } catch is Overtaken {
                continue
            } catch StorageError.constraint {
                continue  // Both opened the same record.
            }
        }
        throw StorageError.busy
    }

    /// Another node has changed what was read; rolls everything back.
    private struct Overtaken: Error {}

    private static func store(
        _ after: inout StoredEmergency,
        _ before: StoredEmergency,
        _ texts: [String],
        _ now: Instant,
        _ transaction: Transaction
    ) throws {
        if after.mode.isOn, after.number == nil {
            after.number = try EmergencyTable.begin(at: now, transaction)
        }
        if let number = after.number {
            let entries = texts.map { IncidentEntry(at: now, kind: .emergency, text: $0) }
            try EmergencyTable.add(entries, to: number, of: before.incidents + after.incidents, transaction)
            if let end = after.end {
                try EmergencyTable.end(number, by: end, at: now, transaction)
                after.calm()
            }
        }
        guard try EmergencyTable.store(after, transaction) else { throw Overtaken() }
        after.version += 1
    }

    /// What is written of an action; brings the stored names up to date.
    private static func steps(
        _ action: EmergencyMode.Action,
        _ stored: inout StoredEmergency,
        _ causes: [EmergencyCause],
        _ incidents: [IncidentID],
        _ ports: EmergencyPorts,
        _ now: Instant,
        by who: String? = nil
    ) -> [String] {
        if case .leave(let end) = action {
            stored.end = end
            return [EmergencyText.end(end, by: who), "Everything is as before."]
        }
        guard stored.mode.isOn else { return [] }
        let before = stored
        let on = Array(ports.weddingsOn(now).sorted().prefix(Wedding.onMax))
        stored.weddings = on
        for incident in incidents where !stored.incidents.contains(incident) {
            if stored.incidents.count < namedMax { stored.incidents.append(incident) }
        }
        if case .ordered(_, let order) = stored.mode.state {
            stored.reasons = [order.reason]
        } else if !causes.isEmpty {
            stored.reasons = Array(causes.map(\.reason).prefix(namedMax))
        }
        switch action {
        case .enter:
            return [EmergencyText.begin(stored, ports.title)] + EmergencyMeasures.sentences
        case .extend:
            return [EmergencyText.begin(stored, ports.title)]
        case .leave, .none:
            var texts = before.weddings == on ? [] : [EmergencyText.weddings(on, ports.title)]
            if before.incidents != stored.incidents { texts.append(EmergencyText.goesOn(stored)) }
            return texts
        }
    }

    /// What needs it; what is not known is no need, so that it ends by itself rather than never.
    private func causes() async -> [EmergencyCause] {
        do {
            return try await ports.causes()
        } catch {
            logger.warning("needs of emergency mode are unknown", metadata: ["error": "\(error)"])
            return []
        }
    }

    private func incidents(of causes: [EmergencyCause]) async -> [IncidentID] {
        var found: [IncidentID] = []
        for subject in Set(causes.map(\.subject)).sorted(by: { $0.description < $1.description }) {
            if let id = await ports.incident(subject) { found.append(id) }
        }
        return found
    }

    // MARK: Doing

    /// Brings this node to what holds, and tells those who watch when that is new.
    private func obey(_ stored: StoredEmergency) {
        ports.apply(stored.mode.isOn ? EmergencyMeasures(weddings: Set(stored.weddings)) : nil)
        let isNew = state.withLock { state in
            let before = state.told
            state.told = stored
            // What was on before this process began is news to those who watch it.
            guard let before else { return stored.mode.isOn }
            return before.mode.isOn != stored.mode.isOn || before.mode.endsAt != stored.mode.endsAt
                || before.weddings != stored.weddings
        }
        guard isNew else { return }
        signals.tell(.emergencyChanged, "emergency", body: stored.signal)
    }

    /// Writes what incidents have not been told yet into their records.
    private func tellIncidents() async throws {
        let untold = try await database.read { try EmergencyTable.untold(limit: 100, $0) }
        for step in untold {
            do {
                for incident in step.incidents { try await ports.record(incident, step.entry) }
            } catch {
                logger.warning("an incident was not told", metadata: ["error": "\(error)"])
                guard time.now() - step.entry.at > .seconds(3_600) else { continue }
            }
            try await database.write { try EmergencyTable.told(step, $0) }
        }
    }
}

extension Wedding {
    /// The most weddings that emergency mode is for; beyond them it is for nobody in particular.
    fileprivate static let onMax = 200
}
