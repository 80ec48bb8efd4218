import Domain
import Logging
package import Providers
import Resilience
import Storage

/// The small watch: once a second it records where calls go and counts what is open.
extension CallEngine {
    /// The time between two looks.
    static let watchEvery = Duration.seconds(1)
    /// The looks between two writings of what was learned of the usual use, and two looks at what is old.
    static let usageEvery = 60

    /// Looks once a second until cancelled; a look that cannot write is repeated by the next.
    func watch() async {
        var sights: [Capability: FailoverSight] = [:]
        var savedUsage = desk.usage
        var looks = 0
        while !Task.isCancelled {
            do {
                sights = try await look(sights)
                looks += 1
                if looks % Self.usageEvery == 0 {
                    let usage = desk.usage
                    let new = usage.filter { savedUsage[$0.key] != $0.value }
                    let now = ports.time.now()
                    if !new.isEmpty {
                        try await database.write { try ReservationTable.save(usage: new, now: now, $0) }
                    }
                    savedUsage = usage
                    try await sweepAnswers(now)
                }
            } catch {
                ports.logger.warning("failovers cannot be recorded for now", metadata: ["error": "\(error)"])
            }
            guard (try? await ports.time.sleep(Self.watchEvery)) != nil else { return }
        }
    }

    /// One look: what is stored, where calls would go, what of it is new.
    package func look(_ known: [Capability: FailoverSight]) async throws -> [Capability: FailoverSight] {
        let now = ports.time.now()
        let version = desk.version
        let (open, held, counts) = try await database.read { transaction in
            (
                try FailoverTable.open(transaction), try ReservationTable.held(now: now, transaction),
                try CallTable.countOpen(transaction)
            )
        }
        let active = open.filter { $0.isOrder && $0.order.isActive(now) }
        desk.follow(orders: active.map(\.order), reservations: held, version: version)
        measure(counts)
        var sights = known
        var actions: [(Capability, FailoverSight.Action)] = []
        let directory = ports.directory()
        for capability in Capability.allCases {
            let own = open.first { $0.capability == capability && !$0.isOrder }
            var sight = sights[capability] ?? FailoverSight(to: own?.to)
            let isOrdered = active.contains { $0.capability == capability }
            let seen = isOrdered ? .settled : self.sight(of: capability, directory)
            let action = sight.saw(seen, now: ports.time.elapsed())
            sights[capability] = sight
            if action != .none { actions.append((capability, action)) }
        }
        let over = open.filter { $0.isOrder && !$0.order.isActive(now) }
        guard !actions.isEmpty || !over.isEmpty else { return sights }
        let records = actions.map { capability, action in
            (capability, action, record(capability, action, directory, now))
        }
        try await database.write { transaction in
            for order in over { try FailoverTable.end(order.id, now: order.until ?? now, transaction) }
            for (capability, action, record) in records {
                if action != .none { try FailoverTable.endAutomatic(capability, now: now, transaction) }
                if let record { try FailoverTable.insertUnlessOpen(record, transaction) }
            }
        }
        for order in over { ports.tellEnded(order.capability) }
        for (capability, action, record) in records {
            if action == .end { ports.tellEnded(capability) }
            if let record { ports.tellOpened(record) }
        }
        return sights
    }

    /// Where a plain call of a capability would go.
    private func sight(of capability: Capability, _ directory: CallDirectory) -> FailoverSight.Sight {
        let candidates = directory.candidates(for: capability)
        guard let first = candidates.first, candidates.count > 1,
            let operation = capability.operations.first(where: {
                first.dialect.facts.operations.contains($0) && !$0.hasTarget
            })
        else { return .settled }
        let strategy = directory.strategies[capability] ?? .immediate
        guard let (integration, reason) = desk.preview(operation, among: candidates, strategy: strategy)
        else { return .unclear }
        guard integration.id == first.id else { return .elsewhere(integration.id, reason) }
        guard let view = desk.view(first, onlyKnown: true) else { return .first }
        // Where nobody calls, probes say that it is back: the next call goes there.
        return view.health.breaker == .closed || desk.isRecovered(first.id) ? .first : .unclear
    }

    private func record(
        _ capability: Capability,
        _ action: FailoverSight.Action,
        _ directory: CallDirectory,
        _ now: Instant
    ) -> FailoverRecord? {
        let to: Int64
        let reason: FailoverReason
        switch action {
        case .open(let target, let why), .move(let target, let why): (to, reason) = (target, why)
        case .end, .none: return nil
        }
        ports.logger.warning(
            "calls go to another integration than the first of their route",
            metadata: ["capability": "\(capability)", "reason": "\(reason.code)"]
        )
        return FailoverRecord(
            id: FailoverID(now: now, random: ports.random),
            capability: capability,
            from: directory.candidates(for: capability).first?.id,
            to: to,
            reason: reason.description,
            by: FailoverRecord.automatic,
            since: now,
            until: nil,
            endedAt: nil
        )
    }
}
