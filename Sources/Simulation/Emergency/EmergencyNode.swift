import Calls
import Domain
import Gateway
import Health
import Logging
import Providers
import Registry
import Sandbox
import Storage
import Transport
import Vault
import Webhooks

/// One life of a node in the simulation of an outage during a wedding: all services over the database on the simulated
/// disk.
struct EmergencyNode: Sendable {
    /// What every life of it is given.
    struct SetUp: Sendable {
        let desired: DesiredRegistry
        let wedding: Wedding
        let rootKey: RootKey
        let outside: EmergencyOutside
        let plant: EmergencyScenario.Plant
    }

    let services: Services

    /// Opens the database and runs a node behind each of the doors over it, until the machine dies.
    static func live(
        _ machine: Incarnation,
        in world: World,
        _ setUp: SetUp,
        _ doors: [FrontDoor<EmergencyNode>]
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
                            let services = try await start(node, database, setUp)
                            door.open(EmergencyNode(services: services), of: node)
                            try await work(services, setUp.plant, node.time)
                        }
                    }
                }
                for try await _ in group {}
            }
        }
    }

    private static func start(
        _ node: Incarnation,
        _ database: Database,
        _ setUp: SetUp
    ) async throws -> Services {
        let ports = Services.Ports(
            time: MoneyNode.creeping(node.time),
            random: node.random,
            upstream: setUp.outside.upstream(of: node),
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() },
            publicURL: "https://hooks.example.com",
            addressPolicy: { AddressPolicy(allowPrivate: $0) }
        )
        let services = try await Services(
            database: database,
            rootKey: setUp.rootKey,
            ports: ports,
            store: setUp.plant.store
        )
        let plan = RegistryPlan(from: services.registry.snapshot, to: setUp.desired)
        try await services.registry.commit(plan.entries.map(\.change), owner: .file)
        try await services.weddings.commit([.put(setUp.wedding)])
        return services
    }

    private static func work(
        _ services: Services,
        _ plant: EmergencyScenario.Plant,
        _ time: Time
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.dispatcher.run() }
            group.addTask { try await services.reranker.run() }
            group.addTask { try await services.calls.run() }
            group.addTask { try await services.monitor.run() }
            group.addTask { try await plant.watch(services.emergency, time) }
            for try await _ in group {}
        }
    }
}
