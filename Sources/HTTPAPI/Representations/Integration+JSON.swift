import Domain
import Providers
import Registry

extension Integration {
    /// The integration as the API shows it; of its credential only which fields are set.
    var json: JSONValue {
        let fields = credential.keys.sorted().map { JSONMember($0, "set") }
        let operations = (facts?.operations ?? []).map(\.rawValue).sorted()
        return [
            "name": .string(name.text),
            "provider": .string(provider.rawValue),
            "title": .string(facts?.title ?? provider.rawValue),
            "credential": .object(fields),
            "base_url": .text(definition.baseURL),
            "allow_private": .bool(definition.allowPrivate),
            "enabled": .bool(definition.enabled),
            "vendor": .text(definition.vendor?.text),
            "limits": IntegrationLimit.json(definition.limits),
            "settings": definition.settings,
            "operations": .array(operations.map { .string($0) }),
            "needs_consent": consent.map { ["since": .instant($0.since), "reason": .string($0.reason)] }
                ?? .null,
            "owner": .string(owner.rawValue),
            "created_at": .instant(createdAt),
            "updated_at": .instant(updatedAt),
        ]
    }
}

extension CapabilityRoute {
    /// The route as the API shows it.
    var json: JSONValue {
        [
            "capability": .string(capability.rawValue),
            "order": .array(definition.order.map { .string($0.text) }),
            "serving": .array(integrations.map { .string($0.name.text) }),
            "strategy": .string(strategy.rawValue),
            "owner": .text(owner?.rawValue),
            "updated_at": updatedAt.map { .instant($0) } ?? .null,
        ]
    }
}
