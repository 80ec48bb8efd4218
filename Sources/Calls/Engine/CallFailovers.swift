package import Domain
import Logging
package import Providers
import Storage

/// Failovers: an operator's orders, and the record of what Usher did by itself.
extension CallEngine {
    /// Sends all calls of a capability to one integration, which must serve it.
    ///
    /// - Parameter duration: after this the route holds again; nil is until it is taken back.
    package func failOver(
        _ capability: Capability,
        to name: ResourceName,
        for duration: Duration?,
        reason: String,
        by: String
    ) async throws -> FailoverRecord {
        let directory = ports.directory()
        guard let integration = directory.integration(named: name), integration.isEnabled,
            integration.dialect.facts.operations.contains(where: { $0.capability == capability })
        else { throw CallError.unknownTarget }
        let now = ports.time.now()
        let record = FailoverRecord(
            id: FailoverID(now: now, random: ports.random),
            capability: capability,
            from: directory.routes[capability]?.first,
            to: integration.id,
            reason: reason,
            by: by,
            since: now,
            until: duration.map { now + $0 },
            endedAt: nil
        )
        try await database.write { transaction in
            for open in try FailoverTable.open(transaction) where open.capability == capability {
                try FailoverTable.end(open.id, now: now, transaction)
            }
            try FailoverTable.insert(record, transaction)
        }
        desk.order(record.order, for: capability)
        ports.tellOpened(record)
        return record
    }

    /// Takes an operator's order back, so that the route holds again; false when there was none.
    package func failBack(_ capability: Capability) async throws -> Bool {
        let now = ports.time.now()
        let count = try await database.write { transaction -> Int in
            let open = try FailoverTable.open(transaction).filter {
                $0.capability == capability && $0.isOrder
            }
            for record in open { try FailoverTable.end(record.id, now: now, transaction) }
            return open.count
        }
        desk.order(nil, for: capability)
        if count > 0 { ports.tellEnded(capability) }
        return count > 0
    }

    /// The latest failovers, newest first.
    package func failovers(limit: Int) async throws -> [FailoverRecord] {
        try await database.read { try FailoverTable.latest(limit, $0) }
    }

    /// The failovers that hold now.
    package func openFailovers() async throws -> [FailoverRecord] {
        try await database.read { try FailoverTable.open($0) }
    }

    var keeper: DeskKeeper {
        DeskKeeper { [database, ports] states in
            let now = ports.time.now()
            try await database.write { try DeskTable.save(states, now: now, $0) }
        }
    }

    /// Takes over budgets and orders from before a restart.
    func restoreDesk() async {
        let now = ports.time.now()
        do {
            let (budgets, open, held, usage) = try await database.read { transaction in
                (
                    try DeskTable.budgets(transaction), try FailoverTable.open(transaction),
                    try ReservationTable.held(now: now, transaction),
                    try ReservationTable.usage(transaction)
                )
            }
            desk.restore(
                budgets,
                usage: usage,
                orders: open.filter(\.isOrder).map(\.order),
                reservations: held
            )
        } catch {
            ports.logger.error("budgets and orders cannot be read", metadata: ["error": "\(error)"])
        }
    }
}

extension FailoverRecord {
    /// The order at the desk.
    var order: FailoverOrder {
        FailoverOrder(capability, to: to, until: until, reason: reason, by: by, since: since)
    }
}
