package import Domain
import Storage

/// Reads and writes `integration_trials`: when tests of integrations were answered as they should, and by the way what
/// their calls say.
enum TrialTable {
    static let migration = Migration(
        number: 590,
        name: "when integrations were last tried",
        statements: [
            Statement(
                schema: """
                    CREATE TABLE integration_trials (
                        integration_id INTEGER PRIMARY KEY,
                        tried_at INTEGER NOT NULL
                    )
                    """
            ),
            "CREATE INDEX call_attempts_done ON call_attempts (integration_id, ended_at) WHERE state = 2",
        ]
    )

    private static let upsert = Statement(
        """
        INSERT INTO integration_trials (integration_id, tried_at) VALUES ($1, $2)
        ON CONFLICT (integration_id) DO UPDATE SET tried_at = excluded.tried_at
        """
    )
    private static let selectTests = Statement("SELECT integration_id, tried_at FROM integration_trials")
    // The state stands in the text: only then is the small index used.
    private static let selectCall = Statement(
        "SELECT MAX(ended_at) FROM call_attempts WHERE integration_id = $1 AND state = 2"
    )

    static func store(_ integration: Int64, at now: Instant, _ transaction: Transaction) throws {
        try transaction.execute(upsert, [.integer(integration), .instant(now)])
    }

    /// When each of these integrations last did what it was asked for, in a test or in a call.
    static func last(of integrations: [Int64], _ transaction: Transaction) throws -> [Int64: Instant] {
        var found: [Int64: Instant] = [:]
        for row in try transaction.query(selectTests) { found[try row.integer(0)] = try row.instant(1) }
        for id in integrations {
            guard let ended = try transaction.first(selectCall, [.integer(id)])?.optionalInstant(0) else {
                continue
            }
            found[id] = max(found[id] ?? ended, ended)
        }
        return found
    }
}

extension CallEngine {
    /// When each of these integrations last did what it was asked for, in a test or in a call; those that never did are
    /// left out.
    package func lastTrials(of integrations: [Int64]) async throws -> [Int64: Instant] {
        try await database.read { try TrialTable.last(of: integrations, $0) }
    }

    /// Writes down that a test was answered as it should; a failure costs another test, nothing more.
    func keepTrial(of integration: Int64) async {
        let now = ports.time.now()
        try? await database.write { try TrialTable.store(integration, at: now, $0) }
    }
}
