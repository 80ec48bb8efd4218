import Domain
import Storage

/// Makes one change inside the transaction that carries all of them.
struct SingleChange: Sendable {
    let sources: SourceTable
    let destinations: DestinationTable
    let integrations: IntegrationTable
    let ports: RegistryPorts
    let owner: RegistryOwner
    let now: Instant

    func apply(_ change: RegistryChange, _ transaction: Transaction) throws {
        switch change {
        case .createSource(let definition, let secrets):
            try create(definition, secrets, transaction)
        case .updateSource(let definition, let secrets):
            try update(definition, secrets, transaction)
        case .removeSource(let name):
            guard let source = try sources.load(name, transaction) else { throw missing(change) }
            try checkOwner(source.owner, change)
            try sources.delete(source, now: now, transaction)
        case .createDestination(let definition, let secrets):
            try create(definition, secrets, transaction)
        case .updateDestination(let definition, let secrets):
            try update(definition, secrets, transaction)
        case .removeDestination(let name):
            guard let destination = try destinations.load(name, transaction) else { throw missing(change) }
            try checkOwner(destination.owner, change)
            try ports.destinationRemoved(transaction, destination.id, now)
            try destinations.delete(destination, now: now, transaction)
        case .createIntegration(let definition, let credential):
            try create(definition, credential, transaction)
        case .updateIntegration(let definition, let credential):
            try update(definition, credential, transaction)
        case .removeIntegration(let name):
            try removeIntegration(name, transaction)
        case .putRoute(let route):
            try put(route, transaction)
        case .removeRoute(let capability):
            try removeRoute(capability, transaction)
        }
    }

    private func create(
        _ definition: SourceDefinition,
        _ secrets: [Secret],
        _ transaction: Transaction
    ) throws {
        try check(definitionCheck.problems(definition, secrets: secrets))
        guard try sources.load(definition.name, transaction) == nil else {
            throw RegistryError.alreadyExists("source \(definition.name)")
        }
        guard try sources.loadAll(transaction).count < ResourceRegistry.sourcesMax else {
            throw RegistryError.tooMany(limit: ResourceRegistry.sourcesMax)
        }
        try sources.insert(definition, secrets, owner: owner, now: now, transaction)
    }

    private func update(
        _ definition: SourceDefinition,
        _ secrets: [Secret]?,
        _ transaction: Transaction
    ) throws {
        let change = RegistryChange.updateSource(definition, secrets)
        guard let current = try sources.load(definition.name, transaction) else { throw missing(change) }
        try checkOwner(current.owner, change)
        try check(
            definitionCheck.problems(
                definition,
                secrets: secrets ?? current.secrets.map(\.secret)
            )
        )
        try sources.update(current, to: definition, secrets, owner: owner, now: now, transaction)
    }

    private func create(
        _ definition: DestinationDefinition,
        _ secrets: [Secret],
        _ transaction: Transaction
    ) throws {
        try check(definitionCheck.problems(definition, secrets: secrets))
        guard try destinations.load(definition.name, transaction) == nil else {
            throw RegistryError.alreadyExists("destination \(definition.name)")
        }
        guard try destinations.loadAll(transaction).count < ResourceRegistry.destinationsMax else {
            throw RegistryError.tooMany(limit: ResourceRegistry.destinationsMax)
        }
        try destinations.insert(definition, secrets, owner: owner, now: now, transaction)
    }

    private func update(
        _ definition: DestinationDefinition,
        _ secrets: [Secret]?,
        _ transaction: Transaction
    ) throws {
        let change = RegistryChange.updateDestination(definition, secrets)
        guard let current = try destinations.load(definition.name, transaction) else { throw missing(change) }
        try checkOwner(current.owner, change)
        try check(
            definitionCheck.problems(
                definition,
                secrets: secrets ?? current.secrets.map(\.secret)
            )
        )
        try destinations.update(current, to: definition, secrets, owner: owner, now: now, transaction)
    }

    /// What definitions must obey.
    var definitionCheck: DefinitionCheck {
        DefinitionCheck(facts: ports.facts, addressPolicy: ports.addressPolicy)
    }

    func check(_ problems: [DefinitionProblem]) throws {
        guard problems.isEmpty else { throw RegistryError.invalid(problems) }
    }

    func missing(_ change: RegistryChange) -> RegistryError {
        .notFound(change.subject)
    }

    /// The file may take over what the API made; the API may not touch what the file owns.
    func checkOwner(_ current: RegistryOwner, _ change: RegistryChange) throws {
        guard current == .api || owner == .file else { throw RegistryError.ownedByFile(change.subject) }
    }
}
