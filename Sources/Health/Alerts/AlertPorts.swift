package import Domain
package import Logging
package import Providers
package import Telemetry
package import Transport

/// What a call that carries an alert came to.
package enum AlertCallEnd: Hashable, Sendable {
    /// The provider took it, or may have: it is not sent again.
    case taken
    /// It did not leave, with the reason.
    case failed(String)
}

/// What alerts need of others.
package struct AlertPorts: Sendable {
    /// The channels, and so the plan.
    package var channels: [AlertChannel]
    /// The gateway's own URL, without a slash at its end.
    package var home: String
    /// How push services find whoever runs this gateway: a `mailto:` or `https:` URL.
    package var contact: String
    /// Outgoing HTTP.
    package var upstream: Upstream
    /// Which addresses may be sent to; the argument says whether private ones may.
    package var addressPolicy: @Sendable (Bool) -> AddressPolicy
    /// Sends an e-mail or a text by Usher's own calls; the text is the call's idempotency key.
    package var call: @Sendable (Operation, JSONValue, String) async -> AlertCallEnd
    /// Whether some integration that is well serves a capability, other than the one named.
    package var isServed: @Sendable (Capability, ResourceName?) async -> Bool
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

    /// Collects the ports.
    package init(
        channels: [AlertChannel],
        home: String,
        contact: String,
        upstream: Upstream,
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy,
        call: @escaping @Sendable (Operation, JSONValue, String) async -> AlertCallEnd,
        isServed: @escaping @Sendable (Capability, ResourceName?) async -> Bool,
        signals: SignalHub,
        metrics: Metrics = Metrics(),
        time: Time,
        random: RandomSource,
        logger: Logger
    ) {
        self.channels = channels
        self.home = home
        self.contact = contact
        self.upstream = upstream
        self.addressPolicy = addressPolicy
        self.call = call
        self.isServed = isServed
        self.signals = signals
        self.metrics = metrics
        self.time = time
        self.random = random
        self.logger = logger
    }
}
