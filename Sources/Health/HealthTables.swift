package import Storage

/// The tables of health; numbers 600 to 699.
package enum HealthTables {
    /// All migrations of this target.
    package static let migrations = [
        IncidentTable.migration, RollupTable.migration, AlertTable.migration, PushTable.migration,
    ]
}
