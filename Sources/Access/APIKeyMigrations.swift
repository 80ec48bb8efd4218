import Storage

/// The tables of `Access`; migrations 200 to 299 are its own.
///
/// `sessions.mac` covers the token and what its key may do, so that a row moved to another key opens nothing.
enum APIKeyMigrations {
    static let all = [
        Migration(
            number: 200,
            name: "API keys",
            statements: [
                Statement(
                    sqlite: """
                        CREATE TABLE api_keys (
                            id BLOB NOT NULL PRIMARY KEY,
                            label TEXT NOT NULL,
                            principal TEXT NOT NULL,
                            level TEXT NOT NULL,
                            mac BLOB NOT NULL,
                            created_by BLOB,
                            created_at INTEGER NOT NULL,
                            expires_at INTEGER,
                            revoked_at INTEGER,
                            last_used_at INTEGER
                        ) STRICT
                        """,
                    postgres: """
                        CREATE TABLE api_keys (
                            id BYTEA NOT NULL PRIMARY KEY,
                            label TEXT NOT NULL,
                            principal TEXT NOT NULL,
                            level TEXT NOT NULL,
                            mac BYTEA NOT NULL,
                            created_by BYTEA,
                            created_at BIGINT NOT NULL,
                            expires_at BIGINT,
                            revoked_at BIGINT,
                            last_used_at BIGINT
                        )
                        """
                )
            ]
        ),
        Migration(
            number: 201,
            name: "sessions",
            statements: [
                Statement(
                    sqlite: """
                        CREATE TABLE sessions (
                            hash BLOB NOT NULL PRIMARY KEY,
                            key_id BLOB NOT NULL,
                            mac BLOB NOT NULL,
                            began_at INTEGER NOT NULL,
                            used_at INTEGER NOT NULL
                        ) STRICT
                        """,
                    postgres: """
                        CREATE TABLE sessions (
                            hash BYTEA NOT NULL PRIMARY KEY,
                            key_id BYTEA NOT NULL,
                            mac BYTEA NOT NULL,
                            began_at BIGINT NOT NULL,
                            used_at BIGINT NOT NULL
                        )
                        """
                ),
                "CREATE INDEX sessions_by_key ON sessions (key_id, began_at)",
            ]
        ),
    ]
}
