package import Domain
package import Logging
package import Registry
import ServiceLifecycle
package import Storage

/// Hears what other nodes on the same database do: new deliveries, changes of the registry, replays left behind.
///
/// Signals make it quick; a look every `pollEvery` makes it certain. A node that lost its connection has missed
/// signals and looks at once when it is back.
package final class PeerWatch: Service, Sendable {
    /// The longest time until a change by another node is seen.
    package static let pollEvery = Duration.seconds(1)

    private let database: Database
    private let registry: ResourceRegistry
    private let weddings: WeddingRegistry
    private let dispatcher: Dispatcher
    private let replayer: Replayer
    private let time: Time
    private let logger: Logger
    private let doorbell = Doorbell()

    /// Wires the watch; nil where no other node can be.
    package init?(
        database: Database,
        registry: ResourceRegistry,
        weddings: WeddingRegistry,
        dispatcher: Dispatcher,
        replayer: Replayer,
        time: Time,
        logger: Logger
    ) {
        guard database.isShared else { return nil }
        self.database = database
        self.registry = registry
        self.weddings = weddings
        self.dispatcher = dispatcher
        self.replayer = replayer
        self.time = time
        self.logger = logger
    }

    /// Listens and looks until cancelled or shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.database.listen { self.heard($0) } }
                while !Task.isCancelled {
                    await self.look()
                    await self.doorbell.wait(atMost: Self.pollEvery, self.time)
                }
            }
        }
    }

    /// Takes in a signal; nil when some may have been missed.
    private func heard(_ signal: SharedSignal?) {
        if let destinations = signal?.destinations, !destinations.isEmpty {
            dispatcher.workArrived(destinations)
        } else {
            doorbell.ring()
        }
    }

    private func look() async {
        do {
            try await registry.loadIfChanged()
            try await weddings.loadIfChanged()
            dispatcher.workArrived(registry.snapshot.destinations.map(\.id))
            replayer.look()
        } catch is CancellationError {
            return
        } catch {
            logger.warning("what other nodes changed cannot be read for now", metadata: ["error": "\(error)"])
        }
    }
}
