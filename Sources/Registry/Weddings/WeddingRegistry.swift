package import Domain
package import Storage
import Synchronization

/// What weddings and vendors there are: stored, checked, and held in memory for every request to read.
///
/// Changes are made by `commit`, all or none, and are visible in `snapshot` when it returns.
package final class WeddingRegistry: Sendable {
    /// The most weddings.
    package static let weddingsMax = 10_000
    /// The most vendors.
    package static let vendorsMax = 5_000
    /// The most references of one wedding.
    package static let referencesMax = 200

    private struct State {
        var snapshot = WeddingSnapshot.empty
        var version: Int64 = -1
        var lastTicket = 0
        var publishedTicket = 0
        var listeners: [@Sendable (Set<WeddingID>) -> Void] = []
    }

    /// The zones weddings may be in.
    package let zones: ZoneDirectory
    private let database: Database
    private let table: WeddingTable
    private let time: Time
    private let ports: WeddingPorts
    private let state = Mutex(State())

    /// Makes a registry that is empty until `load` is called.
    package init(database: Database, time: Time, zones: ZoneDirectory, ports: WeddingPorts) {
        self.database = database
        self.zones = zones
        table = WeddingTable(zones: zones)
        self.time = time
        self.ports = ports
    }

    /// All weddings as of the last commit this process knows of.
    package var snapshot: WeddingSnapshot {
        state.withLock { $0.snapshot }
    }

    /// Calls `listener` with the weddings that differ after each change, from the task that made it.
    package func onChange(_ listener: @escaping @Sendable (Set<WeddingID>) -> Void) {
        state.withLock { $0.listeners.append(listener) }
    }

    /// Reads everything again when another node has changed something since.
    package func loadIfChanged() async throws {
        let version = try await database.read { try RegistryVersion.read($0) }
        guard state.withLock({ $0.version }) != version else { return }
        try await load()
    }

    /// Reads everything from the database into `snapshot`.
    package func load() async throws {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let (version, loaded) = try await database.read { [table] transaction in
            (try RegistryVersion.read(transaction), try table.loadAll(transaction))
        }
        let (changed, listeners) = state.withLock { state in
            // A load that began earlier may have read less: it must not overwrite a later one.
            guard ticket > state.publishedTicket else {
                return (Set<WeddingID>(), [@Sendable (Set<WeddingID>) -> Void]())
            }
            let changed = Self.difference(state.snapshot, loaded)
            state.publishedTicket = ticket
            state.snapshot = loaded
            state.version = version
            return (changed, state.listeners)
        }
        guard !changed.isEmpty else { return }
        for listener in listeners { listener(changed) }
    }

    /// Checks the changes, commits them together and publishes the result.
    ///
    /// - Parameter isRehearsal: checks everything against the store and changes nothing.
    /// - Throws: `RegistryError` when something is wrong, taken, missing, in use or too much.
    package func commit(_ changes: [WeddingChange], isRehearsal: Bool = false) async throws {
        let single = SingleWeddingChange(table: table, ports: ports, now: time.now())
        do {
            try await database.write { transaction in
                try RegistryVersion.beginChange(transaction)
                for change in changes { try single.apply(change, transaction) }
                if isRehearsal { throw Rehearsed() }
            }
        } catch is Rehearsed {
            return
        }
        try await load()
    }

    /// Rolls a rehearsal back.
    private struct Rehearsed: Error {}

    private static func difference(_ old: WeddingSnapshot, _ new: WeddingSnapshot) -> Set<WeddingID> {
        let gone = old.weddings.keys.filter { new.weddings[$0] == nil }
        let other = new.weddings.values.filter { old.weddings[$0.id] != $0 }.map(\.id)
        return Set(gone).union(other)
    }
}
