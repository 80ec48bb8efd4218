package import Domain

/// Where events go, as its owner describes it.
package struct DestinationDefinition: Hashable, Sendable {
    /// The name it is known by.
    package var name: ResourceName
    /// The URL deliveries are posted to.
    package var url: String
    /// The second URL, used with the same `webhook-id` while the first is down; nil is none.
    package var standbyURL: String?
    /// The Standard Webhooks signing secrets, newest first; two while one is being rotated.
    package var secrets: [SecretReference]
    /// Event-type patterns: `*`, `payment_intent.*`, `charge.refunded`.
    package var events: [String]
    /// The sources whose events it wants; empty is all.
    package var sources: [ResourceName]
    /// Whether deliveries are made; events for a disabled destination wait.
    package var enabled: Bool
    /// Whether loopback and private addresses and plain `http` are allowed.
    package var allowPrivate: Bool
    /// The most deliveries in flight, 1 to 1000.
    package var concurrency: Int
    /// The most deliveries a second, with a burst of the same size; nil is no limit.
    package var ratePerSecond: Double?
    /// How long one attempt may take in all.
    package var timeout: Duration
    /// The most attempts before a delivery is a dead letter, 1 to 100.
    package var attemptsMax: Int
    /// The vendor it belongs to; nil is the platform.
    package var vendor: ResourceName?

    /// The default of `concurrency`.
    package static let concurrencyDefault = 32
    /// The range of `concurrency`.
    package static let concurrencyRange = 1...1_000
    /// The default of `timeout`.
    package static let timeoutDefault = Duration.seconds(15)
    /// The range of `timeout`.
    package static let timeoutRange = Duration.seconds(1)...Duration.seconds(60)
    /// The default of `attemptsMax`.
    package static let attemptsDefault = 16
    /// The range of `attemptsMax`.
    package static let attemptsRange = 1...100
    /// The most signing secrets at a time.
    package static let secretsMax = 2
    /// The most event patterns.
    package static let eventsMax = 64

    /// Makes a definition; only name and URL have no default.
    package init(
        name: ResourceName,
        url: String,
        standbyURL: String? = nil,
        secrets: [SecretReference] = [],
        events: [String] = ["*"],
        sources: [ResourceName] = [],
        enabled: Bool = true,
        allowPrivate: Bool = false,
        concurrency: Int = DestinationDefinition.concurrencyDefault,
        ratePerSecond: Double? = nil,
        timeout: Duration = DestinationDefinition.timeoutDefault,
        attemptsMax: Int = DestinationDefinition.attemptsDefault,
        vendor: ResourceName? = nil
    ) {
        self.name = name
        self.url = url
        self.standbyURL = standbyURL
        self.secrets = secrets
        self.events = events
        self.sources = sources
        self.enabled = enabled
        self.allowPrivate = allowPrivate
        self.concurrency = concurrency
        self.ratePerSecond = ratePerSecond
        self.timeout = timeout
        self.attemptsMax = attemptsMax
        self.vendor = vendor
    }
}
