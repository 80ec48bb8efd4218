package import Domain
import Foundation
package import Providers
import Registry

/// Makes realistic, correctly signed webhooks for one source: what `usher trigger` sends.
package struct WebhookTrigger: Sendable {
    /// Where webhooks of a source are posted, without the server's address.
    package static func path(of source: ResourceName) -> String {
        path + source.text
    }

    /// The same up to the source's name.
    package static let path = "/api/integrations/webhooks/"

    /// Every provider's name.
    package static var providers: [String] { ProviderName.allCases.map(\.rawValue) }

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
    private let keys: SigningKeys
    private let publicURL: String

    /// Finds out what a wish means.
    ///
    /// Source, settings and secrets are those of the configuration; a secret alone makes a source with default settings.
    /// - Parameter address: stands in for the public URL when there is no configuration.
    /// - Throws: `TriggerError`, `ConfigurationError`, `SecretResolutionError`, or why the secret is none.
    package init(_ wish: Wish, address: ControlAddress, resolver: SecretResolver) throws {
        let provider = try wish.providerName()
        if let path = wish.configurationPath ?? (wish.secret == nil ? Self.demonstrationPath : nil) {
            try self.init(
                wish,
                configuration: try Configuration.load(path, rules: .registry),
                keys: .beside(configuration: path),
                resolver: resolver
            )
            return
        }
        guard !provider.signsWithCertificate else {
            throw TriggerError.noSigningKey(provider: wish.provider)
        }
        guard let secret = wish.secret else { throw TriggerError.noSecret(provider: wish.provider) }
        guard let source = try wish.sourceName() ?? ResourceName(wish.provider) else {
            throw TriggerError.invalidName(wish.provider)
        }
        try self.init(
            source: source,
            settings: try WebhookSettings(.object([]), for: provider),
            keys: SigningKeys([try resolver.resolve(SecretReference(secret), for: "--secret")]),
            publicURL: address.text
        )
    }

    /// Triggers a source of a configuration: the named one, or the first of the provider.
    /// - Parameter keys: the private keys at hand, for the providers that sign with one.
    package init(
        _ wish: Wish,
        configuration: Configuration,
        keys: SigningKeyRing = .empty,
        resolver: SecretResolver
    ) throws {
        let provider = try wish.providerName()
        let name = try wish.sourceName()
        let found = configuration.sources.first { source in
            source.provider == provider.rawValue && (name == nil || source.name == name)
        }
        guard let definition = found else {
            throw TriggerError.noSource(provider: wish.provider, name: wish.source)
        }
        let references = wish.secret.map { [SecretReference($0)] } ?? definition.secrets
        let secrets = try references.map { try resolver.resolve($0, for: "source `\(definition.name)`") }
        try self.init(
            source: definition.name,
            settings: try WebhookSettings(definition.providerSettings, for: provider),
            keys: SigningKeys(secrets, privateKey: keys[provider]),
            publicURL: configuration.publicURL
        )
    }

    /// A trigger for each source of a configuration.
    package static func all(
        _ configuration: Configuration,
        keys: SigningKeyRing,
        resolver: SecretResolver
    ) throws -> [WebhookTrigger] {
        try configuration.sources.map { source in
            let wish = Wish(provider: source.provider, source: source.name.text)
            return try WebhookTrigger(wish, configuration: configuration, keys: keys, resolver: resolver)
        }
    }

    private init(
        source: ResourceName,
        settings: WebhookSettings,
        keys: SigningKeys,
        publicURL: String
    ) throws {
        self.source = source
        self.keys = keys
        self.publicURL = publicURL
        dialect = WebhookDialect(settings)
        try dialect.checkSecrets(keys.secrets)
    }

    /// The demonstration's configuration in the current folder; nil when there is none.
    private static var demonstrationPath: String? {
        let path = DemonstrationFiles(folder: DemonstrationFiles.folderDefault).configurationPath
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// Whose webhooks they are.
    package var provider: ProviderName { dialect.provider }

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
        return try webhook(sending: event, now: now)
    }

    /// Signs an event of the source's provider, whatever it says.
    package func webhook(
        sending event: SampleEvent,
        now: Instant
    ) throws(TriggerError) -> TriggeredWebhook {
        let url = publicURL + Self.path(of: source)
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
            "only \(provider) itself has the private key that its webhooks are signed with, so they cannot be made "
                + "here; the demonstration has keys of its own: start `usher demo`, or pass --config usher-data/demo.yaml"
        }
    }
}
