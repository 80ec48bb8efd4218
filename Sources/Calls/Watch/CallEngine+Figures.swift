package import Domain
package import Providers
import Storage

/// What became of calls that would have gone to an integration, since some instant.
package struct CallFigures: Hashable, Sendable {
    /// Calls that one integration carried out in place of another.
    package struct Taken: Hashable, Sendable {
        /// What was asked for.
        package let capability: Capability
        /// Who did it.
        package let integration: ResourceName
        /// How many.
        package let count: Int
    }

    /// Who took over what, most first.
    package var taken: [Taken] = []
    /// Calls that failed for good.
    package var failed = 0
    /// Attempts whose end is being found out.
    package var beingChecked = 0
    /// Attempts that wait for a person.
    package var held = 0
    /// Charges that took effect twice and are being undone.
    package var twice = 0
    /// Charges that had taken effect twice and are undone.
    package var undone = 0
}

/// Counts calls for figures.
enum FigureTable {
    /// The most calls that are counted; an incident of a day of heavy traffic has more.
    static let callsMax = 200_000

    private static let countCalls = Statement(
        """
        SELECT operation, state, integration_id, COUNT(*)
        FROM (SELECT operation, state, integration_id FROM calls WHERE id >= $1 AND state IN (4, 6) LIMIT $2) found
        GROUP BY operation, state, integration_id
        """
    )
    private static let countTwice = Statement(
        """
        SELECT a.state, COUNT(*) FROM call_attempts a JOIN calls c ON c.id = a.call_id
        WHERE a.id >= $1 AND a.integration_id = $2 AND a.state IN (6, 7) AND c.operation LIKE 'payments.%'
        GROUP BY a.state
        """
    )

    /// How many calls ended well or failed since, by operation and by who carried them out.
    static func calls(
        since: Instant,
        _ transaction: Transaction
    ) throws -> [(Operation, CallState, Int64?, Int)] {
        let first = CallID(milliseconds: UInt64(clamping: since.milliseconds), 0, 0)
        return try transaction.query(countCalls, [.blob(first.bytes), .integer(callsMax)]).compactMap { row in
            guard let operation = Operation(name: try row.text(0)),
                let state = CallState(rawValue: try row.integer(1))
            else { return nil }
            return (operation, state, try row.optionalInteger(2), Int(try row.integer(3)))
        }
    }

    /// How many charges at an integration took effect beside another one since: being undone, and undone.
    static func twice(at integration: Int64, since: Instant, _ transaction: Transaction) throws -> (Int, Int)
    {
        let first = CallAttemptID(milliseconds: UInt64(clamping: since.milliseconds), 0, 0)
        var counts = (0, 0)
        for row in try transaction.query(countTwice, [.blob(first.bytes), .integer(integration)]) {
            let count = Int(try row.integer(1))
            if try row.integer(0) == AttemptState.compensating.rawValue {
                counts.0 += count
            } else {
                counts.1 += count
            }
        }
        return counts
    }
}

extension CallEngine {
    /// How every integration stands at the desk; reads no database.
    package func views() -> [(integration: CallIntegration, view: DeskView)] {
        ports.directory().integrations.values.sorted { $0.name < $1.name }.compactMap { integration in
            desk.view(integration).map { (integration, $0) }
        }
    }

    /// The integration with this row's number.
    package func integration(id: Int64) -> CallIntegration? { ports.directory().integrations[id] }

    /// What became of calls that would have gone to an integration, since an instant.
    package func figures(of name: ResourceName, since: Instant) async throws -> CallFigures {
        let directory = ports.directory()
        guard let integration = directory.integration(named: name) else { return CallFigures() }
        let (calls, twice, doubts) = try await database.read { transaction in
            (
                try FigureTable.calls(since: since, transaction),
                try FigureTable.twice(at: integration.id, since: since, transaction),
                try AttemptTable.doubts(transaction)[integration.id]
            )
        }
        var figures = CallFigures()
        figures.beingChecked = doubts?.inDoubt ?? 0
        figures.held = doubts?.held ?? 0
        (figures.twice, figures.undone) = twice
        var taken: [Capability: [Int64: Int]] = [:]
        for (operation, state, by, count) in calls where !operation.hasTarget {
            let route = directory.routes[operation.capability] ?? []
            guard let place = route.firstIndex(of: integration.id) else { continue }
            if state == .failed {
                figures.failed += count
            } else if let by, let other = route.firstIndex(of: by), other > place {
                taken[operation.capability, default: [:]][by, default: 0] += count
            }
        }
        figures.taken = taken.flatMap { capability, counts in
            counts.compactMap { id, count in
                directory.integrations[id].map {
                    CallFigures.Taken(capability: capability, integration: $0.name, count: count)
                }
            }
        }.sorted { ($0.count, $1.integration) > ($1.count, $0.integration) }
        return figures
    }

    /// The integrations that calls of this one's capabilities go to when they leave it, nearest first.
    package func successors(of name: ResourceName) -> [ResourceName] {
        let directory = ports.directory()
        guard let integration = directory.integration(named: name) else { return [] }
        var names: [ResourceName] = []
        for capability in Capability.allCases {
            let route = directory.candidates(for: capability)
            guard let place = route.firstIndex(where: { $0.id == integration.id }) else { continue }
            for next in route[(place + 1)...] where !names.contains(next.name) { names.append(next.name) }
        }
        return names
    }
}
