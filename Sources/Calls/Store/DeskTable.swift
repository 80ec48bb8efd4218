import Domain
import Providers
import Storage

/// Reads and writes `call_budgets` and `failover_orders`: what the desk must know after a restart.
enum DeskTable {
    static let migration = Migration(
        number: 510,
        name: "budgets and failovers",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE call_budgets (
                        integration_id INTEGER PRIMARY KEY,
                        state TEXT NOT NULL,
                        saved_at INTEGER NOT NULL
                    )
                    """
            ),
            Statement(
                schema: """
                    CREATE TABLE failovers (
                        id BLOB PRIMARY KEY NOT NULL,
                        capability TEXT NOT NULL,
                        from_integration_id INTEGER,
                        to_integration_id INTEGER NOT NULL,
                        reason TEXT NOT NULL,
                        requested_by TEXT NOT NULL,
                        since INTEGER NOT NULL,
                        until INTEGER,
                        ended_at INTEGER
                    ) WITHOUT ROWID
                    """
            ),
            "CREATE INDEX failovers_open ON failovers (capability) WHERE ended_at IS NULL",
        ]
    )

    private static let selectBudgets = Statement("SELECT integration_id, state FROM call_budgets")
    private static let saveBudget = Statement(
        """
        INSERT INTO call_budgets (integration_id, state, saved_at) VALUES ($1, $2, $3)
        ON CONFLICT (integration_id) DO UPDATE SET state = excluded.state, saved_at = excluded.saved_at
        """
    )

    static func budgets(_ transaction: Transaction) throws -> [Int64: JSONValue] {
        var states: [Int64: JSONValue] = [:]
        for row in try transaction.query(selectBudgets) {
            states[try row.integer(0)] = try JSONParser.parse(Array(try row.text(1).utf8))
        }
        return states
    }

    static func save(_ states: [Int64: JSONValue], now: Instant, _ transaction: Transaction) throws {
        for (id, state) in states.sorted(by: { $0.key < $1.key }) {
            let text = String(decoding: state.serialized(), as: UTF8.self)
            try transaction.execute(saveBudget, [.integer(id), .text(text), .instant(now)])
        }
    }
}
