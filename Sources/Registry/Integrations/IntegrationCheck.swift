package import Domain
package import Providers
import Transport

extension ProviderFacts {
    /// The field that the consent of a person fills in.
    package static let refreshField = "refresh_token"

    /// The grant, for a provider that gives tokens only after a person's consent; nil for all others.
    package var consentGrant: OAuthGrant? {
        guard case .oauth(let grant) = authentication, grant.kind == .refreshToken,
            grant.authorizationEndpoint != nil
        else { return nil }
        return grant
    }

    /// The field that stays empty until a person has consented; nil for providers that ask for no consent.
    var consentField: String? { consentGrant == nil ? nil : Self.refreshField }
}

extension DefinitionCheck {
    /// Checks an integration.
    ///
    /// - Parameter credential: its opened credential; nil when only the names of the fields are known.
    package func problems(
        _ definition: IntegrationDefinition,
        credential: [String: Secret]?
    ) -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        if IntegrationDefinition.reservedNames.contains(definition.name.text) {
            problems.append(DefinitionProblem("name", "is a word of the API; choose another one"))
        }
        guard let facts = facts(definition.provider) else {
            return problems + [DefinitionProblem("provider", "this build does not know how to call it")]
        }
        let fields = credential.map { Set($0.keys) } ?? Set(definition.credential.keys)
        problems += credentialProblems(fields, facts)
        for (name, secret) in (credential ?? [:]).sorted(by: { $0.key < $1.key }) {
            let isGood =
                (1...IntegrationDefinition.fieldBytesMax).contains(secret.bytes.count)
                && String(validating: secret.bytes, as: UTF8.self) != nil
            guard !isGood else { continue }
            let text = "must be UTF-8 text of 1 to \(IntegrationDefinition.fieldBytesMax) bytes"
            problems.append(DefinitionProblem("credential.\(name)", text))
        }
        if let url = definition.baseURL { problems += baseURLProblems(url, definition.allowPrivate) }
        problems += limitProblems(definition.limits, facts)
        for member in definition.settings.object ?? [] {
            let text = "\(definition.provider) has no settings"
            problems.append(DefinitionProblem("settings.\(member.name)", text))
        }
        return problems
    }

    private func credentialProblems(_ fields: Set<String>, _ facts: ProviderFacts) -> [DefinitionProblem] {
        let known = facts.credential.map(\.name)
        let unknown = fields.subtracting(known).sorted().map { name in
            DefinitionProblem(
                "credential.\(name)",
                "is not a field of \(facts.provider); known are \(known.joined(separator: ", "))"
            )
        }
        let missing = facts.credential.filter { field in
            field.isRequired && field.name != facts.consentField && !fields.contains(field.name)
        }
        return unknown + missing.map { DefinitionProblem("credential.\($0.name)", "is missing: \($0.help)") }
    }

    private func baseURLProblems(_ text: String, _ allowPrivate: Bool) -> [DefinitionProblem] {
        do {
            let url = try DestinationURL(text, policy: addressPolicy(allowPrivate))
            guard url.pathAndQuery.utf8.contains(UInt8(ascii: "?")) else { return [] }
            return [DefinitionProblem("base_url", "a base URL has no query (?)")]
        } catch {
            return [DefinitionProblem("base_url", error.description)]
        }
    }

    private func limitProblems(_ limits: [IntegrationLimit], _ facts: ProviderFacts) -> [DefinitionProblem] {
        guard limits.count <= IntegrationDefinition.limitsMax else {
            return [DefinitionProblem("limits", "at most \(IntegrationDefinition.limitsMax) are allowed")]
        }
        let known = facts.limits.map(\.name)
        return limits.filter { !known.contains($0.name) }.map { limit in
            let list = known.isEmpty ? "it has none" : "known are \(known.joined(separator: ", "))"
            return DefinitionProblem("limits.\(limit.name)", "is not a limit of \(facts.provider); \(list)")
        }
    }

    /// Checks a route against the integrations it may name.
    ///
    /// - Parameter integrations: what there is, by name: provider and vendor.
    package func problems(
        _ route: RouteDefinition,
        among integrations: [String: (provider: APIProvider, vendor: ResourceName?)]
    ) -> [DefinitionProblem] {
        var problems: [DefinitionProblem] = []
        if !(1...RouteDefinition.orderMax).contains(route.order.count) {
            problems.append(
                DefinitionProblem("order", "name 1 to \(RouteDefinition.orderMax) integrations, best first")
            )
        }
        if Set(route.order).count != route.order.count {
            problems.append(DefinitionProblem("order", "names an integration twice"))
        }
        if route.capability == .calendar, route.strategy != .manual {
            let text = "must be manual: an entry lives in one calendar, so another one is no substitute"
            problems.append(DefinitionProblem("strategy", text))
        }
        for name in route.order {
            guard let named = integrations[name.text] else {
                problems.append(DefinitionProblem("order", "there is no integration \(name)"))
                continue
            }
            if named.vendor != nil {
                let text = "\(name) belongs to a vendor; routes lead to the platform's integrations"
                problems.append(DefinitionProblem("order", text))
            }
            let operations = facts(named.provider)?.operations ?? []
            if !operations.contains(where: { $0.capability == route.capability }) {
                let text = "\(name) is of \(named.provider), which does no \(route.capability)"
                problems.append(DefinitionProblem("order", text))
            }
        }
        return problems
    }
}
