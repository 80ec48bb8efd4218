package import Domain
package import Logging
import Providers
package import Storage
package import Telemetry
package import Transport

/// What calls need of others.
package struct CallPorts: Sendable {
    /// What there is to call, now.
    package var directory: @Sendable () -> CallDirectory
    /// The access token of an integration; nil for one whose provider has none.
    package var token: @Sendable (CallIntegration) async throws -> Secret?
    /// Says that a provider did not accept the token.
    package var tokenRefused: @Sendable (CallIntegration, Secret) async -> Void
    /// Outgoing HTTP.
    package var upstream: Upstream
    /// Outgoing HTTP whose bodies are streamed: uploads of kept content; nil where there are none.
    package var streaming: StreamingUpstream?
    /// What is kept for uploads; nil where nothing is.
    package var content: ContentStore?
    /// The URL of Usher's own API, without a slash at its end.
    package var ownURL: String
    /// Which addresses may be sent to; the argument says whether private ones may.
    package var addressPolicy: @Sendable (Bool) -> AddressPolicy
    /// What a wedding means at an instant; nil without one.
    package var moment: @Sendable (WeddingID?, Instant) -> WeddingMoment?
    /// Prepares the result of a call as an event; what it gives stores it, in the transaction that ends the call, and
    /// gives the destinations that have work.
    package var publish: @Sendable (CallResult) async throws -> @Sendable (Transaction) throws -> [Int64]
    /// Tells that those destinations have work, after the commit.
    package var published: @Sendable ([Int64]) -> Void
    /// Whether suspicions are confirmed or dismissed by probes.
    package var probes = true
    /// Who is told how requests end and when breakers open.
    package var watch: DeskWatch
    /// Clock and alarm.
    package var time: Time
    /// Chance.
    package var random: RandomSource
    /// What is measured.
    package var metrics: Metrics
    /// Told how calls and failovers go; nil tells nobody.
    package var signals: SignalHub?
    /// The log.
    package var logger: Logger

    /// Collects the ports.
    package init(
        directory: @escaping @Sendable () -> CallDirectory,
        token: @escaping @Sendable (CallIntegration) async throws -> Secret? = { _ in nil },
        tokenRefused: @escaping @Sendable (CallIntegration, Secret) async -> Void = { _, _ in },
        upstream: Upstream,
        streaming: StreamingUpstream? = nil,
        content: ContentStore? = nil,
        ownURL: String = "",
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy,
        moment: @escaping @Sendable (WeddingID?, Instant) -> WeddingMoment? = { _, _ in nil },
        publish: @escaping @Sendable (CallResult) async throws -> @Sendable (Transaction) throws -> [Int64] =
            {
                _ in { _ in [] }
            },
        published: @escaping @Sendable ([Int64]) -> Void = { _ in },
        watch: DeskWatch = .none,
        time: Time,
        random: RandomSource,
        metrics: Metrics = Metrics(),
        logger: Logger
    ) {
        self.directory = directory
        self.token = token
        self.tokenRefused = tokenRefused
        self.upstream = upstream
        self.streaming = streaming
        self.content = content
        self.ownURL = ownURL
        self.addressPolicy = addressPolicy
        self.moment = moment
        self.publish = publish
        self.published = published
        self.watch = watch
        self.time = time
        self.random = random
        self.metrics = metrics
        self.logger = logger
    }
}

extension CallPorts {
    /// An integration's account, with an access token where its provider wants one.
    func account(_ integration: CallIntegration) async throws -> IntegrationAccount {
        guard case .oauth = integration.dialect.facts.authentication else { return integration.account }
        return IntegrationAccount(
            provider: integration.account.provider,
            baseURL: integration.account.baseURL,
            credential: integration.account.credential,
            accessToken: try await token(integration)
        )
    }
}

/// What a call came to, or where it stands.
package struct CallResult: Sendable {
    /// The call.
    package let call: StoredCall
    /// The normalised reply; nil unless it succeeded.
    package let reply: JSONValue?
    /// Where it succeeded, or is being tried.
    package let integration: ResourceName?

    /// Collects the parts.
    package init(call: StoredCall, reply: JSONValue?, integration: ResourceName?) {
        self.call = call
        self.reply = reply
        self.integration = integration
    }
}
