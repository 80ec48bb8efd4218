package import Storage

/// The leases that a process left behind.
package enum DeliveryLeases {
    /// Ends every lease at once, so that what was on its way when the last process ended is tried again now.
    ///
    /// Right only while no other process works on this database; results of the old leases stay fenced out.
    package static func releaseAll(_ database: Database) async throws {
        try await database.write { try DeliveryClaim.releaseAll($0) }
    }
}
