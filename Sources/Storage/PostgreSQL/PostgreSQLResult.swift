import CPostgreSQL

/// What one command gave: rows in the binary format, a count, or an error.
@safe
final class PostgreSQLResult {
    private let result: OpaquePointer

    /// Takes over libpq's result.
    init(_ result: OpaquePointer) {
        unsafe self.result = result
    }

    deinit {
        unsafe PQclear(result)
    }

    /// The error it stands for; nil when it is none.
    var error: StorageError? {
        switch unsafe PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK: return nil
        case PGRES_EMPTY_QUERY: return .misuse("a statement without SQL")
        default:
            return StorageError(
                sqlState: field("C") ?? "",
                message: field("M") ?? "no reason was given",
                serverFunction: field("R") ?? ""
            )
        }
    }

    /// The command's name with what it counted, such as `INSERT 0 3`.
    var commandTag: String { unsafe String(cString: PQcmdStatus(result)) }

    /// How many rows it inserted, updated or deleted; 0 for others.
    var changedRows: Int {
        let tag = commandTag
        guard ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(where: tag.hasPrefix) else { return 0 }
        return Int(unsafe String(cString: PQcmdTuples(result))) ?? 0
    }

    /// The types of a described statement's parameters.
    var parameterTypes: [UInt32] {
        (0..<(unsafe PQnparams(result))).map { unsafe PQparamtype(result, $0) }
    }

    /// The first `rowsMax` rows.
    func rows(atMost rowsMax: Int) throws(StorageError) -> [Row] {
        let columns = unsafe PQnfields(result)
        let types = (0..<columns).map { unsafe PQftype(result, $0) }
        var rows: [Row] = []
        let count = min(Int(unsafe PQntuples(result)), rowsMax)
        rows.reserveCapacity(count)
        for row in 0..<Int32(count) {
            var values: [SQLValue] = []
            values.reserveCapacity(types.count)
            for column in 0..<columns {
                values.append(try value(row, column, PostgreSQLType(rawValue: types[Int(column)])))
            }
            rows.append(Row(values))
        }
        return rows
    }

    private func value(
        _ row: Int32,
        _ column: Int32,
        _ type: PostgreSQLType?
    ) throws(StorageError) -> SQLValue {
        guard unsafe PQgetisnull(result, row, column) == 0, type != .nothing else { return .null }
        let start = unsafe PQgetvalue(result, row, column)
        let bytes = unsafe UnsafeRawBufferPointer(
            start: start,
            count: Int(PQgetlength(result, row, column))
        )
        switch type {
        case .boolean: return .bool(unsafe bytes.first == 1)
        case .smallInteger: return .integer(Int64(Int16(truncatingIfNeeded: unsafe Self.number(bytes))))
        case .mediumInteger: return .integer(Int64(Int32(truncatingIfNeeded: unsafe Self.number(bytes))))
        case .integer: return .integer(Int64(truncatingIfNeeded: unsafe Self.number(bytes)))
        case .real: return .real(Double(bitPattern: unsafe Self.number(bytes)))
        case .text, .limitedText, .name: return .text(unsafe String(decoding: bytes, as: UTF8.self))
        case .bytes: return .blob(unsafe Array(bytes))
        default:
            throw .unexpectedColumn(
                "column \(column) has a type that is not read (\(unsafe PQftype(result, column))): cast it"
            )
        }
    }

    /// Up to eight bytes, the highest first.
    private static func number(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        unsafe bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A part of the error message, by libpq's letter for it (`PG_DIAG_…`).
    private func field(_ letter: Unicode.Scalar) -> String? {
        let text = unsafe PQresultErrorField(result, Int32(letter.value))
        return unsafe text.map { unsafe String(cString: $0) }
    }
}

/// The types that are read and written, by their numbers in PostgreSQL's catalogue (`pg_type.dat`).
enum PostgreSQLType: UInt32 {
    case boolean = 16
    case bytes = 17
    case name = 19
    case integer = 20
    case smallInteger = 21
    case mediumInteger = 23
    case text = 25
    case real = 701
    case bytesArray = 1001
    case textArray = 1009
    case integerArray = 1016
    case limitedText = 1043
    /// What functions return that return nothing.
    case nothing = 2278
}
