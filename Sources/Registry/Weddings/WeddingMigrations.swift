package import Storage

extension WeddingRegistry {
    /// The tables of weddings; numbers 303 to 319.
    package static let migrations = [
        Migration(
            number: 303,
            name: "weddings",
            statements: [weddings, vendors, assignments, timeline, references, referencesOfWedding]
        )
    ]

    private static let weddings = Statement(
        schema: """
            CREATE TABLE weddings (
                id TEXT PRIMARY KEY NOT NULL,
                title TEXT NOT NULL,
                date TEXT NOT NULL,
                zone TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            )
            """
    )
    private static let vendors = Statement(
        schema: """
            CREATE TABLE vendors (
                name TEXT PRIMARY KEY NOT NULL,
                title TEXT NOT NULL,
                email TEXT,
                phone TEXT,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            )
            """
    )
    private static let assignments = Statement(
        schema: """
            CREATE TABLE wedding_vendors (
                wedding_id TEXT NOT NULL,
                vendor TEXT NOT NULL,
                role TEXT NOT NULL,
                PRIMARY KEY (wedding_id, vendor)
            )
            """
    )
    private static let timeline = Statement(
        schema: """
            CREATE TABLE timeline_items (
                wedding_id TEXT NOT NULL,
                id TEXT NOT NULL,
                name TEXT NOT NULL,
                starts_at BIGINT NOT NULL,
                ends_at BIGINT,
                vendor TEXT,
                PRIMARY KEY (wedding_id, id)
            )
            """
    )
    private static let references = Statement(
        schema: """
            CREATE TABLE external_references (
                provider TEXT NOT NULL,
                kind TEXT NOT NULL,
                object_id TEXT NOT NULL,
                wedding_id TEXT NOT NULL,
                vendor TEXT,
                created_at BIGINT NOT NULL,
                PRIMARY KEY (provider, kind, object_id)
            )
            """
    )
    private static let referencesOfWedding = Statement(
        "CREATE INDEX external_references_of_wedding ON external_references (wedding_id)"
    )
}
