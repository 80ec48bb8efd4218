package import Domain
package import Providers
package import Resilience

/// An integration as calls use it: an account and the dialect that speaks for it.
package struct CallIntegration: Sendable {
    /// The row's number.
    package let id: Int64
    /// Its name.
    package let name: ResourceName
    /// How its provider is spoken to.
    package let dialect: any CallDialect
    /// Its account; the access token is added when a request is made.
    package let account: IntegrationAccount
    /// Whose it is; nil is the platform's.
    package let vendor: ResourceName?
    /// Its limits: the documented ones, and this account's own where they differ.
    package let limits: [ProviderLimit]
    /// Whether it may be used.
    package let isEnabled: Bool
    /// Whether its base URL may lead into private networks.
    package let allowsPrivate: Bool

    /// Collects the parts.
    package init(
        id: Int64,
        name: ResourceName,
        dialect: any CallDialect,
        account: IntegrationAccount,
        limits: [ProviderLimit]? = nil,
        vendor: ResourceName?,
        isEnabled: Bool,
        allowsPrivate: Bool
    ) {
        self.id = id
        self.name = name
        self.dialect = dialect
        self.account = account
        self.limits = limits ?? dialect.facts.limits
        self.vendor = vendor
        self.isEnabled = isEnabled
        self.allowsPrivate = allowsPrivate
    }
}

/// What there is to call, as of one moment.
package struct CallDirectory: Sendable {
    /// Every integration, by its row's number.
    package let integrations: [Int64: CallIntegration]
    /// The order in which a capability's integrations are tried.
    package let routes: [Capability: [Int64]]
    /// How calls leave an integration that does badly; immediately where nothing is said.
    package let strategies: [Capability: FailoverChoice.Strategy]

    /// Nothing.
    package static let empty = CallDirectory(integrations: [], routes: [:])

    /// Indexes what there is.
    package init(
        integrations: [CallIntegration],
        routes: [Capability: [Int64]],
        strategies: [Capability: FailoverChoice.Strategy] = [:]
    ) {
        self.integrations = Dictionary(integrations.map { ($0.id, $0) }) { first, _ in first }
        self.routes = routes
        self.strategies = strategies
    }

    /// The integration of this name.
    package func integration(named name: ResourceName) -> CallIntegration? {
        integrations.values.first { $0.name == name }
    }

    /// The integrations a new operation of `capability` may go to, best first; disabled ones are left out.
    package func candidates(for capability: Capability) -> [CallIntegration] {
        (routes[capability] ?? []).compactMap { integrations[$0] }.filter(\.isEnabled)
    }
}
