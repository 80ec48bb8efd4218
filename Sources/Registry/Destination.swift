package import Domain

/// Where events go, ready to deliver: its definition with the secrets opened.
package struct Destination: Sendable {
    /// The row's number; deliveries point at it, and it is never used again after a deletion.
    package let id: Int64
    /// What its owner said; secrets are not repeated here.
    package let definition: DestinationDefinition
    /// Who may change it.
    package let owner: RegistryOwner
    /// The opened signing secrets, newest first.
    package let secrets: [RegistrySecret]
    /// The checked patterns of `definition.events`.
    package let patterns: [EventPattern]
    /// Why and since when nothing is delivered; nil while it is not stopped.
    package let stop: DestinationStop?
    /// When it was made.
    package let createdAt: Instant
    /// When it was last changed.
    package let updatedAt: Instant

    /// The name it is known by.
    package var name: ResourceName { definition.name }

    /// Whether deliveries are made now.
    package var isActive: Bool { definition.enabled && stop == nil }

    /// Whether it may ever get events of this source: a vendor's destination gets only those of that vendor's sources.
    ///
    /// - Parameter source: nil for one that has been removed, whose vendor is not known any more.
    package func mayReceive(from source: Source?) -> Bool {
        definition.vendor == nil || definition.vendor == source?.definition.vendor
    }

    /// Whether it wants an event of this source and type.
    package func wants(type: String, from source: Source) -> Bool {
        guard mayReceive(from: source) else { return false }
        guard definition.sources.isEmpty || definition.sources.contains(source.name) else { return false }
        return patterns.contains { $0.matches(type) }
    }
}

/// A destination said 410 Gone: nothing is sent until somebody enables it again.
package struct DestinationStop: Hashable, Sendable {
    /// When it was stopped.
    package let since: Instant
    /// What it answered.
    package let reason: String
}
