package import Storage

/// The tables of events, deliveries and replays; numbers 400 to 499.
package enum WebhookTables {
    /// All migrations of this target.
    package static let migrations = [
        Migration(number: 400, name: "webhooks") { transaction in
            for statement in transaction.dialect == .sqlite ? numbers : numbersOfPostgreSQL {
                try transaction.execute(statement)
            }
            for statement in events + deliveries + replays {
                try transaction.execute(Statement(schema: statement))
            }
        },
        Migration(number: 410, name: "weddings of events", statements: weddings),
        SilenceTable.migration,
        RetentionTable.migration,
        IdentifierTable.migration,
        DuplicateTable.migration,
        IdentifierBlocks.migration,
        ExportTable.migration,
    ]

    private static let weddings: [Statement] = [
        "ALTER TABLE events ADD COLUMN wedding_id TEXT",
        "ALTER TABLE events ADD COLUMN vendor_id TEXT",
        "CREATE INDEX events_of_wedding ON events (wedding_id, seq) WHERE wedding_id IS NOT NULL",
        "ALTER TABLE deliveries ADD COLUMN wedding_id TEXT",
        // What the delivery is by itself; `priority` is what its wedding makes of it, and is computed anew.
        "ALTER TABLE deliveries ADD COLUMN own_priority BIGINT",
        """
        CREATE INDEX deliveries_of_wedding ON deliveries (wedding_id, state, seq) WHERE wedding_id IS NOT NULL
        """,
    ]

    // Numbers are handed out from here, inside the transaction that uses them.
    private static let numbers: [Statement] = [
        "CREATE TABLE sequences (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT INTO sequences (name, value) VALUES ('event', 0), ('delivery', 0), ('epoch', 0)",
    ]

    private static let numbersOfPostgreSQL: [Statement] = [
        "CREATE SEQUENCE event_numbers", "CREATE SEQUENCE delivery_numbers", "CREATE SEQUENCE epoch_numbers",
        // Consecutive numbers for one caller; the lock is held for these few lines, not until the commit.
        Statement(
            postgres: """
                CREATE FUNCTION take_numbers(numbers regclass, amount bigint) RETURNS bigint LANGUAGE plpgsql AS $$
                DECLARE
                    lowest bigint;
                BEGIN
                    PERFORM pg_advisory_lock(7351, numbers::oid::integer);
                    lowest := nextval(numbers);
                    PERFORM setval(numbers, lowest + amount - 1);
                    PERFORM pg_advisory_unlock(7351, numbers::oid::integer);
                    RETURN lowest;
                END
                $$
                """
        ),
    ]

    private static let events = [
        // The event row is the outbox: no copy of it is made. Its body lives in a table of its day.
        """
        CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            source_id INTEGER NOT NULL,
            secret_id INTEGER,
            provider_event_id BLOB NOT NULL,
            type TEXT NOT NULL,
            priority INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            occurred_at INTEGER,
            lane INTEGER NOT NULL,
            content_type TEXT,
            body_bytes INTEGER NOT NULL,
            body_day INTEGER NOT NULL,
            first_delivery INTEGER NOT NULL,
            delivery_count INTEGER NOT NULL,
            duplicates INTEGER NOT NULL DEFAULT 0,
            last_duplicate_at INTEGER
        )
        """,
        // Small and kept for 90 days at least: it alone carries the promise that an event is stored once.
        """
        CREATE TABLE event_keys (
            source_id INTEGER NOT NULL,
            provider_event_id BLOB NOT NULL,
            seq INTEGER NOT NULL,
            received_at INTEGER NOT NULL,
            PRIMARY KEY (source_id, provider_event_id)
        ) WITHOUT ROWID
        """,
    ]

    private static let deliveries = [
        """
        CREATE TABLE deliveries (
            seq INTEGER PRIMARY KEY,
            event_seq INTEGER NOT NULL,
            destination_id INTEGER NOT NULL,
            lane INTEGER NOT NULL,
            state INTEGER NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            priority INTEGER NOT NULL,
            deadline INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            finished_at INTEGER,
            error TEXT,
            replay_id BLOB
        )
        """,
        // An event's own deliveries are numbered in a row, and its row says where: only replays need an index.
        "CREATE INDEX deliveries_replayed ON deliveries (event_seq) WHERE replay_id IS NOT NULL",
        """
        CREATE INDEX deliveries_waiting ON deliveries (destination_id, lane, priority, seq) WHERE state = 0
        """,
        "CREATE INDEX deliveries_dead ON deliveries (seq) WHERE state = 2",
        """
        CREATE TABLE delivery_attempts (
            delivery_seq INTEGER NOT NULL,
            number INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            duration_microseconds INTEGER NOT NULL,
            standby INTEGER NOT NULL,
            status INTEGER,
            error TEXT,
            PRIMARY KEY (delivery_seq, number)
        ) WITHOUT ROWID
        """,
        // One row for each lane with something waiting. States: 0 waiting until due_at, 1 ready, 2 leased until due_at.
        """
        CREATE TABLE lanes (
            destination_id INTEGER NOT NULL,
            lane INTEGER NOT NULL,
            state INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            deadline INTEGER NOT NULL,
            head_seq INTEGER NOT NULL,
            pending INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            PRIMARY KEY (destination_id, lane)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX lanes_ready ON lanes (destination_id, priority, deadline, head_seq) WHERE state = 1",
        "CREATE INDEX lanes_due ON lanes (due_at) WHERE state <> 1",
    ]

    private static let replays = [
        """
        CREATE TABLE replays (
            id BLOB PRIMARY KEY NOT NULL,
            subject TEXT NOT NULL,
            requested_by TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            finished_at INTEGER,
            first_seq INTEGER NOT NULL,
            next_seq INTEGER NOT NULL,
            last_seq INTEGER NOT NULL,
            matched INTEGER NOT NULL DEFAULT 0,
            queued INTEGER NOT NULL DEFAULT 0,
            cancelled INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID
        """
    ]
}
