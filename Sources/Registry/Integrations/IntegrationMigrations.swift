import Storage

/// The tables of integrations, routes, tokens and consents on their way; numbers 320 to 329.
enum IntegrationMigrations {
    static let all = [
        Migration(
            number: 320,
            name: "integrations and routes",
            statements: [integrations, routes, tokens, consents]
        )
    ]

    private static let integrations = Statement(
        schema: """
            CREATE TABLE integrations (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                name TEXT NOT NULL UNIQUE,
                provider TEXT NOT NULL,
                base_url TEXT,
                allow_private INTEGER NOT NULL,
                vendor TEXT,
                enabled INTEGER NOT NULL,
                limits TEXT NOT NULL,
                settings TEXT NOT NULL,
                owner TEXT NOT NULL,
                created_at INTEGER NOT NULL,
                updated_at INTEGER NOT NULL
            )
            """
    )
    private static let routes = Statement(
        schema: """
            CREATE TABLE routes (
                capability TEXT PRIMARY KEY NOT NULL,
                integrations TEXT NOT NULL,
                strategy TEXT NOT NULL,
                owner TEXT NOT NULL,
                updated_at INTEGER NOT NULL
            )
            """
    )
    /// `version` grows with each write; `claimed_until` keeps two nodes from using one refresh token at a time.
    private static let tokens = Statement(
        schema: """
            CREATE TABLE integration_tokens (
                integration_id INTEGER PRIMARY KEY NOT NULL,
                version INTEGER NOT NULL,
                sealed BLOB,
                issued_at INTEGER,
                expires_at INTEGER,
                claimed_until INTEGER,
                consent_since INTEGER,
                consent_reason TEXT
            )
            """
    )
    private static let consents = Statement(
        schema: """
            CREATE TABLE pending_consents (
                state_hash BLOB PRIMARY KEY NOT NULL,
                vendor TEXT NOT NULL,
                integration_id INTEGER NOT NULL,
                verifier BLOB NOT NULL,
                expires_at INTEGER NOT NULL
            )
            """
    )
}
