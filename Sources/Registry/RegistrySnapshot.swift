package import Domain

/// Everything registered, as of one commit: a value that a request keeps while the registry moves on.
package struct RegistrySnapshot: Sendable {
    /// All sources, by name.
    package let sources: [String: Source]
    /// All destinations, by the order of their names.
    package let destinations: [Destination]
    private let sourcesByID: [Int64: Source]
    private let destinationsByID: [Int64: Destination]

    /// An empty registry.
    package static let empty = RegistrySnapshot(sources: [], destinations: [])

    /// Indexes what was loaded.
    package init(sources: [Source], destinations: [Destination]) {
        self.sources = Dictionary(sources.map { ($0.name.text, $0) }) { first, _ in first }
        self.destinations = destinations
        sourcesByID = Dictionary(sources.map { ($0.id, $0) }) { first, _ in first }
        destinationsByID = Dictionary(destinations.map { ($0.id, $0) }) { first, _ in first }
    }

    /// The source with this row number.
    package func source(id: Int64) -> Source? {
        sourcesByID[id]
    }

    /// The destination with this row number.
    package func destination(id: Int64) -> Destination? {
        destinationsByID[id]
    }

    /// The destination of this name.
    package func destination(named name: ResourceName) -> Destination? {
        destinations.first { $0.name == name }
    }

    /// The destinations that want an event of this source and type, stopped and disabled ones included: for them
    /// it waits.
    package func destinations(for type: String, from source: Source) -> [Destination] {
        destinations.filter { $0.wants(type: type, from: source) }
    }
}
