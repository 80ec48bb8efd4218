import Calls
import Domain
import Health
import Providers
import Registry
import Resilience
import Storage
import Synchronization
import Telemetry
import Vault
import Webhooks

extension Services {
    /// The engine of outgoing calls over these services.
    static func calls(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ tokens: TokenKeeper,
        _ weddings: WeddingRegistry,
        _ vault: Vault,
        _ dispatcher: Dispatcher,
        _ telling: (metrics: Metrics, signals: SignalHub),
        _ watch: DeskWatch,
        _ ports: Ports
    ) -> CallEngine {
        let events = OwnEvents(registry: registry, vault: vault)
        let directory = CurrentDirectory(of: registry)
        var callPorts = CallPorts(
            directory: { directory.value },
            token: { called in
                guard let integration = registry.snapshot.integration(id: called.id) else { return nil }
                do {
                    return try await tokens.token(for: integration)
                } catch let failure as TokenFailure {
                    throw ProviderFailureError(failure.providerFailure)
                }
            },
            tokenRefused: { called, token in
                guard let integration = registry.snapshot.integration(id: called.id) else { return }
                // A failure costs another refusal, nothing more.
                try? await tokens.invalidate(token, of: integration)
            },
            upstream: ports.upstream,
            streaming: ports.streaming,
            content: ports.content.map { place in
                ContentStore(
                    database: database,
                    vault: vault,
                    spool: place.spool(database),
                    time: ports.time,
                    random: ports.random
                )
            },
            ownURL: ports.publicURL,
            addressPolicy: ports.addressPolicy,
            moment: { weddings.snapshot.moment(of: $0, at: $1) },
            publish: { result in
                let notice = try await notice(of: result, events, weddings, ports)
                return { try notice.store($0) }
            },
            published: { dispatcher.workArrived($0) },
            watch: watch,
            time: ports.time,
            random: ports.random,
            metrics: telling.metrics,
            logger: ports.logger
        )
        callPorts.signals = telling.signals
        callPorts.probes = ports.health.probes
        return CallEngine(database: database, vault: vault, ports: callPorts)
    }

    /// The keeper of access tokens.
    static func tokens(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ vault: Vault,
        _ ports: Ports
    ) -> TokenKeeper {
        TokenKeeper(
            database: database,
            vault: vault,
            registry: registry,
            upstream: ports.upstream,
            time: ports.time,
            addressPolicy: ports.addressPolicy
        )
    }

    /// What connects vendors' own accounts.
    static func consents(
        _ database: Database,
        _ registry: ResourceRegistry,
        _ vault: Vault,
        _ ports: Ports
    ) -> ConsentFlow {
        ConsentFlow(
            database: database,
            vault: vault,
            registry: registry,
            upstream: ports.upstream,
            time: ports.time,
            random: ports.random,
            publicURL: ports.publicURL,
            addressPolicy: ports.addressPolicy
        )
    }

    /// `call.succeeded`, `call.refused` or `call.failed`, with what the caller asked for and what came of it.
    private static func notice(
        of result: CallResult,
        _ events: OwnEvents,
        _ weddings: WeddingRegistry,
        _ ports: Ports
    ) async throws -> OwnEvents.Prepared {
        let call = result.call
        let now = ports.time.now()
        let type = "call.\(call.state.name)"
        let failure: JSONValue =
            call.failure.map {
                ["kind": .string($0.kind.rawValue), "code": .string($0.code), "message": .string($0.message)]
            } ?? .null
        let body: JSONValue = [
            "type": .string(type),
            "data": [
                "id": .string("\(call.id)"),
                "state": .string(call.state.name),
                "operation": .string(call.operation.rawValue),
                "wedding": call.wedding.map { .string($0.text) } ?? .null,
                "vendor": call.vendor.map { .string($0.text) } ?? .null,
                "integration": result.integration.map { .string($0.text) } ?? .null,
                "reference": call.reference.map { .string($0) } ?? .null,
                "reply": result.reply ?? .null,
                "failure": failure,
            ],
        ]
        return try await events.prepare(
            id: "\(call.id)",
            type: type,
            body: body,
            orderingKey: "\(call.id)",
            priority: call.priority,
            wedding: call.wedding,
            vendor: call.vendor,
            moment: weddings.snapshot.moment(of: call.wedding, at: now),
            now: now
        )
    }
}

/// The registry as calls use it, made anew at each change and not at each call.
private final class CurrentDirectory: Sendable {
    private let state = Mutex(CallDirectory.empty)

    init(of registry: ResourceRegistry) {
        state.withLock { $0 = CallDirectory(registry.snapshot) }
        registry.onChange { [weak self, weak registry] _ in
            guard let self, let registry else { return }
            // Two changes may be told in the wrong order: read under the lock, the later reading is never the older.
            state.withLock { $0 = CallDirectory(registry.snapshot) }
        }
    }

    var value: CallDirectory { state.withLock { $0 } }
}

extension CallDirectory {
    /// What the registry has, as calls use it.
    init(_ snapshot: RegistrySnapshot) {
        let integrations = snapshot.integrations.compactMap { integration -> CallIntegration? in
            guard let dialect = CallCatalogue.dialect(of: integration.provider) else { return nil }
            return CallIntegration(
                id: integration.id,
                name: integration.name,
                dialect: dialect,
                account: integration.account(),
                limits: integration.limits,
                vendor: integration.definition.vendor,
                isEnabled: integration.definition.enabled,
                allowsPrivate: integration.definition.allowPrivate
            )
        }
        var routes: [Capability: [Int64]] = [:]
        var strategies: [Capability: FailoverChoice.Strategy] = [:]
        for capability in Capability.allCases {
            let route = snapshot.route(for: capability)
            routes[capability] = route.integrations.map(\.id)
            strategies[capability] = FailoverChoice.Strategy(rawValue: route.definition.strategy.rawValue)
        }
        self.init(integrations: integrations, routes: routes, strategies: strategies)
    }
}
