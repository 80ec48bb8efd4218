import Domain
import Registry
import Storage
import Synchronization
import Transport
import UsherTesting
import Vault

/// A registry over a database in a temporary folder, with a clock that only moves when told.
struct RegistryBench: Sendable {
    let database: Database
    let vault: Vault
    let clock: ManualTime
    let registry: ResourceRegistry
    let removed: Removals

    func commit(_ changes: RegistryChange..., owner: RegistryOwner = .api) async throws {
        try await registry.commit(changes, owner: owner)
    }

    func integration(_ text: String) -> Integration? {
        registry.snapshot.integration(named: name(text))
    }

    func source(_ name: String) -> Source? { registry.snapshot.sources[name] }

    func destination(_ name: String) -> Destination? {
        registry.snapshot.destinations.first { $0.name.text == name }
    }

    func rows(_ text: String, _ arguments: [SQLValue] = []) async throws -> [Row] {
        try await database.read { try $0.query(Statement(text), arguments) }
    }

    func execute(_ text: String, _ arguments: [SQLValue] = []) async throws {
        try await database.write { _ = try $0.execute(Statement(text), arguments) }
    }

    /// The fields that a change is refused for.
    func refusedFields(_ change: RegistryChange) async -> [String] {
        do {
            try await commit(change)
            return []
        } catch let RegistryError.invalid(problems) {
            return problems.map(\.field)
        } catch {
            return ["\(error)"]
        }
    }
}

/// The destinations a registry said it removes.
final class Removals: Sendable {
    private let ids = Mutex([Int64]())
    var all: [Int64] { ids.withLock { $0 } }
    func add(_ id: Int64) { ids.withLock { $0.append(id) } }
}

func withRegistry(_ body: (RegistryBench) async throws -> Void) async throws {
    try await temporaryDatabase(migrations: Vault.migrations + ResourceRegistry.migrations) { database in
        let clock = ManualTime()
        let vault = try await Vault.open(
            rootKey: .generate(random: .seeded(1)),
            database: database,
            time: clock.time,
            random: .seeded(2)
        )
        let removed = Removals()
        let registry = ResourceRegistry(
            database: database,
            vault: vault,
            time: clock.time,
            ports: RegistryPorts(
                destinationRemoved: { _, id, _ in removed.add(id) },
                addressPolicy: { AddressPolicy(allowPrivate: $0) },
                facts: { testFacts($0) }
            )
        )
        try await registry.load()
        try await body(
            RegistryBench(
                database: database,
                vault: vault,
                clock: clock,
                registry: registry,
                removed: removed
            )
        )
    }
}

func name(_ text: String) -> ResourceName {
    guard let name = ResourceName(text) else { preconditionFailure("\(text) is no name") }
    return name
}

/// A signing secret as both Stripe and Standard Webhooks have them.
func secret(_ byte: UInt8) -> Secret {
    Secret("whsec_" + Base64.encode([UInt8](repeating: byte, count: 32)))
}

extension RegistryChange {
    static func source(_ text: String, secrets: [Secret] = [secret(1)]) -> RegistryChange {
        .createSource(SourceDefinition(name: name(text), provider: "stripe"), secrets)
    }

    static func destination(_ text: String, secrets: [Secret] = [secret(1)]) -> RegistryChange {
        .createDestination(
            DestinationDefinition(name: name(text), url: "https://app.example.com/hooks"),
            secrets
        )
    }
}
