package import Domain
package import Providers
package import Resilience

/// What `ImpactRule` looks at: whose the trouble is, which ways calls have, and which weddings there are.
package struct ImpactScene: Sendable {
    /// One integration of a route, as it does now.
    package struct Stop: Hashable, Sendable {
        /// Its name.
        package let name: ResourceName
        /// Its name for people: `Stripe`.
        package let title: String
        /// How it does.
        package let state: IntegrationHealth.State

        /// Collects the parts; without a title its name is told.
        package init(_ name: ResourceName, title: String? = nil, state: IntegrationHealth.State) {
            self.name = name
            self.title = title ?? name.text
            self.state = state
        }

        /// Whether calls can be left to it: nothing bad is known of it, or it is slow at worst.
        package var isWorking: Bool { state != .unhealthy && state != .down }
    }

    /// The ways the calls of a capability have, in the order in which they are tried now.
    package struct Route: Hashable, Sendable {
        /// What for.
        package let capability: Capability
        /// The enabled integrations, best first; one that an operator sends all calls to stands first.
        package let stops: [Stop]
        /// Whether calls move on by themselves; false for a manual strategy, and while an operator's order holds.
        package let isAutomatic: Bool

        /// Collects the parts.
        package init(_ capability: Capability, _ stops: [Stop], isAutomatic: Bool = true) {
            self.capability = capability
            self.stops = stops
            self.isAutomatic = isAutomatic
        }
    }

    /// What is in trouble, for people: `Stripe`, `the source stripe-main`.
    package let title: String
    /// The vendor whose it is: only weddings it works are concerned; nil is the platform's, which concerns all.
    package let vendor: ResourceName?
    /// What a vendor's integration is used for; a platform's is used for what it stands in the routes of.
    package let capabilities: [Capability]
    /// The platform's routes.
    package let routes: [Route]
    /// The weddings there are.
    package let weddings: [Wedding]

    /// Collects what there is.
    package init(
        title: String,
        vendor: ResourceName? = nil,
        capabilities: [Capability] = [],
        routes: [Route] = [],
        weddings: [Wedding]
    ) {
        self.title = title
        self.vendor = vendor
        self.capabilities = capabilities
        self.routes = routes
        self.weddings = weddings
    }
}
