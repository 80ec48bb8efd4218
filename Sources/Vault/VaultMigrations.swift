import Storage

/// The vault's tables; migrations 100 to 199 are the vault's.
enum VaultMigrations {
    static let all = [
        Migration(number: 100, name: "keyring and data keys", statements: tables)
    ]

    /// `keyring_purposes` remembers which keys were ever made: without it a lost keyring row could not be told
    /// from one that is yet to be made, and the new key would quietly orphan everything under the old one.
    private static let tables = [
        Statement(
            sqlite: """
                CREATE TABLE keyring (
                    purpose TEXT NOT NULL,
                    term INTEGER NOT NULL,
                    key_id BLOB NOT NULL,
                    sealed BLOB NOT NULL,
                    created_at INTEGER NOT NULL,
                    PRIMARY KEY (purpose, term)
                ) STRICT, WITHOUT ROWID
                """,
            postgres: """
                CREATE TABLE keyring (
                    purpose TEXT NOT NULL,
                    term BIGINT NOT NULL,
                    key_id BYTEA NOT NULL,
                    sealed BYTEA NOT NULL,
                    created_at BIGINT NOT NULL,
                    PRIMARY KEY (purpose, term)
                )
                """
        ),
        Statement(
            sqlite: """
                CREATE TABLE keyring_purposes (
                    purpose TEXT NOT NULL PRIMARY KEY,
                    newest_term INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID
                """,
            postgres: """
                CREATE TABLE keyring_purposes (
                    purpose TEXT NOT NULL PRIMARY KEY,
                    newest_term BIGINT NOT NULL
                )
                """
        ),
        Statement(
            sqlite: """
                CREATE TABLE data_keys (
                    id BLOB NOT NULL PRIMARY KEY,
                    scope TEXT NOT NULL,
                    day INTEGER NOT NULL,
                    term INTEGER NOT NULL,
                    sealed BLOB NOT NULL,
                    uses_reserved INTEGER NOT NULL,
                    created_at INTEGER NOT NULL,
                    UNIQUE (scope, day, term)
                ) STRICT
                """,
            postgres: """
                CREATE TABLE data_keys (
                    id BYTEA NOT NULL PRIMARY KEY,
                    scope TEXT NOT NULL,
                    day BIGINT NOT NULL,
                    term BIGINT NOT NULL,
                    sealed BYTEA NOT NULL,
                    uses_reserved BIGINT NOT NULL,
                    created_at BIGINT NOT NULL,
                    UNIQUE (scope, day, term)
                )
                """
        ),
    ]
}
