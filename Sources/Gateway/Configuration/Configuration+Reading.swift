import Domain
import Health
import Logging
package import Providers
package import Registry

/// What a definition must obey beyond the table of keys: the rules of its provider and of outgoing addresses.
///
/// They belong to other targets. Each function gives what is wrong, by the key it is about: `url`, `settings.header`.
package struct DefinitionRules: Sendable {
    /// A key below the definition's own, and what is wrong with it.
    package typealias Problem = (key: String, message: String)

    /// Checks provider and settings of a source.
    package let source: @Sendable (SourceDefinition) -> [Problem]
    /// Checks the addresses of a destination.
    package let destination: @Sendable (DestinationDefinition) -> [Problem]
    /// Checks provider, fields and address of an integration.
    package let integration: @Sendable (IntegrationDefinition) -> [Problem]
    /// Checks a route against the integrations of the file.
    package let route: @Sendable (RouteDefinition, [IntegrationDefinition]) -> [Problem]
    /// What is known of a provider: says what a credential of one value is.
    package let facts: @Sendable (APIProvider) -> ProviderFacts?

    /// Makes the rules from their functions.
    package init(
        source: @escaping @Sendable (SourceDefinition) -> [Problem],
        destination: @escaping @Sendable (DestinationDefinition) -> [Problem],
        integration: @escaping @Sendable (IntegrationDefinition) -> [Problem] = { _ in [] },
        route: @escaping @Sendable (RouteDefinition, [IntegrationDefinition]) -> [Problem] = { _, _ in [] },
        facts: @escaping @Sendable (APIProvider) -> ProviderFacts? = { CallCatalogue.facts(of: $0) }
    ) {
        self.source = source
        self.destination = destination
        self.integration = integration
        self.route = route
        self.facts = facts
    }
}

extension Configuration {
    /// Reads and checks the configuration in `path`; `-` is standard input.
    ///
    /// Relative paths inside it count from the
    /// working folder.
    ///
    /// - Throws: everything that is wrong with the file, at once.
    package static func load(
        _ path: String,
        rules: DefinitionRules
    ) throws(ConfigurationError) -> Configuration {
        let bytes: [UInt8]
        do {
            bytes = try BoundedFile.read(path, bytesMax: ConfigurationDocument.bytesMax)
        } catch {
            switch error {
            case .tooLarge: throw .tooLarge(file: path)
            case .unreadable(let reason): throw .unreadable(file: path, reason: reason)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(file: path, reason: "it is not UTF-8 text")
        }
        return try Configuration(text, file: path, rules: rules)
    }

    /// Reads and checks a text; `file` is its name in messages.
    package init(_ text: String, file: String, rules: DefinitionRules) throws(ConfigurationError) {
        self.init()
        guard let root = try ConfigurationDocument(text, file: file).root else { return }
        var reader = ConfigurationReader()
        let section = reader.section(root, schema: "", path: "")
        take(server: section)
        for (name, source) in section.sections("sources") {
            if let definition = SourceDefinition(name, source, &reader, rules) { sources.append(definition) }
        }
        for (name, destination) in section.sections("destinations") {
            if let definition = DestinationDefinition(name, destination, &reader, rules) {
                destinations.append(definition)
            }
        }
        takeCalls(section, &reader, rules)
        takeAlerts(section, &reader)
        guard reader.problems.isEmpty else {
            throw .invalid(file: file, problems: reader.problems.sorted { $0.position < $1.position })
        }
    }

    private mutating func take(server section: ConfigurationSection) {
        if let tls = section.section("tls"), let certificate = tls.text("certificate"),
            let key = tls.text("key")
        {
            self.tls = TLSFiles(certificatePath: certificate, keyPath: key)
        }
        listen = section.text("listen").flatMap { ListenAddress($0) } ?? listen
        publicURL = section.text("public_url") ?? listen.url(scheme: tls == nil ? "http" : "https")
        database = section.text("database").flatMap { DatabaseLocation($0) } ?? database
        rootKey = section.text("root_key").flatMap { RootKeyLocation($0) } ?? rootKey
        trustedProxies = section.whole("trusted_proxies") ?? trustedProxies
        if let section = section.section("limits") { limits = RequestLimits(section) }
        if let section = section.section("log") { log = LogFormatting(section) }
        if let section = section.section("health") {
            health.probes = section.flag("probes") ?? health.probes
            health.statusPages = section.flag("status_pages") ?? health.statusPages
        }
    }
}

extension RequestLimits {
    fileprivate init(_ section: ConfigurationSection) {
        connections = section.whole("connections") ?? connections
        requests = section.whole("requests") ?? requests
        requestTime = section.whole("request_seconds").map { .seconds($0) } ?? requestTime
        idleTime = section.whole("idle_seconds").map { .seconds($0) } ?? idleTime
        headerCount = section.whole("header_count") ?? headerCount
        headerBytes = section.whole("header_bytes") ?? headerBytes
    }
}

extension LogFormatting {
    fileprivate init(_ section: ConfigurationSection) {
        level = section.text("level").flatMap(Logger.Level.init(rawValue:)) ?? level
        format = section.text("format").flatMap(Format.init(rawValue:)) ?? format
    }
}

extension SourceDefinition {
    /// A source from its section; nil when a problem was found that makes its own rules meaningless.
    fileprivate init?(
        _ name: ResourceName,
        _ section: ConfigurationSection,
        _ reader: inout ConfigurationReader,
        _ rules: DefinitionRules
    ) {
        guard let provider = section.text("provider") else { return nil }
        self.init(name: name, provider: provider)
        settings = section.settings("settings") ?? settings
        secrets = (section.texts("secrets") ?? []).map { SecretReference($0) }
        enabled = section.flag("enabled") ?? enabled
        bodyBytesMax = section.whole("body_bytes_max") ?? bodyBytesMax
        ratePerSecond = section.number("rate_per_second")
        vendor = section.text("vendor").flatMap { ResourceName($0) }
        allowFrom = section.texts("allow_from") ?? allowFrom
        if let days = section.section("retention") {
            retention.bodiesDays = days.whole("bodies_days") ?? retention.bodiesDays
            retention.fieldsDays = days.whole("fields_days") ?? retention.fieldsDays
        }
        reader.report(rules.source(self), of: section)
    }
}

extension DestinationDefinition {
    /// A destination from its section; nil when a problem was found that makes its own rules meaningless.
    fileprivate init?(
        _ name: ResourceName,
        _ section: ConfigurationSection,
        _ reader: inout ConfigurationReader,
        _ rules: DefinitionRules
    ) {
        if section.present.contains("secret"), section.present.contains("secrets") {
            reader.report(
                section.position("secrets"),
                section.path,
                "has both `secret` and `secrets`; keep one"
            )
        }
        guard let url = section.text("url") else { return nil }
        self.init(name: name, url: url)
        standbyURL = section.text("standby_url")
        secrets = (section.texts("secrets") ?? section.text("secret").map { [$0] } ?? []).map {
            SecretReference($0)
        }
        events = section.texts("events") ?? events
        sources = (section.texts("sources") ?? []).compactMap { ResourceName($0) }
        enabled = section.flag("enabled") ?? enabled
        allowPrivate = section.flag("allow_private") ?? allowPrivate
        concurrency = section.whole("concurrency") ?? concurrency
        ratePerSecond = section.number("rate_per_second")
        timeout = section.whole("timeout_seconds").map { .seconds($0) } ?? timeout
        attemptsMax = section.whole("attempts_max") ?? attemptsMax
        vendor = section.text("vendor").flatMap { ResourceName($0) }
        reader.report(rules.destination(self), of: section)
    }
}
