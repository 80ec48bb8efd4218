import Domain
import Providers

extension RegistryPlan {
    /// What brings integrations and routes to what is wanted.
    ///
    /// Integrations are made before routes name them, and removed after.
    static func integrations(
        _ desired: DesiredRegistry,
        _ current: RegistrySnapshot
    ) -> [Entry] {
        var entries: [Entry] = []
        for (definition, credential) in desired.integrations {
            entries += integration(definition, credential, current.integration(named: definition.name))
        }
        for route in desired.routes { entries += self.route(route, current.storedRoute(route.capability)) }
        let wantedRoutes = Set(desired.routes.map(\.capability))
        for route in current.storedRoutes
        where route.owner == .file && !wantedRoutes.contains(route.definition.capability) {
            let capability = route.definition.capability
            entries.append(
                Entry(
                    change: .removeRoute(capability),
                    summary: "remove route \(capability); every integration that can serves it then"
                )
            )
        }
        let wanted = Set(desired.integrations.map(\.definition.name))
        for integration in current.integrations
        where integration.owner == .file && !wanted.contains(integration.name) {
            entries.append(
                Entry(
                    change: .removeIntegration(integration.name),
                    summary: "remove integration \(integration.name); its calls stay"
                )
            )
        }
        return entries
    }

    private static func integration(
        _ wanted: IntegrationDefinition,
        _ credential: [String: Secret],
        _ current: Integration?
    ) -> [Entry] {
        guard let current else {
            return [
                Entry(
                    change: .createIntegration(wanted, credential),
                    summary: "create integration \(wanted.name) (\(wanted.provider))"
                )
            ]
        }
        let old = current.definition
        var fields: [String] = []
        if wanted.provider != old.provider { fields.append("provider") }
        if !current.hasCredential(credential) { fields.append("credential") }
        if wanted.baseURL != old.baseURL { fields.append("base_url") }
        if wanted.allowPrivate != old.allowPrivate { fields.append("allow_private") }
        if wanted.vendor != old.vendor { fields.append("vendor") }
        if wanted.enabled != old.enabled { fields.append("enabled") }
        if wanted.limits != old.limits { fields.append("limits") }
        if wanted.settings != old.settings { fields.append("settings") }
        if current.owner != .file { fields.append("owner") }
        guard !fields.isEmpty else { return [] }
        return [
            Entry(
                change: .updateIntegration(wanted, credential),
                summary: "update integration \(wanted.name): \(fields.joined(separator: ", "))"
            )
        ]
    }

    private static func route(_ wanted: RouteDefinition, _ current: StoredRoute?) -> [Entry] {
        let order = wanted.order.map(\.text).joined(separator: ", ")
        guard let current else {
            return [
                Entry(change: .putRoute(wanted), summary: "create route \(wanted.capability) (\(order))")
            ]
        }
        var fields: [String] = []
        if wanted.order != current.definition.order { fields.append("order") }
        if wanted.strategy != current.definition.strategy { fields.append("strategy") }
        if current.owner != .file { fields.append("owner") }
        guard !fields.isEmpty else { return [] }
        return [
            Entry(
                change: .putRoute(wanted),
                summary: "update route \(wanted.capability): \(fields.joined(separator: ", "))"
            )
        ]
    }
}
