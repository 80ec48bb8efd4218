package import Domain
package import Providers
package import Storage
package import Transport

/// One change to what is registered; several commit together or not at all.
package enum RegistryChange: Sendable {
    /// Adds a source with its opened secrets.
    case createSource(SourceDefinition, [Secret])
    /// Replaces a source's definition; nil leaves its secrets as they are.
    case updateSource(SourceDefinition, [Secret]?)
    /// Removes a source; its events stay.
    case removeSource(ResourceName)
    /// Adds a destination with its opened secrets.
    case createDestination(DestinationDefinition, [Secret])
    /// Replaces a destination's definition; nil leaves its secrets as they are.
    case updateDestination(DestinationDefinition, [Secret]?)
    /// Removes a destination; what waits for it becomes dead letters.
    case removeDestination(ResourceName)
    /// Adds an integration with its opened credential.
    case createIntegration(IntegrationDefinition, [String: Secret])
    /// Replaces an integration's definition; nil leaves its credential as it is.
    case updateIntegration(IntegrationDefinition, [String: Secret]?)
    /// Removes an integration; what it did stays on record.
    case removeIntegration(ResourceName)
    /// Makes a capability's route, or replaces it.
    case putRoute(RouteDefinition)
    /// Removes a capability's route: the default one holds again.
    case removeRoute(Capability)

    /// What is changed: `source stripe`, `destination app`.
    package var subject: String {
        switch self {
        case .createSource(let definition, _), .updateSource(let definition, _): "source \(definition.name)"
        case .removeSource(let name): "source \(name)"
        case .createDestination(let definition, _), .updateDestination(let definition, _):
            "destination \(definition.name)"
        case .removeDestination(let name): "destination \(name)"
        case .createIntegration(let definition, _), .updateIntegration(let definition, _):
            "integration \(definition.name)"
        case .removeIntegration(let name): "integration \(name)"
        case .putRoute(let route): "route \(route.capability)"
        case .removeRoute(let capability): "route \(capability)"
        }
    }
}

extension RegistryChange {
    /// Whether it may make a route wrong, or is one.
    var touchesRoutes: Bool {
        switch self {
        case .updateIntegration, .putRoute: true
        default: false
        }
    }
}

/// What the registry needs of others.
package struct RegistryPorts: Sendable {
    /// Ends what waits for a destination that is being removed.
    package let destinationRemoved: @Sendable (Transaction, Int64, Instant) throws -> Void

    /// Which addresses a destination may have; the argument is its `allow_private`.
    package let addressPolicy: @Sendable (Bool) -> AddressPolicy

    /// What is known of a provider; nil when it cannot be called.
    package let facts: @Sendable (APIProvider) -> ProviderFacts?

    /// Wires the ports.
    package init(
        destinationRemoved: @escaping @Sendable (Transaction, Int64, Instant) throws -> Void,
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy,
        facts: @escaping @Sendable (APIProvider) -> ProviderFacts? = { CallCatalogue.facts(of: $0) }
    ) {
        self.destinationRemoved = destinationRemoved
        self.addressPolicy = addressPolicy
        self.facts = facts
    }
}
