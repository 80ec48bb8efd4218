package import Domain
package import Providers

/// Everything registered, as of one commit: a value that a request keeps while the registry moves on.
package struct RegistrySnapshot: Sendable {
    /// All sources, by name.
    package let sources: [String: Source]
    /// All destinations, by the order of their names.
    package let destinations: [Destination]
    /// All integrations, by the order of their names.
    package let integrations: [Integration]
    /// The routes that somebody has described; `route(for:)` gives the others too.
    package let storedRoutes: [StoredRoute]
    private let integrationsByID: [Int64: Integration]
    private let routes: [Capability: CapabilityRoute]
    private let sourcesByID: [Int64: Source]
    private let destinationsByID: [Int64: Destination]

    /// An empty registry.
    package static let empty = RegistrySnapshot(sources: [], destinations: [])

    /// Indexes what was loaded.
    package init(
        sources: [Source],
        destinations: [Destination],
        integrations: [Integration] = [],
        routes: [StoredRoute] = []
    ) {
        self.integrations = integrations
        storedRoutes = routes
        integrationsByID = Dictionary(integrations.map { ($0.id, $0) }) { first, _ in first }
        self.routes = resolve(routes, integrations)
        self.sources = Dictionary(sources.map { ($0.name.text, $0) }) { first, _ in first }
        self.destinations = destinations
        sourcesByID = Dictionary(sources.map { ($0.id, $0) }) { first, _ in first }
        destinationsByID = Dictionary(destinations.map { ($0.id, $0) }) { first, _ in first }
    }

    /// The integration of this name.
    package func integration(named name: ResourceName) -> Integration? {
        integrations.first { $0.name == name }
    }

    /// The integration with this row number.
    package func integration(id: Int64) -> Integration? {
        integrationsByID[id]
    }

    /// The integrations of the platform that serve a capability, best first.
    ///
    /// Without a route it is every enabled one that can and needs no consent, in the order of `APIProvider`, then of
    /// their names.
    package func route(for capability: Capability) -> CapabilityRoute {
        routes[capability] ?? defaultRoute(capability, integrations)
    }

    /// What was said of a capability's route; nil when the default holds.
    package func storedRoute(_ capability: Capability) -> StoredRoute? {
        storedRoutes.first { $0.definition.capability == capability }
    }

    /// A vendor's own enabled integrations that serve a capability, by name.
    package func integrations(of vendor: ResourceName, for capability: Capability) -> [Integration] {
        integrations.filter {
            $0.definition.vendor == vendor && $0.definition.enabled && $0.serves(capability)
        }
    }

    /// The source with this row number.
    package func source(id: Int64) -> Source? {
        sourcesByID[id]
    }

    /// The destination with this row number.
    package func destination(id: Int64) -> Destination? {
        destinationsByID[id]
    }

    /// The destination of this name.
    package func destination(named name: ResourceName) -> Destination? {
        destinations.first { $0.name == name }
    }

    /// The destinations that want an event of this source and type, stopped and disabled ones included: for them
    /// it waits.
    package func destinations(for type: String, from source: Source) -> [Destination] {
        destinations.filter { $0.wants(type: type, from: source) }
    }
}

/// Every capability's route with its integrations.
private func resolve(_ stored: [StoredRoute], _ integrations: [Integration]) -> [Capability: CapabilityRoute]
{
    let byName = Dictionary(integrations.map { ($0.name, $0) }) { first, _ in first }
    var routes: [Capability: CapabilityRoute] = [:]
    for capability in Capability.allCases { routes[capability] = defaultRoute(capability, integrations) }
    for route in stored {
        routes[route.definition.capability] = CapabilityRoute(
            definition: route.definition,
            integrations: route.definition.order.compactMap { byName[$0] }.filter {
                $0.definition.enabled && $0.definition.vendor == nil && $0.serves(route.definition.capability)
            },
            owner: route.owner,
            updatedAt: route.updatedAt
        )
    }
    return routes
}

private func defaultRoute(_ capability: Capability, _ integrations: [Integration]) -> CapabilityRoute {
    let able = integrations.filter {
        $0.definition.enabled && $0.definition.vendor == nil && $0.consent == nil && $0.serves(capability)
    }
    let ordered = APIProvider.allCases.flatMap { provider in able.filter { $0.provider == provider } }
    return CapabilityRoute(
        definition: RouteDefinition(capability: capability, order: ordered.map(\.name)),
        integrations: ordered,
        owner: nil,
        updatedAt: nil
    )
}
