package import Domain
package import Storage
import Synchronization
package import Vault

/// What exists: sources, destinations, integrations and routes, stored, checked, and held in memory for every request to read.
///
/// Changes are made by `commit`, all or none, and are visible in `snapshot` when it returns. Secrets are sealed in
/// the database and open only in the snapshot.
package final class ResourceRegistry: Sendable {
    /// The most sources.
    package static let sourcesMax = 1_000
    /// The most destinations.
    package static let destinationsMax = 1_000
    /// The most integrations, those of vendors included.
    package static let integrationsMax = 5_000

    private struct State {
        var snapshot = RegistrySnapshot.empty
        var version: Int64 = -1
        var lastTicket = 0
        var publishedTicket = 0
        var listeners: [@Sendable (RegistrySnapshot) -> Void] = []
    }

    private let database: Database
    private let sources: SourceTable
    private let destinations: DestinationTable
    private let integrations: IntegrationTable
    private let time: Time
    private let ports: RegistryPorts
    private let state = Mutex(State())

    /// Makes a registry that is empty until `load` is called.
    package init(database: Database, vault: Vault, time: Time, ports: RegistryPorts) {
        self.database = database
        sources = SourceTable(vault: vault)
        destinations = DestinationTable(vault: vault)
        integrations = IntegrationTable(vault: vault, facts: ports.facts)
        self.time = time
        self.ports = ports
    }

    /// Everything registered as of the last commit this process knows of.
    package var snapshot: RegistrySnapshot {
        state.withLock { $0.snapshot }
    }

    /// Calls `listener` after each change, from the task that made it.
    package func onChange(_ listener: @escaping @Sendable (RegistrySnapshot) -> Void) {
        state.withLock { $0.listeners.append(listener) }
    }

    /// Reads the registry again when another node has changed it since.
    package func loadIfChanged() async throws {
        let version = try await database.read { try RegistryVersion.read($0) }
        guard state.withLock({ $0.version }) != version else { return }
        try await load()
    }

    /// Reads the registry from the database into `snapshot`.
    package func load() async throws {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let (version, loaded) = try await database.read { [sources, destinations, integrations] transaction in
            (
                try RegistryVersion.read(transaction),
                RegistrySnapshot(
                    sources: try sources.loadAll(transaction),
                    destinations: try destinations.loadAll(transaction),
                    integrations: try integrations.loadAll(transaction),
                    routes: try RouteTable.loadAll(transaction)
                )
            )
        }
        let listeners = state.withLock { state in
            // A load that began earlier may have read less: it must not overwrite a later one.
            guard ticket > state.publishedTicket else { return [@Sendable (RegistrySnapshot) -> Void]() }
            state.publishedTicket = ticket
            state.snapshot = loaded
            state.version = version
            return state.listeners
        }
        for listener in listeners { listener(loaded) }
    }

    /// Checks the changes, commits them together and publishes the result.
    ///
    /// - Parameter owner: on whose behalf; the API may not change what the file owns.
    /// - Throws: `RegistryError` when a definition is wrong or a name is taken, missing or not the owner's.
    package func commit(_ changes: [RegistryChange], owner: RegistryOwner) async throws {
        let now = time.now()
        try await database.write { [sources, destinations, integrations, ports] transaction in
            try RegistryVersion.beginChange(transaction)
            let single = SingleChange(
                sources: sources,
                destinations: destinations,
                integrations: integrations,
                ports: ports,
                owner: owner,
                now: now
            )
            for change in changes { try single.apply(change, transaction) }
            if changes.contains(where: \.touchesRoutes) { try single.checkRoutes(transaction) }
        }
        try await load()
    }

    /// Stops a destination that answered 410 Gone; its deliveries wait until `resume`.
    package func stop(destination id: Int64, reason: String) async throws {
        let now = time.now()
        try await database.write { [destinations] transaction in
            try RegistryVersion.beginChange(transaction)
            try destinations.stop(id, reason: reason, now: now, transaction)
        }
        try await load()
    }

    /// Lets a stopped destination go on; one that is not stopped stays as it is.
    ///
    /// - Throws: `RegistryError.notFound`.
    package func resume(destination name: ResourceName) async throws {
        try await database.write { [destinations] transaction in
            try RegistryVersion.beginChange(transaction)
            guard let destination = try destinations.load(name, transaction) else {
                throw RegistryError.notFound("destination \(name)")
            }
            try destinations.resume(destination.id, transaction)
        }
        try await load()
    }
}
