import Calls
import Domain
import Providers
import Registry
import Storage
import Vault
import Webhooks

extension Services {
    /// What reads providers' lists of past events and of changes.
    static func backfiller(
        _ calls: CallEngine,
        _ receiver: Receiver,
        _ registry: ResourceRegistry,
        _ vault: Vault,
        _ database: Database,
        _ dispatcher: Dispatcher,
        _ ports: Ports
    ) -> Backfiller {
        let injector = EventInjector(
            receiver: receiver,
            events: OwnEvents(registry: registry, vault: vault),
            database: database,
            time: ports.time,
            stored: { dispatcher.workArrived($0) }
        )
        return Backfiller(
            calls,
            BackfillPorts(
                obstacle: { integration in
                    guard integration.backfillKind == .events else { return nil }
                    do throws(NoSource) {
                        _ = try source(of: integration, in: registry.snapshot)
                        return nil
                    } catch {
                        return error.description
                    }
                },
                inject: { found, integration in
                    do {
                        return try await inject(found, integration, registry.snapshot, injector)
                    } catch let error as DescriptionError {
                        return .unreadable(error.description)
                    }
                }
            )
        )
    }

    private static func inject(
        _ found: FoundEvent,
        _ integration: CallIntegration,
        _ snapshot: RegistrySnapshot,
        _ injector: EventInjector
    ) async throws -> Injection {
        let outcome: AppendOutcome
        switch found {
        case .event(let event):
            outcome = try await injector.inject(event.body, for: try source(of: integration, in: snapshot))
        case .change(let change):
            outcome =
                if let source = try? source(of: integration, in: snapshot) {
                    try await injector.inject(change, for: source)
                } else {
                    try await injector.inject(change, vendor: integration.vendor)
                }
        }
        return outcome.isDuplicate ? .duplicate : .injected
    }

    /// The source that an integration's webhooks come to: of the same provider and owner, and of the same name where
    /// there are several.
    private static func source(
        of integration: CallIntegration,
        in snapshot: RegistrySnapshot
    ) throws(NoSource) -> Source {
        let provider = integration.account.provider
        let sources = snapshot.sources.values.filter {
            $0.definition.enabled && $0.definition.vendor == integration.vendor
                && $0.dialect.provider.rawValue == provider.rawValue
        }
        if let only = sources.first, sources.count == 1 { return only }
        if let named = sources.first(where: { $0.name == integration.name }) { return named }
        throw NoSource(integration: integration, sources: sources.count)
    }

    /// Why it is not known to which source an integration's webhooks come.
    private struct NoSource: Error, CustomStringConvertible {
        let integration: CallIntegration
        let sources: Int

        var description: String {
            let provider = integration.account.provider
            let owner = integration.vendor.map { "the vendor \($0)" } ?? "the platform"
            return sources == 0
                ? "\(owner) has no enabled source of \(provider) that the events could belong to"
                : "\(owner) has \(sources) sources of \(provider): give the right one the integration's name"
        }
    }
}
