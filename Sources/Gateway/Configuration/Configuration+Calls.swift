import Domain
import Providers
import Registry

extension Configuration {
    /// Takes integrations and routes.
    mutating func takeCalls(
        _ section: ConfigurationSection,
        _ reader: inout ConfigurationReader,
        _ rules: DefinitionRules
    ) {
        for (name, integration) in section.sections("integrations") {
            if let definition = IntegrationDefinition(name, integration, &reader, rules) {
                integrations.append(definition)
            }
        }
        for (name, route) in section.sections("routes") {
            guard let capability = Capability(name: name.text) else {
                let known = Capability.allCases.map { "`\($0)`" }.joined(separator: ", ")
                reader.report(route.position, route.path, "must be one of \(known)")
                continue
            }
            guard let order = route.texts("order") else { continue }
            let definition = RouteDefinition(
                capability: capability,
                order: order.compactMap { ResourceName($0) },
                strategy: route.text("strategy").flatMap { FailoverStrategy(rawValue: $0) }
            )
            reader.report(rules.route(definition, integrations), of: route)
            routes.append(definition)
        }
    }
}

extension IntegrationDefinition {
    /// An integration from its section; nil when a problem was found that makes its own rules meaningless.
    fileprivate init?(
        _ name: ResourceName,
        _ section: ConfigurationSection,
        _ reader: inout ConfigurationReader,
        _ rules: DefinitionRules
    ) {
        guard let provider = section.text("provider").flatMap({ APIProvider(name: $0) }) else { return nil }
        self.init(name: name, provider: provider)
        for (field, text) in section.credential("credential") ?? [:] {
            let name = field.isEmpty ? rules.facts(provider)?.credential.first?.name : field
            credential[name ?? ""] = SecretReference(text)
        }
        baseURL = section.text("base_url")
        allowPrivate = section.flag("allow_private") ?? allowPrivate
        enabled = section.flag("enabled") ?? enabled
        vendor = section.text("vendor").flatMap { ResourceName($0) }
        settings = section.settings("settings") ?? settings
        if let json = section.settings("limits") {
            if let read = IntegrationLimit.list(json) {
                limits = read
            } else {
                reader.report(section.position("limits"), section.path + ".limits", IntegrationLimit.form)
            }
        }
        // What is wrong with a value is said already; that it is missing then is no news.
        let isBad = section.present.contains("credential") && section.credential("credential") == nil
        reader.report(
            rules.integration(self).filter { !isBad || !$0.key.hasPrefix("credential") },
            of: section
        )
    }
}
