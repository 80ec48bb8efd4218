import Domain
import Resilience
import Storage

/// Reads and writes the rows of `health_rollups`.
enum RollupTable {
    /// The most rows that are removed in one step.
    static let removedMax = 2_000
    /// The most rows that one report reads.
    static let rowsMax = 100_000

    static let migration = Migration(
        number: 601,
        name: "health rollups",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE health_rollups (
                        seconds INTEGER NOT NULL,
                        start INTEGER NOT NULL,
                        integration_id INTEGER NOT NULL,
                        attempts INTEGER NOT NULL,
                        failures INTEGER NOT NULL,
                        slow INTEGER NOT NULL,
                        limited INTEGER NOT NULL,
                        latency TEXT NOT NULL,
                        times TEXT NOT NULL,
                        PRIMARY KEY (seconds, start, integration_id)
                    ) WITHOUT ROWID
                    """
            )
        ]
    )

    private static let columns = "attempts, failures, slow, limited, latency, times"
    private static let selectOne = Statement(
        "SELECT \(columns) FROM health_rollups WHERE seconds = $1 AND start = $2 AND integration_id = $3"
    )
    private static let upsert = Statement(
        """
        INSERT INTO health_rollups (seconds, start, integration_id, attempts, failures, slow, limited, latency,
            times)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (seconds, start, integration_id) DO UPDATE SET attempts = excluded.attempts,
            failures = excluded.failures, slow = excluded.slow, limited = excluded.limited,
            latency = excluded.latency, times = excluded.times
        """
    )
    private static let selectRange = Statement(
        """
        SELECT \(columns), start, integration_id FROM health_rollups
        WHERE seconds = $1 AND start >= $2 AND start < $3 ORDER BY start, integration_id LIMIT $4
        """
    )
    private static let remove = Statement(
        """
        DELETE FROM health_rollups WHERE (seconds, start, integration_id) IN
            (SELECT seconds, start, integration_id FROM health_rollups
             WHERE seconds = $1 AND start < $2 ORDER BY start LIMIT $3)
        """
    )

    /// One row of figures.
    struct Stored: Sendable {
        let start: Instant
        let integration: Int64
        let rollup: Rollup
    }

    /// Adds what happened in a minute to its rows of every window; two nodes add one after the other.
    static func add(_ rollup: Rollup, integration: Int64, minute: Instant, _ transaction: Transaction) throws
    {
        for window in RollupWindow.allCases {
            let key: [SQLValue] = [
                .integer(window.rawValue), .instant(window.start(of: minute)), .integer(integration),
            ]
            var sum = try transaction.first(selectOne, key).map { try self.rollup($0) } ?? Rollup()
            sum.add(rollup)
            try transaction.execute(
                upsert,
                key + [
                    .integer(sum.attempts), .integer(sum.failures), .integer(sum.slow), .integer(sum.limited),
                    .text(sum.latency.text), .text(text(sum.times)),
                ]
            )
        }
    }

    /// The rows of a window that begin in a range of time, in order.
    static func range(
        _ window: RollupWindow,
        from: Instant,
        to: Instant,
        _ transaction: Transaction
    ) throws -> [Stored] {
        try transaction.query(
            selectRange,
            [.integer(window.rawValue), .instant(from), .instant(to), .integer(rowsMax)]
        ).map { row in
            Stored(start: try row.instant(6), integration: try row.integer(7), rollup: try rollup(row))
        }
    }

    /// Removes what is kept no longer; gives how many rows.
    static func remove(now: Instant, _ transaction: Transaction) throws -> Int {
        var count = 0
        for window in RollupWindow.allCases {
            count += try transaction.execute(
                remove,
                [.integer(window.rawValue), .instant(now - window.kept), .integer(removedMax)]
            )
        }
        return count
    }

    private static func rollup(_ row: Row) throws -> Rollup {
        guard let latency = LatencyHistogram(text: try row.text(4)), let times = times(try row.text(5)) else {
            throw StorageError.corrupt("a row of health figures cannot be read")
        }
        var rollup = Rollup()
        rollup.attempts = try row.integer(0)
        rollup.failures = try row.integer(1)
        rollup.slow = try row.integer(2)
        rollup.limited = try row.integer(3)
        rollup.latency = latency
        rollup.times = times
        return rollup
    }

    /// `healthy:59000,down:1000`: a state and its milliseconds.
    private static func text(_ times: [IntegrationHealth.State: Duration]) -> String {
        IntegrationHealth.State.allCases.compactMap { state in
            times[state].map { "\(state.rawValue):\($0.microseconds / 1_000)" }
        }.joined(separator: ",")
    }

    private static func times(_ text: String) -> [IntegrationHealth.State: Duration]? {
        var times: [IntegrationHealth.State: Duration] = [:]
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let state = IntegrationHealth.State(rawValue: String(parts[0])),
                let milliseconds = Int64(parts[1])
            else { return nil }
            times[state] = .milliseconds(milliseconds)
        }
        return times
    }
}
