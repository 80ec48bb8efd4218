package import Domain
package import Storage
package import Transport

/// One change to what is registered; several commit together or not at all.
package enum RegistryChange: Sendable {
    /// Adds a source with its opened secrets.
    case createSource(SourceDefinition, [Secret])
    /// Replaces a source's definition; nil leaves its secrets as they are.
    case updateSource(SourceDefinition, [Secret]?)
    /// Removes a source; its events stay.
    case removeSource(ResourceName)
    /// Adds a destination with its opened secrets.
    case createDestination(DestinationDefinition, [Secret])
    /// Replaces a destination's definition; nil leaves its secrets as they are.
    case updateDestination(DestinationDefinition, [Secret]?)
    /// Removes a destination; what waits for it becomes dead letters.
    case removeDestination(ResourceName)

    /// What is changed: `source stripe`, `destination app`.
    package var subject: String {
        switch self {
        case .createSource(let definition, _), .updateSource(let definition, _): "source \(definition.name)"
        case .removeSource(let name): "source \(name)"
        case .createDestination(let definition, _), .updateDestination(let definition, _):
            "destination \(definition.name)"
        case .removeDestination(let name): "destination \(name)"
        }
    }
}

/// What the registry needs of others.
package struct RegistryPorts: Sendable {
    /// Ends what waits for a destination that is being removed.
    package let destinationRemoved: @Sendable (Transaction, Int64, Instant) throws -> Void

    /// Which addresses a destination may have; the argument is its `allow_private`.
    package let addressPolicy: @Sendable (Bool) -> AddressPolicy

    /// Wires the ports.
    package init(
        destinationRemoved: @escaping @Sendable (Transaction, Int64, Instant) throws -> Void,
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy
    ) {
        self.destinationRemoved = destinationRemoved
        self.addressPolicy = addressPolicy
    }
}
