package import Domain
package import Storage

/// Writes figures down in small batches, and reads them for reports.
package struct RollupBook: Sendable {
    /// One integration's figures in one window.
    package struct Figures: Sendable {
        /// The row's number of the integration.
        package let integration: Int64
        /// When the window begins.
        package let start: Instant
        /// What happened in it.
        package let rollup: Rollup
    }

    /// The most rollups that are written in one transaction.
    static let batchMax = 200

    let database: Database

    /// Reads and writes the figures of a database.
    package init(database: Database) {
        self.database = database
    }

    /// Writes down what a tally has counted; what cannot be written is put back.
    package func write(_ tally: RollupTally) async throws {
        var waiting = tally.take()
        while !waiting.isEmpty {
            let batch = waiting.sorted {
                ($0.key.integration, $0.key.minute) < ($1.key.integration, $1.key.minute)
            }
            .prefix(Self.batchMax)
            do {
                try await database.write { transaction in
                    try transaction.lock("health rollups")
                    for (key, rollup) in batch {
                        try RollupTable.add(
                            rollup,
                            integration: key.integration,
                            minute: key.minute,
                            transaction
                        )
                    }
                }
            } catch {
                tally.putBack(waiting)
                throw error
            }
            for (key, _) in batch { waiting[key] = nil }
        }
    }

    /// The figures of a range of time, in windows of that length, oldest first.
    package func figures(_ window: RollupWindow, from: Instant, to: Instant) async throws -> [Figures] {
        try await database.read { transaction in
            try RollupTable.range(window, from: window.start(of: from), to: to, transaction).map {
                Figures(integration: $0.integration, start: $0.start, rollup: $0.rollup)
            }
        }
    }

    /// Removes what is kept no longer; gives how many rows.
    @discardableResult
    package func sweep(now: Instant) async throws -> Int {
        try await database.write { try RollupTable.remove(now: now, $0) }
    }
}
