package import Domain
package import Logging
package import Providers
package import Resilience
package import Telemetry

/// An integration as the monitor sees it: what it is, and how calls find it.
package struct ObservedIntegration: Sendable {
    /// The row's number.
    package let id: Int64
    /// Its name.
    package let name: ResourceName
    /// Its provider.
    package let provider: APIProvider
    /// Its provider's name for people.
    package let title: String
    /// Whose it is; nil is the platform's.
    package let vendor: ResourceName?
    /// Whether it may be used.
    package let isEnabled: Bool
    /// The least time between two probes.
    package let probeInterval: Duration
    /// Where its provider publishes its state; nil where nothing can be read.
    package let statusPage: StatusPage?
    /// Where the account is, for pages that speak of regions; nil when that is not known.
    package let region: String?
    /// What its calls say.
    package let health: IntegrationHealth
    /// The same in a sentence.
    package let sentence: String

    /// Collects the parts.
    package init(
        id: Int64,
        name: ResourceName,
        provider: APIProvider,
        title: String,
        vendor: ResourceName? = nil,
        isEnabled: Bool = true,
        probeInterval: Duration = .seconds(30),
        statusPage: StatusPage? = nil,
        region: String? = nil,
        health: IntegrationHealth,
        sentence: String
    ) {
        self.id = id
        self.name = name
        self.provider = provider
        self.title = title
        self.vendor = vendor
        self.isEnabled = isEnabled
        self.probeInterval = probeInterval
        self.statusPage = statusPage
        self.region = region
        self.health = health
        self.sentence = sentence
    }
}

/// A source or destination as the monitor sees it.
package struct ObservedEndpoint: Hashable, Sendable {
    /// Which.
    package let subject: IncidentSubject
    /// Whose it is; nil is the platform's.
    package let vendor: ResourceName?
    /// How it does.
    package let state: IntegrationHealth.State
    /// The same in a sentence.
    package let sentence: String

    /// Collects the parts.
    package init(
        subject: IncidentSubject,
        vendor: ResourceName? = nil,
        state: IntegrationHealth.State,
        sentence: String
    ) {
        self.subject = subject
        self.vendor = vendor
        self.state = state
        self.sentence = sentence
    }
}

/// What became of calls that would have gone to an integration, since its incident began.
package struct IncidentFigures: Hashable, Sendable {
    /// Calls that another integration carried out instead.
    package struct Taken: Hashable, Sendable {
        /// What was asked for.
        package let capability: Capability
        /// Who did it.
        package let integration: ResourceName
        /// How many.
        package let count: Int

        /// Collects the parts.
        package init(capability: Capability, integration: ResourceName, count: Int) {
            self.capability = capability
            self.integration = integration
            self.count = count
        }
    }

    /// Who took over what, most first.
    package var taken: [Taken]
    /// Calls that failed for good.
    package var failed: Int
    /// Calls whose end is being found out.
    package var beingChecked: Int
    /// Calls that wait for a person.
    package var held: Int
    /// Charges that took effect twice and are being undone.
    package var twice: Int
    /// Charges that had taken effect twice and are undone.
    package var undone: Int
    /// Whether it takes payments.
    package var hasPayments: Bool

    /// Collects the figures; nothing happened unless told otherwise.
    package init(
        taken: [Taken] = [],
        failed: Int = 0,
        beingChecked: Int = 0,
        held: Int = 0,
        twice: Int = 0,
        undone: Int = 0,
        hasPayments: Bool = false
    ) {
        self.taken = taken
        self.failed = failed
        self.beingChecked = beingChecked
        self.held = held
        self.twice = twice
        self.undone = undone
        self.hasPayments = hasPayments
    }
}

/// Calls of a capability that go elsewhere than their route says.
package struct Detour: Hashable, Sendable {
    /// Whose calls.
    package let capability: Capability
    /// Where they go.
    package let to: ResourceName
    /// Why, in words.
    package let reason: String

    /// Collects the parts.
    package init(capability: Capability, to: ResourceName, reason: String) {
        self.capability = capability
        self.to = to
        self.reason = reason
    }
}

/// How one probe went.
package struct ProbeReport: Hashable, Sendable {
    /// How it ended.
    package let outcome: ExchangeOutcome
    /// The status of the answer; nil without one.
    package let status: Int?
    /// From the request's leaving to the answer or the end of waiting; nil when nothing was sent.
    package let latency: Duration?
    /// What it means, in words.
    package let meaning: String

    /// Collects the parts.
    package init(outcome: ExchangeOutcome, status: Int?, latency: Duration?, meaning: String) {
        self.outcome = outcome
        self.status = status
        self.latency = latency
        self.meaning = meaning
    }
}

/// What the health monitor needs of others.
package struct HealthPorts: Sendable {
    /// How every integration stands by its calls, now; reads no database.
    package var integrations: @Sendable () -> [ObservedIntegration]
    /// How sources and destinations do, now.
    package var endpoints: @Sendable () async throws -> [ObservedEndpoint]
    /// What became of an integration's calls since an instant.
    package var figures: @Sendable (ResourceName, Instant) async throws -> IncidentFigures
    /// Where calls go that would go to an integration, now.
    package var detours: @Sendable (ResourceName) async throws -> [Detour]
    /// Sends one probe to an integration, in the background of its budget; nil when the budget has none to spare.
    package var probe: @Sendable (ResourceName) async -> ProbeReport?
    /// Lets the next call try an integration whose breaker is open: several probes in a row were green.
    package var hasten: @Sendable (ResourceName) -> Void
    /// The integrations that the calls of this one would go to next, nearest first.
    package var nextOnRoute: @Sendable (ResourceName) -> [ResourceName]
    /// What a provider's status page answers; nil when it cannot be had.
    package var statusPage: @Sendable (StatusPage) async -> [UInt8]?
    /// What trouble means to weddings: given its subject, how that does, and when; worst first.
    package var impact: @Sendable (IncidentSubject, IntegrationHealth.State, Instant) async -> [WeddingImpact]
    /// Told after each entry of an incident is stored, with the incident as it stands then; its last entry may not
    /// be among `entries`.
    package var news: @Sendable (Incident, IncidentEntry) async -> Void
    /// Who watches.
    package var signals: SignalHub
    /// What is measured.
    package var metrics: Metrics
    /// Clock and alarm.
    package var time: Time
    /// Chance.
    package var random: RandomSource
    /// The log.
    package var logger: Logger

    /// Collects the ports; what is not given says nothing and does nothing.
    package init(
        integrations: @escaping @Sendable () -> [ObservedIntegration],
        endpoints: @escaping @Sendable () async throws -> [ObservedEndpoint] = { [] },
        figures: @escaping @Sendable (ResourceName, Instant) async throws -> IncidentFigures = { _, _ in
            IncidentFigures()
        },
        detours: @escaping @Sendable (ResourceName) async throws -> [Detour] = { _ in [] },
        probe: @escaping @Sendable (ResourceName) async -> ProbeReport? = { _ in nil },
        hasten: @escaping @Sendable (ResourceName) -> Void = { _ in },
        nextOnRoute: @escaping @Sendable (ResourceName) -> [ResourceName] = { _ in [] },
        statusPage: @escaping @Sendable (StatusPage) async -> [UInt8]? = { _ in nil },
        impact:
            @escaping @Sendable (IncidentSubject, IntegrationHealth.State, Instant) async -> [WeddingImpact] =
            {
                _,
                _,
                _ in []
            },
        news: @escaping @Sendable (Incident, IncidentEntry) async -> Void = { _, _ in },
        signals: SignalHub,
        metrics: Metrics = Metrics(),
        time: Time,
        random: RandomSource,
        logger: Logger
    ) {
        self.integrations = integrations
        self.endpoints = endpoints
        self.figures = figures
        self.detours = detours
        self.probe = probe
        self.hasten = hasten
        self.nextOnRoute = nextOnRoute
        self.statusPage = statusPage
        self.impact = impact
        self.news = news
        self.signals = signals
        self.metrics = metrics
        self.time = time
        self.random = random
        self.logger = logger
    }
}
