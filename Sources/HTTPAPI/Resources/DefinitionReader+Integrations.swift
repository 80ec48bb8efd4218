import Domain
import Providers
import Registry

extension DefinitionReader {
    /// Reads an integration over `base`; 400 when a name is none, 422 when a limit is none.
    static func integration(
        _ body: JSONValue,
        over base: IntegrationDefinition
    ) throws -> IntegrationDefinition {
        var definition = base
        if let provider = body["provider"]?.string.flatMap({ APIProvider(name: $0) }) {
            definition.provider = provider
        }
        if let url = body["base_url"] { definition.baseURL = url.string }
        if let allowed = body["allow_private"]?.bool { definition.allowPrivate = allowed }
        if let enabled = body["enabled"]?.bool { definition.enabled = enabled }
        if let vendor = body["vendor"] {
            definition.vendor = try vendor.string.map { try name($0, "vendor") }
        }
        if let settings = body["settings"] { definition.settings = settings }
        if let json = body["limits"] {
            guard let limits = IntegrationLimit.list(json) else {
                throw RegistryError.invalid([DefinitionProblem("limits", IntegrationLimit.form)])
            }
            definition.limits = limits
        }
        return definition
    }

    /// Reads a new integration, whose name and provider the schema has seen to.
    static func newIntegration(_ body: JSONValue, named text: String) throws -> IntegrationDefinition {
        guard let provider = body["provider"]?.string.flatMap({ APIProvider(name: $0) }) else {
            throw RegistryError.invalid([DefinitionProblem("provider", "is not one Usher knows")])
        }
        let base = IntegrationDefinition(name: try name(text, "name"), provider: provider)
        return try integration(body, over: base)
    }

    /// The credential of a body, as values by field; nil when it has none.
    static func credential(_ body: JSONValue) throws -> [String: Secret]? {
        guard let members = body["credential"]?.object else { return nil }
        var credential: [String: Secret] = [:]
        for member in members {
            credential[member.name] = try secrets(["secret": member.value])?.first
        }
        return credential
    }

    /// Reads a route.
    static func route(_ body: JSONValue, _ capability: Capability) throws -> RouteDefinition {
        RouteDefinition(
            capability: capability,
            order: try (body["order"]?.array ?? []).compactMap(\.string).map { try name($0, "order") },
            strategy: body["strategy"]?.string.flatMap { FailoverStrategy(rawValue: $0) }
        )
    }
}
