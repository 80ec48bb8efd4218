package import Domain
package import Storage

/// One change to weddings, vendors or references; several commit together or not at all.
package enum WeddingChange: Sendable {
    /// Adds a wedding.
    case create(Wedding)
    /// Replaces a wedding with its vendors and timeline.
    case update(Wedding)
    /// Adds a wedding or replaces the one of its id.
    case put(Wedding)
    /// Removes a wedding with its timeline and references; `keepingEvents` allows it while events name it.
    case remove(WeddingID, keepingEvents: Bool)
    /// Adds a vendor.
    case createVendor(Vendor)
    /// Adds a vendor or replaces the one of its name.
    case putVendor(Vendor)
    /// Removes a vendor who works no wedding.
    case removeVendor(ResourceName)
    /// Ties a provider's object to a wedding; one that is tied to another wedding must be released first.
    case tie(ExternalReference, WeddingLink)
    /// Releases a provider's object from a wedding.
    case release(ExternalReference, WeddingID)
}

/// What the weddings need of others.
package struct WeddingPorts: Sendable {
    /// Whether any event names this wedding.
    package let hasEvents: @Sendable (Transaction, WeddingID) throws -> Bool

    /// Wires the ports.
    package init(hasEvents: @escaping @Sendable (Transaction, WeddingID) throws -> Bool) {
        self.hasEvents = hasEvents
    }
}

/// Makes one change inside the transaction that carries all of them.
struct SingleWeddingChange: Sendable {
    let table: WeddingTable
    let ports: WeddingPorts
    let now: Instant

    func apply(_ change: WeddingChange, _ transaction: Transaction) throws {
        switch change {
        case .create(let wedding):
            guard try !table.exists(wedding.id, transaction) else {
                throw RegistryError.alreadyExists("wedding \(wedding.id)")
            }
            try put(wedding, transaction)
        case .update(let wedding):
            try require(wedding.id, transaction)
            try put(wedding, transaction)
        case .put(let wedding):
            try put(wedding, transaction)
        case .remove(let id, let keepingEvents):
            try require(id, transaction)
            guard try keepingEvents || !ports.hasEvents(transaction, id) else {
                throw RegistryError.inUse("wedding \(id) has events; ask for its removal with keep_events")
            }
            try table.remove(id, transaction)
        case .createVendor(let vendor):
            guard try !table.exists(vendor.name, transaction) else {
                throw RegistryError.alreadyExists("vendor \(vendor.name)")
            }
            try put(vendor, transaction)
        case .putVendor(let vendor):
            try put(vendor, transaction)
        case .removeVendor(let name):
            guard try table.exists(name, transaction) else { throw RegistryError.notFound("vendor \(name)") }
            guard try !table.isWorking(name, transaction) else {
                throw RegistryError.inUse("vendor \(name) works a wedding; take it off there first")
            }
            try table.removeVendor(name, transaction)
        case .tie(let reference, let link):
            try tie(reference, link, transaction)
        case .release(let reference, let wedding):
            guard try table.owner(of: reference, transaction) == wedding.text else {
                throw RegistryError.notFound("reference \(reference)")
            }
            try table.remove(reference, transaction)
        }
    }

    private func put(_ wedding: Wedding, _ transaction: Transaction) throws {
        let isNew = try !table.exists(wedding.id, transaction)
        guard try !isNew || table.weddingCount(transaction) < WeddingRegistry.weddingsMax else {
            throw RegistryError.tooMany(limit: WeddingRegistry.weddingsMax)
        }
        for assignment in wedding.vendors where try !table.exists(assignment.vendor, transaction) {
            throw RegistryError.invalid([
                DefinitionProblem(
                    "vendors",
                    "there is no vendor \(assignment.vendor); add it first: `usher vendors add`"
                )
            ])
        }
        try table.put(wedding, now: now, transaction)
    }

    private func put(_ vendor: Vendor, _ transaction: Transaction) throws {
        let isNew = try !table.exists(vendor.name, transaction)
        guard try !isNew || table.vendorCount(transaction) < WeddingRegistry.vendorsMax else {
            throw RegistryError.tooMany(limit: WeddingRegistry.vendorsMax)
        }
        try table.put(vendor, now: now, transaction)
    }

    private func tie(
        _ reference: ExternalReference,
        _ link: WeddingLink,
        _ transaction: Transaction
    ) throws {
        try require(link.wedding, transaction)
        if let owner = try table.owner(of: reference, transaction) {
            guard owner == link.wedding.text else {
                throw RegistryError.alreadyExists("reference \(reference), at wedding \(owner),")
            }
        } else if try table.referenceCount(link.wedding, transaction) >= WeddingRegistry.referencesMax {
            throw RegistryError.tooMany(limit: WeddingRegistry.referencesMax)
        }
        try table.put(reference, link, now: now, transaction)
    }

    private func require(_ id: WeddingID, _ transaction: Transaction) throws {
        guard try table.exists(id, transaction) else { throw RegistryError.notFound("wedding \(id)") }
    }
}
