package import Storage

/// The tables of health; numbers 600 to 699.
package enum HealthTables {
    /// All migrations of this target, in the order of their numbers.
    package static let migrations =
        [IncidentTable.migration, RollupTable.migration] + EmergencyTable.migrations
        + [AlertTable.migration, PushTable.migration]
}
