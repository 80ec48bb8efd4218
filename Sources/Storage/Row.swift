package import Domain

/// One row of a result; columns are counted from 0, in the order of the statement.
///
/// The typed accessors throw `StorageError.unexpectedColumn` when the column is missing or holds another type:
/// nothing is converted silently.
package struct Row: Sendable, Hashable {
    private let values: [SQLValue]

    /// Makes a row from its columns.
    package init(_ values: [SQLValue]) {
        self.values = values
    }

    /// How many columns there are.
    package var count: Int { values.count }

    /// The column as it came; traps beyond the last one.
    package subscript(column: Int) -> SQLValue { values[column] }

    /// A number that is not null.
    package func integer(_ column: Int) throws(StorageError) -> Int64 {
        guard let number = try optionalInteger(column) else { throw mismatch(column, "integer") }
        return number
    }

    /// A number or null.
    package func optionalInteger(_ column: Int) throws(StorageError) -> Int64? {
        switch try value(column) {
        case .integer(let number): number
        case .null: nil
        default: throw mismatch(column, "integer")
        }
    }

    /// A floating-point number that is not null.
    package func real(_ column: Int) throws(StorageError) -> Double {
        guard case .real(let number) = try value(column) else { throw mismatch(column, "real") }
        return number
    }

    /// Text that is not null.
    package func text(_ column: Int) throws(StorageError) -> String {
        guard let text = try optionalText(column) else { throw mismatch(column, "text") }
        return text
    }

    /// Text or null.
    package func optionalText(_ column: Int) throws(StorageError) -> String? {
        switch try value(column) {
        case .text(let text): text
        case .null: nil
        default: throw mismatch(column, "text")
        }
    }

    /// Bytes that are not null.
    package func blob(_ column: Int) throws(StorageError) -> [UInt8] {
        guard let bytes = try optionalBlob(column) else { throw mismatch(column, "blob") }
        return bytes
    }

    /// Bytes or null.
    package func optionalBlob(_ column: Int) throws(StorageError) -> [UInt8]? {
        switch try value(column) {
        case .blob(let bytes): bytes
        case .null: nil
        default: throw mismatch(column, "blob")
        }
    }

    /// A truth value, stored as 0 or 1.
    package func bool(_ column: Int) throws(StorageError) -> Bool {
        switch try value(column) {
        case .integer(0): false
        case .integer(1): true
        default: throw mismatch(column, "0 or 1")
        }
    }

    /// An instant, stored as microseconds since the Unix epoch.
    package func instant(_ column: Int) throws(StorageError) -> Instant {
        Instant(microseconds: try integer(column))
    }

    /// An instant or null.
    package func optionalInstant(_ column: Int) throws(StorageError) -> Instant? {
        try optionalInteger(column).map(Instant.init(microseconds:))
    }

    private func value(_ column: Int) throws(StorageError) -> SQLValue {
        guard values.indices.contains(column) else {
            throw .unexpectedColumn("column \(column) of a row with \(values.count)")
        }
        return values[column]
    }

    private func mismatch(_ column: Int, _ expected: String) -> StorageError {
        .unexpectedColumn("column \(column) is \(values[column].kind), expected \(expected)")
    }
}
