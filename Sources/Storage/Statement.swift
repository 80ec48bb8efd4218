/// The SQL a database speaks.
package enum Dialect: Sendable, Hashable {
    case sqlite
    case postgres
}

/// One SQL statement with parameters `$1`, `$2`, …, in one text for all dialects or one for each.
///
/// Keep statements in `static let`s: connections cache what they prepared by the statement's text, and the
/// rewriting for SQLite happens once, here. It is a literal on purpose: values go into parameters, so no
/// interpolation compiles.
package struct Statement: Sendable, Hashable, ExpressibleByStringLiteral {
    private let sqlite: String
    private let postgres: String

    /// Makes a statement whose text both dialects understand.
    package init(_ both: String) {
        self.init(sqlite: both, postgres: both)
    }

    /// Makes a statement with one text for each dialect; both use `$1` parameters.
    package init(sqlite: String, postgres: String) {
        self.sqlite = ParameterRewriting.sqliteText(sqlite)
        self.postgres = postgres
    }

    /// Makes a statement for PostgreSQL alone; SQLite refuses it as one without SQL.
    package init(postgres text: String) {
        self.init(sqlite: "", postgres: text)
    }

    /// Makes a statement that creates a table or an index, from its text for SQLite.
    ///
    /// PostgreSQL gets the same columns under its own names of types, as `SchemaRewriting` says.
    package init(schema text: String) {
        self.init(sqlite: text, postgres: SchemaRewriting.postgresText(text))
    }

    package init(stringLiteral text: String) {
        self.init(text)
    }

    /// The text as the engine of `dialect` prepares it; for SQLite with `?1` in place of `$1`.
    package func text(for dialect: Dialect) -> String {
        switch dialect {
        case .sqlite: sqlite
        case .postgres: postgres
        }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(sqlite)
        hasher.combine(postgres)
    }
}
