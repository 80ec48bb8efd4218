package import Domain
package import Providers
import Registry
package import Signatures

/// Makes realistic, correctly signed webhooks for one source: what `usher trigger` sends.
package struct WebhookTrigger: Sendable {
    /// Where webhooks of a source are posted, without the server's address.
    package static func path(of source: ResourceName) -> String {
        "/api/integrations/webhooks/\(source)"
    }

    /// The source that is triggered.
    package let source: ResourceName
    private let dialect: WebhookDialect
    private let secrets: [Secret]
    private let publicURL: String

    /// Triggers a source by what is given on the command line.
    /// - Parameter publicURL: what the server knows as its public address, for schemes that sign the URL.
    package init(
        provider: ProviderName,
        source: ResourceName,
        secrets: [Secret],
        publicURL: String
    ) throws {
        self.source = source
        self.secrets = secrets
        self.publicURL = publicURL
        dialect = WebhookDialect(try WebhookSettings(.object([]), for: provider))
        try dialect.checkSecrets(secrets)
    }

    /// Triggers a source of a configuration file: the named one, or the first of the provider.
    package init(
        provider: ProviderName,
        source name: ResourceName?,
        configuration: Configuration,
        resolver: SecretResolver
    ) throws {
        let candidates = configuration.sources.filter { source in
            source.provider == provider.rawValue && (name == nil || source.name == name)
        }
        guard let definition = candidates.first else {
            throw TriggerError.noSource(provider: provider, name: name)
        }
        source = definition.name
        publicURL = configuration.publicURL
        dialect = WebhookDialect(try WebhookSettings(definition.settings, for: provider))
        secrets = try definition.secrets.map { try resolver.resolve($0, for: "source `\(definition.name)`") }
        try dialect.checkSecrets(secrets)
    }

    /// Makes one webhook, signed now.
    package func webhook(
        _ type: String,
        now: Instant,
        random: RandomSource
    ) throws(TriggerError) -> (event: SampleEvent, request: WebhookRequest) {
        guard let event = SampleEvents.make(type, of: dialect.provider, now: now, random: random) else {
            throw .unknownType(type, provider: dialect.provider)
        }
        let url = publicURL + Self.path(of: source)
        return (event, dialect.request(sending: event, to: url, secrets: secrets, now: now))
    }
}

/// Why nothing can be triggered.
package enum TriggerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The configuration has no such source.
    case noSource(provider: ProviderName, name: ResourceName?)
    /// No secret was given and no configuration was found.
    case noSecret(provider: ProviderName)
    /// The provider has no sample of this type.
    case unknownType(String, provider: ProviderName)

    package var description: String {
        switch self {
        case .noSource(let provider, let name):
            "the configuration has no source "
                + (name.map { "`\($0)` of provider \(provider)" } ?? "of provider \(provider)")
                + ": name one with --source"
        case .noSecret(let provider):
            "the webhook must be signed with the secret of a \(provider) source: pass --config usher.yaml, or "
                + "--secret env:NAME"
        case .unknownType(let type, let provider):
            "there is no sample of \(type): choose "
                + SampleEvents.types(of: provider).joined(separator: ", ")
        }
    }
}
