import Calls
import Domain
import Logging
import Providers
import Sandbox
import Storage
import Synchronization
import Telemetry
import Testing
import Transport
import UsherTesting
import Vault

/// The call engine over a real database and simulated vendors, each behind a host name of its own.
final class CallRig: Sendable {
    let time: ManualTime
    let database: Database
    let engine: CallEngine
    let vendors: Vendors
    private let vault: Vault
    let ports: CallPorts

    /// Vendors by host; a test reaches into them.
    final class Vendors: Sendable {
        private struct State {
            var byHost: [String: FaultyVendor]
            var random: SeededRandom
            var requests: [String] = []
            var keys: [String] = []
            var failures: [String: [TransportError]] = [:]
        }

        private let state: Mutex<State>

        init(_ vendors: [String: any VendorMachine], seed: UInt64) {
            state = Mutex(
                State(byHost: vendors.mapValues { FaultyVendor($0) }, random: SeededRandom(seed: seed))
            )
        }

        func ledger(_ host: String) -> [LedgerEntry] { state.withLock { $0.byHost[host]?.ledger ?? [] } }

        /// `METHOD host/path` of every request that reached a vendor.
        var requests: [String] { state.withLock { $0.requests } }

        /// The idempotency keys that were shown, in the order they came, for requests whose path ends so.
        func keys(ending: String) -> [String] {
            state.withLock { state in
                zip(state.requests, state.keys).filter { $0.0.hasSuffix(ending) && !$0.1.isEmpty }.map(\.1)
            }
        }

        /// Has the next requests to `host` fail on their way, before they reach it.
        func fail(_ host: String, _ failures: [TransportError]) {
            state.withLock { $0.failures[host, default: []] += failures }
        }

        func nextFailure(_ host: String) -> TransportError? {
            state.withLock { state in
                guard state.failures[host]?.isEmpty == false else { return nil }
                return state.failures[host]?.removeFirst()
            }
        }

        func damage(
            _ host: String,
            _ kind: VendorFault.Kind,
            path: String? = nil,
            method: String? = nil,
            now: Instant
        ) {
            state.withLock {
                _ = $0.byHost[host]?.add(VendorFault(kind, method: method, path: path, since: now))
            }
        }

        /// The bytes of an object at an S3; nil when there is none.
        func bytes(_ host: String, _ key: String) -> [UInt8]? {
            state.withLock { ($0.byHost[host]?.vendor as? S3Vendor)?.bytes(of: key) }
        }

        /// Puts an object into an S3 as somebody else does, or as a copy of `call` does.
        func store(_ bytes: [UInt8], at key: String, _ host: String, now: Instant, call: CallID? = nil) {
            let account = IntegrationAccount(
                provider: .awsS3,
                baseURL: "http://\(host)",
                credential: Dictionary(
                    uniqueKeysWithValues: VendorCatalogue.credential(.awsS3).map {
                        ($0.field, Secret($0.value))
                    }
                )
            )
            var request = ProxiedRequest(
                method: "PUT",
                path: "/\(S3Vendor.bucketDefault)/\(key)",
                query: "",
                headers: Headers(call.map { [("x-amz-meta-usher-call", "\($0)")] } ?? []).fields
            )
            try? request.signForS3(account, now: now)
            _ = exchange(
                host,
                VendorRequest(
                    method: "PUT",
                    path: request.path,
                    headers: Headers([("host", host)] + request.headers.map { ($0.name, $0.value) }),
                    body: bytes
                ),
                now: now
            )
        }

        func mend(_ host: String) {
            state.withLock { $0.byHost[host]?.clearFaults() }
        }

        func exchange(_ host: String, _ request: VendorRequest, now: Instant) -> VendorExchange {
            state.withLock { state in
                state.keys.append(request.headers.first("idempotency-key") ?? "")
                state.requests.append("\(request.method) \(host)\(request.path)")
                return state.byHost[host]?.exchange(request, now: now, random: &state.random) ?? .refused
            }
        }
    }

    /// Runs `body` with an engine; `integrations` are in the order of their routes.
    static func run<T: Sendable>(
        _ integrations: [(name: String, dialect: any CallDialect, credential: [String: String])],
        vendors: [String: any VendorMachine],
        limits: CallEngine.Limits = CallEngine.Limits(),
        accountLimits: [String: [ProviderLimit]] = [:],
        tokens: @escaping @Sendable (Vendors, CallIntegration, Instant) -> Secret? = { _, _, _ in nil },
        contentFolder: String? = nil,
        probes: Bool = false,
        startingAt start: String = "2027-06-12T10:00:00Z",
        _ body: (CallRig) async throws -> T
    ) async throws -> T {
        let time = ManualTime(now: Instant(start) ?? Instant(seconds: 0))
        let world = Vendors(vendors, seed: 7)
        return try await temporaryDatabase(migrations: Vault.migrations + CallTables.migrations) { database in
            let random = RandomSource.seeded(11)
            let vault = try await Vault.open(
                rootKey: .generate(random: random),
                database: database,
                time: time.time,
                random: random
            )
            var ports = CallPorts(
                directory: { directory(integrations, accountLimits) },
                token: { tokens(world, $0, time.now) },
                upstream: upstream(world, time.time),
                streaming: .gathering(upstream(world, time.time)),
                content: contentFolder.map { folder in
                    ContentStore(
                        database: database,
                        vault: vault,
                        spool: FolderSpool(folder, database: database),
                        time: time.time,
                        random: random
                    )
                },
                addressPolicy: { _ in AddressPolicy(allowPrivate: true) },
                time: time.time,
                random: random,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            ports.signals = SignalHub(time: time.time)
            ports.probes = probes
            let engine = CallEngine(database: database, vault: vault, ports: ports, limits: limits)
            let rig = CallRig(time, database, engine, world, vault, ports)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await engine.run() }
                defer { group.cancelAll() }
                return try await body(rig)
            }
        }
    }

    private init(
        _ time: ManualTime,
        _ database: Database,
        _ engine: CallEngine,
        _ vendors: Vendors,
        _ vault: Vault,
        _ ports: CallPorts
    ) {
        self.time = time
        self.database = database
        self.engine = engine
        self.vendors = vendors
        self.vault = vault
        self.ports = ports
    }

    /// Another engine over the same database: what a restart makes.
    func restarted() -> CallEngine { CallEngine(database: database, vault: vault, ports: ports) }

    /// A proxy that shares the engine's integrations.
    func proxy() -> ProxyEngine? { ports.streaming.map { engine.proxy(over: $0) } }

    /// Loses what is kept, as the end of its time or a lack of room does.
    func forget(_ id: ContentID) async throws {
        try await database.write {
            try $0.execute("DELETE FROM content WHERE id = $1", [.blob(id.bytes)])
        }
    }

    /// The names of an integration's limits.
    func limits(_ name: ResourceName) -> [String] {
        engine.integration(name)?.limits.map(\.name) ?? []
    }

    /// Lets time pass by quarters of a second until `condition` holds; false when `atMost` was not enough.
    ///
    /// Time moves only once the engine has come to rest: whatever runs does so on other threads.
    func pass(
        atMost limit: Duration,
        step: Duration = .milliseconds(250),
        until condition: () async throws -> Bool
    ) async throws -> Bool {
        let end = time.elapsed + limit
        while time.elapsed < end {
            if try await condition() { return true }
            await rest()
            time.advance(by: step)
        }
        return try await condition()
    }

    private func rest() async {
        var seen = (-1, -1)
        var calm = 0
        while calm < 8 {
            try? await Task.sleep(for: .milliseconds(1))
            let now = (time.sleeperCount, vendors.requests.count)
            calm = now == seen && now.0 > 0 ? calm + 1 : 0
            seen = now
        }
    }

    private static func directory(
        _ integrations: [(name: String, dialect: any CallDialect, credential: [String: String])],
        _ limits: [String: [ProviderLimit]]
    ) -> CallDirectory {
        let all = integrations.enumerated().compactMap { index, entry -> CallIntegration? in
            guard let name = ResourceName(entry.name) else { return nil }
            return CallIntegration(
                id: Int64(index + 1),
                name: name,
                dialect: entry.dialect,
                account: IntegrationAccount(
                    provider: entry.dialect.facts.provider,
                    baseURL: "http://\(entry.name).test",
                    credential: entry.credential.mapValues { Secret($0) }
                ),
                limits: limits[entry.name],
                vendor: nil,
                isEnabled: true,
                allowsPrivate: true
            )
        }
        var routes: [Capability: [Int64]] = [:]
        for capability in Capability.allCases {
            routes[capability] = all.filter { integration in
                integration.dialect.facts.operations.contains { $0.capability == capability }
            }.map(\.id)
        }
        return CallDirectory(integrations: all, routes: routes)
    }

    private static func upstream(_ vendors: Vendors, _ time: Time) -> Upstream {
        Upstream { request async throws(TransportError) in
            let target = request.url.pathAndQuery
            let path = target.prefix { $0 != "?" }
            let host = request.url.authority
            var headers = Headers(request.headers)
            headers.append("host", host)
            if let failure = vendors.nextFailure(host) { throw failure }
            let exchange = vendors.exchange(
                host,
                VendorRequest(
                    method: request.method,
                    path: String(path),
                    query: String(target.dropFirst(path.count + 1)),
                    headers: headers,
                    body: request.body
                ),
                now: time.now()
            )
            do {
                switch exchange {
                case .answer(let answer, let delay):
                    try await time.sleep(delay)
                    return OutgoingResponse(status: answer.status, headers: answer.headers, body: answer.body)
                case .refused: throw TransportError.connectFailed("refused")
                case .silence:
                    try await time.sleep(request.timeout)
                    throw TransportError.timedOut(sent: true)
                case .dropped(let delay):
                    try await time.sleep(delay)
                    throw TransportError.connectionLost(sent: true)
                }
            } catch let error as TransportError {
                throw error
            } catch {
                throw .cancelled(sent: true)
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests that move the clock until something is due: a server's clock is its own, so that on PostgreSQL they are
    /// skipped.
    static var onManualClock: Self {
        .enabled(if: TestEngine.standard == .sqlite, "the shared clock is the server's")
    }
}
