import Domain
import Gateway
import HTTPAPI
import Logging
import Registry
import Storage
import Synchronization
import Transport
import Vault
import Webhooks

/// One life of an Usher node in the simulation: the real services over the database on the simulated disk.
struct SimulatedGateway: Sendable {
    /// What every life of it is given.
    struct SetUp: Sendable {
        let desired: DesiredRegistry
        let rootKey: RootKey
        let publicURL: String
        let destinations: SimulatedDestinations
        /// The clock of each node.
        let clocks: [SteppingClock]
        let wrapStore: @Sendable (WebhookStore, Database) -> WebhookStore
    }

    /// How much longer than its tries a claim is held: short, so that stalls outlast it.
    static let leaseMargin = Duration.seconds(1)

    let services: Services
    let handle: RequestHandler

    /// Opens the database and runs a node behind each of the doors over it, until the machine dies.
    static func live(
        _ machine: Incarnation,
        in world: World,
        _ setUp: SetUp,
        _ doors: [FrontDoor<SimulatedGateway>]
    ) async throws {
        var configuration = DatabaseConfiguration(
            location: .sqlite(path: world.disk.path("usher.db"), vfs: SimulatedDisk.fileSystem)
        )
        configuration.readers = 1
        configuration.checkpointPages = 64
        try await Database.withOpened(
            configuration,
            migrations: Services.migrations,
            executors: .single(world.executor, readers: 1)
        ) { database in
            // No node works on it yet.
            try await DeliveryLeases.releaseAll(database)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, door) in doors.enumerated() {
                    group.addTask {
                        try await world.runNode(index + 1, on: machine, isAlone: doors.count == 1) { node in
                            let gateway = try await start(node, setUp.clocks[index], database, setUp)
                            door.open(gateway, of: node)
                            world.record("\(node.name) takes requests")
                            try await gateway.work()
                        }
                    }
                }
                for try await _ in group {}
            }
        }
    }

    private static func start(
        _ incarnation: Incarnation,
        _ clock: SteppingClock,
        _ database: Database,
        _ setUp: SetUp
    ) async throws -> SimulatedGateway {
        let ports = Services.Ports(
            time: clock.time(of: incarnation),
            random: incarnation.random,
            upstream: setUp.destinations.upstream(of: incarnation),
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() },
            publicURL: setUp.publicURL,
            addressPolicy: { AddressPolicy(allowPrivate: $0) }
        )
        var limits = Dispatcher.Limits()
        limits.leaseMargin = leaseMargin
        let services = try await Services(
            database: database,
            rootKey: setUp.rootKey,
            ports: ports,
            dispatching: limits,
            store: { setUp.wrapStore($0, database) }
        )
        let plan = RegistryPlan(from: services.registry.snapshot, to: setUp.desired)
        try await services.registry.commit(plan.entries.map(\.change), owner: .file)
        return SimulatedGateway(services: services, handle: services.api(ports).handle)
    }

    private func work() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.dispatcher.run() }
            group.addTask { try await services.replayer.run() }
            for try await _ in group {}
        }
    }
}

/// The wall clock of the machine that a node runs on; it may be wrong, and be put right in one step.
final class SteppingClock: Sendable {
    private let offset = Mutex(Duration.zero)

    /// Lets it be off by `offset` from now on.
    func step(to offset: Duration) {
        self.offset.withLock { $0 = offset }
    }

    /// The clock as one life of the node sees it; its monotonic part never steps.
    func time(of incarnation: Incarnation) -> Time {
        Time(
            now: { incarnation.time.now() + self.offset.withLock { $0 } },
            elapsed: incarnation.time.elapsed,
            sleep: incarnation.time.sleep
        )
    }
}
