package import Domain
package import Providers

/// How calls move from an integration that fails to the next one of its route.
package enum FailoverStrategy: String, CaseIterable, Hashable, Sendable {
    /// All of them, as soon as the first is known to fail.
    case immediate
    /// A growing share of them.
    case gradual
    /// None, until a person changes the order.
    case manual
}

/// Which integrations of the platform serve a capability, best first.
package struct RouteDefinition: Hashable, Sendable {
    /// What they are used for.
    package var capability: Capability
    /// Their names, best first.
    package var order: [ResourceName]
    /// How calls move to the next one.
    package var strategy: FailoverStrategy

    /// The most integrations of a route.
    package static let orderMax = 16

    /// Makes a route.
    ///
    /// - Parameter strategy: nil is the capability's own, as `standardStrategy` says.
    package init(capability: Capability, order: [ResourceName], strategy: FailoverStrategy? = nil) {
        self.capability = capability
        self.order = order
        self.strategy = strategy ?? Self.standardStrategy(capability)
    }

    /// Immediate, but for calendars: an entry lives in one of them, so another one is no substitute.
    package static func standardStrategy(_ capability: Capability) -> FailoverStrategy {
        capability == .calendar ? .manual : .immediate
    }
}

/// A route with the integrations it leads to.
package struct CapabilityRoute: Sendable {
    /// What was said, or what holds when nothing was.
    package let definition: RouteDefinition
    /// The enabled ones of its integrations, best first; calls are made with no others.
    package let integrations: [Integration]
    /// Who may change it; nil for one that nobody has described.
    package let owner: RegistryOwner?
    /// When it was last changed; nil for one that nobody has described.
    package let updatedAt: Instant?

    /// What it is for.
    package var capability: Capability { definition.capability }
    /// How calls move to the next integration.
    package var strategy: FailoverStrategy { definition.strategy }
    /// Whether it holds only because nothing else was said.
    package var isDefault: Bool { owner == nil }
}

/// A route as it is stored.
package struct StoredRoute: Hashable, Sendable {
    /// What was said.
    package let definition: RouteDefinition
    /// Who may change it.
    package let owner: RegistryOwner
    /// When it was last changed.
    package let updatedAt: Instant
}
