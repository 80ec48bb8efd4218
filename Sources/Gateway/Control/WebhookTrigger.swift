package import Domain
import Foundation
import Providers
import Registry

/// Makes realistic, correctly signed webhooks for one source: what `usher trigger` sends.
package struct WebhookTrigger: Sendable {
    /// Where webhooks of a source are posted, without the server's address.
    package static func path(of source: ResourceName) -> String {
        "/api/integrations/webhooks/\(source)"
    }

    /// Everything that can be sent.
    package static var samples: [(provider: String, type: String)] {
        ProviderName.allCases.flatMap { provider in
            SampleEvents.types(of: provider).map { (provider: provider.rawValue, type: $0) }
        }
    }

    /// What somebody asks to be sent, in words.
    package struct Wish: Hashable, Sendable {
        /// The provider's name.
        package var provider: String
        /// The source's name; nil is the first of the provider.
        package var source: String?
        /// The secret, or `env:` or `file:` where it is read from; nil is the configuration's.
        package var secret: String?
        /// The configuration that has source and secret; nil is the demonstration's.
        package var configurationPath: String?

        /// Collects the words.
        package init(
            provider: String,
            source: String? = nil,
            secret: String? = nil,
            configurationPath: String? = nil
        ) {
            self.provider = provider
            self.source = source
            self.secret = secret
            self.configurationPath = configurationPath
        }

        /// Checks the words by themselves; throws `.unknownProvider`, `.unknownType` or `.invalidName`.
        package func check(type: String) throws(TriggerError) {
            let provider = try providerName()
            _ = try sourceName()
            guard SampleEvents.types(of: provider).contains(where: { $0.utf8.elementsEqual(type.utf8) })
            else {
                throw .unknownType(type, known: SampleEvents.types(of: provider))
            }
        }

        fileprivate func providerName() throws(TriggerError) -> ProviderName {
            guard let name = ProviderName(rawValue: provider) else {
                throw .unknownProvider(provider, known: ProviderName.allCases.map(\.rawValue))
            }
            return name
        }

        fileprivate func sourceName() throws(TriggerError) -> ResourceName? {
            guard let source else { return nil }
            guard let name = ResourceName(source) else { throw .invalidName(source) }
            return name
        }
    }

    /// The source that is triggered.
    package let source: ResourceName
    private let dialect: WebhookDialect
    private let secrets: [Secret]
    private let publicURL: String

    /// Finds out what a wish means.
    /// - Parameter address: stands in for the public URL when there is no configuration.
    /// - Throws: `TriggerError`, `ConfigurationError`, `SecretResolutionError`, or why the secret is none.
    package init(_ wish: Wish, address: ControlAddress, resolver: SecretResolver) throws {
        let provider = try wish.providerName()
        guard let secret = wish.secret else {
            let demonstration = DemonstrationFiles(folder: DemonstrationFiles.folderDefault).configurationPath
            let hasDemonstration = FileManager.default.fileExists(atPath: demonstration)
            guard let path = wish.configurationPath ?? (hasDemonstration ? demonstration : nil) else {
                throw TriggerError.noSecret(provider: wish.provider)
            }
            let configuration = try Configuration.load(path, rules: .registry)
            try self.init(wish, configuration: configuration, resolver: resolver)
            return
        }
        guard let source = try wish.sourceName() ?? ResourceName(wish.provider) else {
            throw TriggerError.invalidName(wish.provider)
        }
        try self.init(
            source: source,
            settings: try WebhookSettings(.object([]), for: provider),
            secrets: [try resolver.resolve(SecretReference(secret), for: "--secret")],
            publicURL: address.text
        )
    }

    /// Triggers a source of a configuration: the named one, or the first of the provider.
    package init(_ wish: Wish, configuration: Configuration, resolver: SecretResolver) throws {
        let provider = try wish.providerName()
        let name = try wish.sourceName()
        let found = configuration.sources.first { source in
            source.provider == provider.rawValue && (name == nil || source.name == name)
        }
        guard let definition = found else {
            throw TriggerError.noSource(provider: wish.provider, name: wish.source)
        }
        try self.init(
            source: definition.name,
            settings: try WebhookSettings(definition.providerSettings, for: provider),
            secrets: try definition.secrets.map {
                try resolver.resolve($0, for: "source `\(definition.name)`")
            },
            publicURL: configuration.publicURL
        )
    }

    private init(
        source: ResourceName,
        settings: WebhookSettings,
        secrets: [Secret],
        publicURL: String
    ) throws {
        self.source = source
        self.secrets = secrets
        self.publicURL = publicURL
        dialect = WebhookDialect(settings)
        try dialect.checkSecrets(secrets)
    }

    /// The types that can be sent to this source.
    package var types: [String] { SampleEvents.types(of: dialect.provider) }

    /// Makes one webhook, signed now.
    package func webhook(
        _ type: String,
        now: Instant,
        random: RandomSource
    ) throws(TriggerError) -> TriggeredWebhook {
        guard let event = SampleEvents.make(type, of: dialect.provider, now: now, random: random) else {
            throw .unknownType(type, known: types)
        }
        let url = publicURL + Self.path(of: source)
        let keys = SigningKeys(secrets)
        guard let request = dialect.request(sending: event, to: url, keys: keys, now: now) else {
            throw .noSigningKey(provider: dialect.provider.rawValue)
        }
        return TriggeredWebhook(id: event.id, type: event.type, request: request)
    }
}

/// Why nothing can be triggered.
package enum TriggerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no such provider.
    case unknownProvider(String, known: [String])
    /// The provider has no sample of this type.
    case unknownType(String, known: [String])
    /// The text is no name of a source.
    case invalidName(String)
    /// The configuration has no such source.
    case noSource(provider: String, name: String?)
    /// No secret was given and no configuration was found.
    case noSecret(provider: String)
    /// The provider signs with a private key that is not at hand.
    case noSigningKey(provider: String)

    package var description: String {
        switch self {
        case .unknownProvider(let name, let known):
            "there is no provider \(name): choose \(known.joined(separator: ", "))"
        case .unknownType(let type, let known):
            "there is no sample of \(type): choose \(known.joined(separator: ", "))"
        case .invalidName(let name):
            "\(name) is no name of a source: lower-case letters, digits and -, starting with a letter"
        case .noSource(let provider, let name):
            "the configuration has no source " + (name.map { "`\($0)` " } ?? "")
                + "of provider \(provider): name one with --source"
        case .noSecret(let provider):
            "the webhook must be signed with the secret of a \(provider) source: pass --config usher.yaml, or "
                + "--secret env:NAME"
        case .noSigningKey(let provider):
            "\(provider) signs with a private key of its own, which is not at hand here"
        }
    }
}
