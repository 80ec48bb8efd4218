import Domain
import Providers
import Storage

extension SingleChange {
    func create(
        _ definition: IntegrationDefinition,
        _ credential: [String: Secret],
        _ transaction: Transaction
    ) throws {
        try check(definitionCheck.problems(definition, credential: credential))
        guard try integrations.load(definition.name, transaction) == nil else {
            throw RegistryError.alreadyExists("integration \(definition.name)")
        }
        guard try integrations.count(transaction) < ResourceRegistry.integrationsMax else {
            throw RegistryError.tooMany(limit: ResourceRegistry.integrationsMax)
        }
        try integrations.insert(definition, credential, owner: owner, now: now, transaction)
    }

    /// A credential is never sent anywhere else than where it was meant for when it was given.
    func update(
        _ definition: IntegrationDefinition,
        _ credential: [String: Secret]?,
        _ transaction: Transaction
    ) throws {
        let change = RegistryChange.updateIntegration(definition, credential)
        guard let current = try integrations.load(definition.name, transaction) else { throw missing(change) }
        try checkOwner(current.owner, change)
        var problems = definitionCheck.problems(definition, credential: credential ?? current.credential)
        let old = current.definition
        let isMoved = old.baseURL != definition.baseURL || old.provider != definition.provider
        if credential == nil, isMoved {
            problems.append(
                DefinitionProblem("credential", "must be given again when provider or base_url change")
            )
        }
        try check(problems)
        try integrations.update(current, to: definition, credential, owner: owner, now: now, transaction)
        if isMoved || credential.map({ !current.hasCredential($0) }) == true {
            try TokenTable.forget(current.id, transaction)
        }
    }

    func removeIntegration(_ name: ResourceName, _ transaction: Transaction) throws {
        let change = RegistryChange.removeIntegration(name)
        guard let current = try integrations.load(name, transaction) else { throw missing(change) }
        try checkOwner(current.owner, change)
        let routes = try RouteTable.loadAll(transaction).filter { $0.definition.order.contains(name) }
        if let route = routes.first {
            throw RegistryError.inUse(
                "the route of \(route.definition.capability) names \(name): take it out there first"
            )
        }
        try TokenTable.remove(current.id, transaction)
        try integrations.delete(current, now: now, transaction)
    }

    func put(_ route: RouteDefinition, _ transaction: Transaction) throws {
        if let current = try storedRoute(route.capability, transaction) {
            try checkOwner(current.owner, .putRoute(route))
        }
        try RouteTable.put(route, owner: owner, now: now, transaction)
    }

    func removeRoute(_ capability: Capability, _ transaction: Transaction) throws {
        let change = RegistryChange.removeRoute(capability)
        guard let current = try storedRoute(capability, transaction) else { throw missing(change) }
        try checkOwner(current.owner, change)
        try RouteTable.delete(capability, transaction)
    }

    /// Checks every route against every integration, once all changes are made: their order does not matter then.
    func checkRoutes(_ transaction: Transaction) throws {
        let known = try integrations.loadAll(transaction).map { integration in
            (integration.name.text, (integration.provider, integration.definition.vendor))
        }
        let byName = Dictionary(known) { first, _ in first }
        for route in try RouteTable.loadAll(transaction) {
            let problems = definitionCheck.problems(route.definition, among: byName).map { problem in
                DefinitionProblem("\(route.definition.capability).\(problem.field)", problem.message)
            }
            try check(problems)
        }
    }

    private func storedRoute(_ capability: Capability, _ transaction: Transaction) throws -> StoredRoute? {
        try RouteTable.loadAll(transaction).first { $0.definition.capability == capability }
    }
}

extension Integration {
    /// Whether its credential has these fields and values.
    func hasCredential(_ other: [String: Secret]) -> Bool {
        credential.mapValues(\.bytes) == other.mapValues(\.bytes)
    }
}
