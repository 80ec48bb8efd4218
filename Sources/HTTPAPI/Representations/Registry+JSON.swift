import Domain
import Registry

extension Source {
    /// The source as the API shows it; its secrets never.
    func json(publicURL: String) -> JSONValue {
        [
            "name": .string(name.text),
            "provider": .string(definition.provider),
            "settings": definition.settings,
            "enabled": .bool(definition.enabled),
            "body_bytes_max": .integer(definition.bodyBytesMax),
            "rate_per_second": definition.ratePerSecond.map { .fraction($0) } ?? .null,
            "vendor": .text(definition.vendor?.text),
            "allow_from": .array(definition.allowFrom.map { .string($0) }),
            "retention": definition.retention.json,
            "owner": .string(owner.rawValue),
            "secrets": .array(secrets.map(\.json)),
            "url": .string(publicURL),
            "created_at": .instant(createdAt),
            "updated_at": .instant(updatedAt),
        ]
    }
}

extension Destination {
    /// The destination as the API shows it; its secrets never.
    var json: JSONValue {
        [
            "name": .string(name.text),
            "url": .string(definition.url),
            "standby_url": .text(definition.standbyURL),
            "events": .array(definition.events.map { .string($0) }),
            "sources": .array(definition.sources.map { .string($0.text) }),
            "enabled": .bool(definition.enabled),
            "allow_private": .bool(definition.allowPrivate),
            "concurrency": .integer(definition.concurrency),
            "rate_per_second": definition.ratePerSecond.map { .fraction($0) } ?? .null,
            "timeout_seconds": .fraction(definition.timeout.inSeconds),
            "attempts_max": .integer(definition.attemptsMax),
            "vendor": .text(definition.vendor?.text),
            "owner": .string(owner.rawValue),
            "secrets": .array(secrets.map(\.json)),
            "stopped": stop?.json ?? .null,
            "created_at": .instant(createdAt),
            "updated_at": .instant(updatedAt),
        ]
    }
}

extension DestinationStop {
    /// The stop as the API shows it.
    var json: JSONValue {
        ["since": .instant(since), "reason": .string(reason)]
    }
}

extension RegistrySecret {
    /// What may be shown of a secret: that it is there, and since when.
    fileprivate var json: JSONValue {
        ["id": .integer(id), "created_at": .instant(createdAt)]
    }
}
