import Calls
import Domain
import Gateway
import Logging
import Providers
import Sandbox
import Storage
import Synchronization
import Transport
import Vault

/// One life of a node in the simulation of payments: the real call engine over the database on the simulated disk.
struct MoneyNode: Sendable {
    /// What every life of it is given.
    struct SetUp: Sendable {
        let directory: CallDirectory
        let rootKey: RootKey
        let processors: SimulatedProcessors
        /// The clock of each node.
        let clocks: [SteppingClock]
    }

    /// What came of a request of an application.
    enum Answer: Sendable {
        /// Where the call stands.
        case result(CallResult)
        /// The request was not taken: 4xx.
        case refused(CallError)
        /// It is to be asked again: 409 in flight, 5xx.
        case again
    }

    let engine: CallEngine

    /// Opens the database and runs a node behind each of the doors over it, until the machine dies.
    static func live(
        _ machine: Incarnation,
        in world: World,
        _ setUp: SetUp,
        _ doors: [FrontDoor<MoneyNode>]
    ) async throws {
        var configuration = DatabaseConfiguration(
            location: .sqlite(path: world.disk.path("usher.db"), vfs: SimulatedDisk.fileSystem)
        )
        configuration.readers = 1
        configuration.checkpointPages = 64
        try await Database.withOpened(
            configuration,
            migrations: Vault.migrations + CallTables.migrations,
            executors: .single(world.executor, readers: 1)
        ) { database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, door) in doors.enumerated() {
                    group.addTask {
                        try await world.runNode(index + 1, on: machine, isAlone: doors.count == 1) { node in
                            let engine = try await start(node, setUp.clocks[index], database, setUp)
                            door.open(MoneyNode(engine: engine), of: node)
                            try await engine.run()
                        }
                    }
                }
                for try await _ in group {}
            }
        }
    }

    private static func start(
        _ node: Incarnation,
        _ clock: SteppingClock,
        _ database: Database,
        _ setUp: SetUp
    ) async throws -> CallEngine {
        let time = creeping(clock.time(of: node))
        let vault = try await Vault.open(
            rootKey: setUp.rootKey,
            database: database,
            time: time,
            random: node.random
        )
        let ports = CallPorts(
            directory: { setUp.directory },
            token: { try setUp.processors.token(of: $0) },
            tokenRefused: { integration, _ in setUp.processors.tokenRefused(by: integration) },
            upstream: setUp.processors.upstream(of: node),
            addressPolicy: { _ in AddressPolicy(allowPrivate: true) },
            time: time,
            random: node.random,
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        )
        var limits = CallEngine.Limits()
        limits.lookEvery = .seconds(5)
        return CallEngine(database: database, vault: vault, ports: ports, limits: limits)
    }

    /// A wall clock of which no two readings are alike: in a simulation no time passes while something is worked on.
    static func creeping(_ time: Time) -> Time {
        let readings = Mutex<Int64>(0)
        return Time(
            now: {
                let reading = readings.withLock { count in
                    count += 1
                    return count
                }
                return time.now() + .microseconds(reading)
            },
            elapsed: time.elapsed,
            sleep: time.sleep
        )
    }

    /// The accounts, and the route through them.
    static func directory(
        _ route: [String],
        wrap: (any CallDialect) -> any CallDialect
    ) -> CallDirectory {
        let all = SimulatedProcessors.names.enumerated().compactMap { index, text -> CallIntegration? in
            let provider = SimulatedProcessors.provider(text)
            guard let name = ResourceName(text), let dialect = CallCatalogue.dialect(of: provider) else {
                return nil
            }
            let credential = VendorCatalogue.credential(provider).map { ($0.field, Secret($0.value)) }
            return CallIntegration(
                id: Int64(index + 1),
                name: name,
                dialect: wrap(dialect),
                account: IntegrationAccount(
                    provider: provider,
                    baseURL: "http://\(SimulatedProcessors.host(text))",
                    credential: Dictionary(credential) { first, _ in first }
                ),
                vendor: nil,
                isEnabled: true,
                allowsPrivate: true
            )
        }
        let ids = route.compactMap { name in all.first { $0.name.text == name }?.id }
        return CallDirectory(integrations: all, routes: [.payments: ids])
    }

    /// Takes a request as the API does.
    func submit(_ submission: CallSubmission) async -> Answer {
        do {
            return .result(try await engine.submit(submission, owner: "platform"))
        } catch let error as CallError {
            switch error {
            case .keyInFlight, .overloaded: return .again
            default: return .refused(error)
            }
        } catch {
            return .again
        }
    }
}
