package import Domain

/// One value of a row or an argument of a statement.
///
/// Text is compared and stored as UTF-8 bytes, never normalised; it may contain U+0000. An empty blob is not null.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
    /// Many values in one argument, for `unnest` and `ANY`; PostgreSQL only, and never in a row.
    case array(SQLArray)

    /// An instant as microseconds since the Unix epoch.
    package static func instant(_ instant: Instant) -> SQLValue {
        .integer(instant.microseconds)
    }

    /// A truth value as 1 or 0.
    package static func bool(_ flag: Bool) -> SQLValue {
        .integer(flag ? 1 : 0)
    }

    /// A count or a small number.
    package static func integer(_ number: Int) -> SQLValue {
        .integer(Int64(number))
    }

    /// A value or null: `.optional(text) { .text($0) }`.
    package static func optional<Value>(_ value: Value?, _ make: (Value) -> SQLValue) -> SQLValue {
        value.map(make) ?? .null
    }

    /// The kind of the value, for messages: never the value itself.
    var kind: String {
        switch self {
        case .null: "null"
        case .integer: "integer"
        case .real: "real"
        case .text: "text"
        case .blob: "blob"
        case .array: "array"
        }
    }
}

/// The elements of an array argument; nil is null.
package enum SQLArray: Sendable, Hashable {
    case integers([Int64?])
    case texts([String?])
    case blobs([[UInt8]?])
}
