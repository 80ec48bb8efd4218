package import Domain
package import Providers
import Storage

/// How one integration does, for people.
package struct IntegrationStanding: Sendable {
    /// Which.
    package let integration: CallIntegration
    /// How it stands at the desk.
    package let view: DeskView
    /// Attempts of it whose end is being found out.
    package let inDoubt: Int
    /// Attempts of it that wait for a person.
    package let held: Int
    /// The capabilities whose calls go elsewhere than to it, or to it instead of another.
    package let failovers: [FailoverRecord]

    /// Whether calls can be sent to it.
    package var isUsable: Bool { integration.isEnabled && view.isUsable }
}

extension CallEngine {
    /// The most weddings that a failover names.
    package static let affectedMax = 200

    /// The integration of this name, as calls use it.
    package func integration(_ name: ResourceName) -> CallIntegration? {
        ports.directory().integration(named: name)
    }

    /// How every integration does, by name.
    package func standings() async throws -> [IntegrationStanding] {
        let directory = ports.directory()
        let (doubts, open) = try await database.read { transaction in
            (try AttemptTable.doubts(transaction), try FailoverTable.open(transaction))
        }
        return directory.integrations.values.sorted { $0.name < $1.name }.compactMap { integration in
            guard let view = desk.view(integration) else { return nil }
            return IntegrationStanding(
                integration: integration,
                view: view,
                inDoubt: doubts[integration.id]?.inDoubt ?? 0,
                held: doubts[integration.id]?.held ?? 0,
                failovers: open.filter { $0.from == integration.id || $0.to == integration.id }
            )
        }
    }

    /// The capabilities that have integrations, none of which can be used.
    package func unserved() -> [Capability] {
        let directory = ports.directory()
        return Capability.allCases.filter { capability in
            let route = (directory.routes[capability] ?? []).compactMap { directory.integrations[$0] }
            return !route.isEmpty
                && !route.contains { integration in
                    integration.isEnabled
                        && (desk.view(integration, onlyKnown: true).map(\.isUsable) ?? true)
                }
        }
    }

    /// Whether an integration serves a capability that is not known to be in trouble, other than `about`.
    package func isServed(_ capability: Capability, other about: ResourceName?) -> Bool {
        ports.directory().candidates(for: capability).contains { integration in
            integration.name != about && integration.isEnabled
                && (desk.view(integration, onlyKnown: true).map(\.isUsable) ?? true)
        }
    }

    /// The weddings with calls of the failover's capability while it held, at most `affectedMax`.
    package func weddings(of record: FailoverRecord) async throws -> [WeddingID] {
        let end = record.endedAt ?? ports.time.now()
        let first = CallID(milliseconds: UInt64(clamping: record.since.milliseconds), 0, 0)
        let last = CallID(milliseconds: UInt64(clamping: end.milliseconds), .max, .max)
        return try await database.read {
            try CallTable.weddings(
                of: record.capability,
                from: first,
                to: last,
                limit: Self.affectedMax,
                $0
            )
        }
    }

    /// How a failover ends, in words.
    package func wayBack(of record: FailoverRecord) -> String {
        let directory = ports.directory()
        let home = record.from.flatMap { directory.integrations[$0] }
        let first = home?.name.text ?? "the first of the route"
        if let endedAt = record.endedAt {
            return "It ended at \(Instant(seconds: endedAt.seconds)): the route holds again."
        }
        guard !record.isOrder else {
            let end =
                record.until.map { "At \(Instant(seconds: $0.seconds)) the route holds again by itself" }
                ?? "It holds until somebody takes it back"
            return "\(end); to take it back: usher failover \(record.capability) --back."
        }
        let state =
            home.flatMap { desk.view($0, onlyKnown: true)?.sentence } ?? "\(first) was not called lately."
        return "\(state) Once it answers, calls go back to it in steps of 10, 25, 50 and 100 %; "
            + "the failover ends when it has served for \(FailoverSight.settleTime.components.seconds) s."
    }
}
