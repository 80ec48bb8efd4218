package import Domain
import Providers
import Registry

/// What `usher apply` sends: the sources, destinations, integrations and routes of a file, with their secrets read here.
package enum ApplyDocument {
    /// Makes the body of `POST /api/configuration/plan` and `/apply`.
    ///
    /// - Throws: `SecretResolutionError` for the first secret that cannot be read here.
    package static func json(
        _ configuration: Configuration,
        resolver: SecretResolver
    ) throws(SecretResolutionError) -> JSONValue {
        var sources: [JSONValue] = []
        for source in configuration.sources {
            sources.append(
                json(source, secrets: try texts(source.secrets, "source `\(source.name)`", resolver))
            )
        }
        var destinations: [JSONValue] = []
        for destination in configuration.destinations {
            let owner = "destination `\(destination.name)`"
            destinations.append(json(destination, secrets: try texts(destination.secrets, owner, resolver)))
        }
        var integrations: [JSONValue] = []
        for integration in configuration.integrations {
            integrations.append(try json(integration, resolver))
        }
        return [
            "sources": .array(sources), "destinations": .array(destinations),
            "integrations": .array(integrations), "routes": .array(configuration.routes.map(json)),
        ]
    }

    private static func json(
        _ integration: IntegrationDefinition,
        _ resolver: SecretResolver
    ) throws(SecretResolutionError) -> JSONValue {
        var credential: [JSONMember] = []
        for (field, reference) in integration.credential.sorted(by: { $0.key < $1.key }) {
            let owner = "integration `\(integration.name)`"
            credential.append(JSONMember(field, .string(try text(reference, owner, resolver))))
        }
        return [
            "name": .string(integration.name.text),
            "provider": .string(integration.provider.rawValue),
            "credential": .object(credential),
            "base_url": integration.baseURL.map { .string($0) } ?? .null,
            "allow_private": .bool(integration.allowPrivate),
            "enabled": .bool(integration.enabled),
            "vendor": integration.vendor.map { .string($0.text) } ?? .null,
            "limits": IntegrationLimit.json(integration.limits),
            "settings": integration.settings,
        ]
    }

    private static func json(_ route: RouteDefinition) -> JSONValue {
        [
            "capability": .string(route.capability.rawValue),
            "order": .array(route.order.map { .string($0.text) }),
            "strategy": .string(route.strategy.rawValue),
        ]
    }

    private static func texts(
        _ references: [SecretReference],
        _ owner: String,
        _ resolver: SecretResolver
    ) throws(SecretResolutionError) -> JSONValue {
        var texts: [JSONValue] = []
        for reference in references { texts.append(.string(try text(reference, owner, resolver))) }
        return .array(texts)
    }

    private static func text(
        _ reference: SecretReference,
        _ owner: String,
        _ resolver: SecretResolver
    ) throws(SecretResolutionError) -> String {
        let bytes = try resolver.resolve(reference, for: owner).bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SecretResolutionError(
                owner: owner,
                place: "its file",
                reason: .unreadable("it is not UTF-8 text")
            )
        }
        return text
    }

    private static func json(_ source: SourceDefinition, secrets: JSONValue) -> JSONValue {
        [
            "name": .string(source.name.text),
            "provider": .string(source.provider),
            "settings": source.settings,
            "enabled": .bool(source.enabled),
            "body_bytes_max": .integer(source.bodyBytesMax),
            "rate_per_second": source.ratePerSecond.map { .fraction($0) } ?? .null,
            "vendor": source.vendor.map { .string($0.text) } ?? .null,
            "allow_from": .array(source.allowFrom.map { .string($0) }),
            "retention": [
                "bodies_days": .integer(source.retention.bodiesDays),
                "fields_days": .integer(source.retention.fieldsDays),
            ],
            "secrets": secrets,
        ]
    }

    private static func json(_ destination: DestinationDefinition, secrets: JSONValue) -> JSONValue {
        [
            "name": .string(destination.name.text),
            "url": .string(destination.url),
            "standby_url": destination.standbyURL.map { .string($0) } ?? .null,
            "events": .array(destination.events.map { .string($0) }),
            "sources": .array(destination.sources.map { .string($0.text) }),
            "enabled": .bool(destination.enabled),
            "allow_private": .bool(destination.allowPrivate),
            "concurrency": .integer(destination.concurrency),
            "rate_per_second": destination.ratePerSecond.map { .fraction($0) } ?? .null,
            "timeout_seconds": .integer(destination.timeout.components.seconds),
            "attempts_max": .integer(destination.attemptsMax),
            "vendor": destination.vendor.map { .string($0.text) } ?? .null,
            "secrets": secrets,
        ]
    }
}
