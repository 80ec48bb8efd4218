import Storage

/// The number that tells nodes that what they hold in memory is behind: it grows with each change of sources,
/// destinations, weddings and vendors.
package enum RegistryVersion {
    /// The topic of the signal that other nodes get after each change.
    package static let signalTopic = "registry"

    private static let selectVersion: Statement = "SELECT version FROM registry_version"
    private static let raiseVersion: Statement = "UPDATE registry_version SET version = version + 1"

    /// The number now.
    static func read(_ transaction: Transaction) throws -> Int64 {
        try transaction.first(selectVersion)?.integer(0) ?? 0
    }

    /// Begins a change: one at a time over all nodes, and each told to the others.
    static func beginChange(_ transaction: Transaction) throws {
        try transaction.execute(raiseVersion)
        try transaction.announce(SharedSignal(signalTopic))
    }
}
