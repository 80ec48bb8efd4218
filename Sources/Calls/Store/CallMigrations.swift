package import Storage

/// The tables of calls; numbers 500 to 599.
package enum CallTables {
    /// All migrations of this target.
    package static let migrations = [
        Migration(number: 500, name: "calls", statements: tables.map { Statement(schema: $0) }),
        DeskTable.migration,
        ReservationTable.migration,
        ProxyTable.migration,
        ContentTable.migration,
        TableSpool.migration,
        BackfillTable.migration,
        ContentDebtTable.migration,
        Migration(number: 565, name: "shared reads", statements: sharing.map { Statement(schema: $0) }),
        AnswerTable.migration,
        Migration(
            number: 580,
            name: "calls in the order they ended",
            statements: [
                "CREATE INDEX calls_ended ON calls (finished_at, id) WHERE finished_at IS NOT NULL"
            ]
        ),
        TrialTable.migration,
    ]

    private static let sharing = [
        "ALTER TABLE calls ADD COLUMN is_fresh INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE calls ADD COLUMN answered_from BLOB",
        "ALTER TABLE calls ADD COLUMN answered_at INTEGER",
    ]

    private static let tables = [
        """
        CREATE TABLE calls (
            id BLOB PRIMARY KEY NOT NULL,
            owner TEXT NOT NULL,
            key_hash BLOB,
            body_hash BLOB NOT NULL,
            operation TEXT NOT NULL,
            wedding_id TEXT,
            vendor_id TEXT,
            priority INTEGER NOT NULL,
            deadline INTEGER NOT NULL,
            is_async INTEGER NOT NULL,
            state INTEGER NOT NULL,
            due_at INTEGER,
            epoch INTEGER NOT NULL,
            input BLOB NOT NULL,
            target_integration_id INTEGER,
            target_reference TEXT,
            content_id BLOB,
            integration_id INTEGER,
            reference TEXT,
            reply BLOB,
            failure_kind TEXT,
            failure_code TEXT,
            failure_message TEXT,
            undoes BLOB,
            created_at INTEGER NOT NULL,
            finished_at INTEGER
        ) WITHOUT ROWID
        """,
        // One call for each key of a caller, however often and however concurrently it is asked for.
        "CREATE UNIQUE INDEX calls_by_key ON calls (owner, key_hash) WHERE key_hash IS NOT NULL",
        // A late success is undone once.
        "CREATE UNIQUE INDEX calls_that_undo ON calls (undoes, operation) WHERE undoes IS NOT NULL",
        "CREATE INDEX calls_due ON calls (due_at) WHERE due_at IS NOT NULL",
        "CREATE INDEX calls_of_wedding ON calls (wedding_id, id) WHERE wedding_id IS NOT NULL",
        "CREATE INDEX calls_open ON calls (state, id) WHERE state < 4",
        "CREATE INDEX calls_by_reference ON calls (reference) WHERE reference IS NOT NULL",
        """
        CREATE TABLE call_attempts (
            id BLOB PRIMARY KEY NOT NULL,
            call_id BLOB NOT NULL,
            number INTEGER NOT NULL,
            integration_id INTEGER NOT NULL,
            state INTEGER NOT NULL,
            progress BLOB,
            rounds INTEGER NOT NULL DEFAULT 0,
            started_at INTEGER NOT NULL,
            sent_at INTEGER,
            ended_at INTEGER,
            status INTEGER,
            failure_kind TEXT,
            failure_code TEXT,
            failure_message TEXT,
            reference TEXT
        ) WITHOUT ROWID
        """,
        "CREATE UNIQUE INDEX call_attempts_in_order ON call_attempts (call_id, number)",
        // Never two attempts that may both have taken effect, whatever the code above believes.
        "CREATE UNIQUE INDEX call_attempts_live ON call_attempts (call_id) WHERE state <= 2",
    ]
}
