package import Storage

extension ResourceRegistry {
    /// The registry's tables, those of weddings too; numbers 300 to 399.
    package static let migrations =
        [
            Migration(number: 300, name: "registry") { transaction in
                for statement in schema {
                    try transaction.execute(Statement(schema: statement))
                }
            }
        ] + WeddingRegistry.migrations + [
            Migration(
                number: 310,
                name: "where sources are sent to from",
                statements: ["ALTER TABLE sources ADD COLUMN allow_from TEXT NOT NULL DEFAULT '[]'"]
            ),
            Migration(
                number: 311,
                name: "how long sources keep what they got",
                statements: [
                    "ALTER TABLE sources ADD COLUMN bodies_days BIGINT NOT NULL DEFAULT 30",
                    "ALTER TABLE sources ADD COLUMN fields_days BIGINT NOT NULL DEFAULT 400",
                ]
            ),
        ] + IntegrationMigrations.all + [
            // Tells a node that another one has changed something.
            Migration(
                number: 390,
                name: "registry version",
                statements: [
                    "CREATE TABLE registry_version (version BIGINT NOT NULL)",
                    "INSERT INTO registry_version (version) VALUES (0)",
                ]
            )
        ]

    private static let schema = [
        """
        CREATE TABLE sources (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            provider TEXT NOT NULL,
            settings TEXT NOT NULL,
            enabled INTEGER NOT NULL,
            body_bytes_max INTEGER NOT NULL,
            rate_per_second REAL,
            vendor TEXT,
            owner TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE destinations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            url TEXT NOT NULL,
            standby_url TEXT,
            events TEXT NOT NULL,
            sources TEXT NOT NULL,
            enabled INTEGER NOT NULL,
            allow_private INTEGER NOT NULL,
            concurrency INTEGER NOT NULL,
            rate_per_second REAL,
            timeout_microseconds INTEGER NOT NULL,
            attempts_max INTEGER NOT NULL,
            vendor TEXT,
            owner TEXT NOT NULL,
            stopped_at INTEGER,
            stop_reason TEXT,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        )
        """,
        """
        CREATE TABLE registry_secrets (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            owner_table TEXT NOT NULL,
            owner_id INTEGER NOT NULL,
            position INTEGER NOT NULL,
            sealed BLOB NOT NULL,
            created_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX registry_secrets_by_owner ON registry_secrets (owner_table, owner_id, position)",
        """
        CREATE TABLE removed_names (
            kind TEXT NOT NULL,
            id INTEGER NOT NULL,
            name TEXT NOT NULL,
            vendor TEXT,
            removed_at INTEGER NOT NULL,
            PRIMARY KEY (kind, id)
        )
        """,
    ]
}
