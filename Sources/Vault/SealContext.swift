import Domain

/// Where a sealed value belongs: bound to it as associated data, so that a value moved to another row, column,
/// table or tenant, or put back from an older version of its row, no longer opens.
package struct SealContext: Hashable, Sendable {
    /// The table the value is stored in.
    package var table: String
    /// The column the value is stored in.
    package var column: String
    /// The row's own id, as stored.
    package var row: [UInt8]
    /// Whose value it is: `platform`, or a vendor's name.
    package var tenant: String
    /// The row's version, raised at each change of the value, where the row keeps one; otherwise 1.
    package var version: UInt64

    /// Names a place.
    package init(
        table: String,
        column: String,
        row: [UInt8],
        tenant: String = "platform",
        version: UInt64 = 1
    ) {
        self.table = table
        self.column = column
        self.row = row
        self.tenant = tenant
        self.version = version
    }

    /// The associated data of a record with this format name and this header:
    /// `LP(format) ‖ header ‖ LP(tenant) ‖ LP(table) ‖ LP(column) ‖ LP(row) ‖ u64be(version)`, where LP is the
    /// length as u32be and then the bytes.
    ///
    /// No two different contexts give the same bytes.
    func associatedData(format: [UInt8], header: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            28 + format.count + header.count + tenant.utf8.count + table.utf8.count + column.utf8.count
                + row.count
        )
        bytes.appendPrefixed(format)
        bytes.append(contentsOf: header)
        bytes.appendPrefixed(tenant)
        bytes.appendPrefixed(table)
        bytes.appendPrefixed(column)
        bytes.appendPrefixed(row)
        bytes.append(bigEndian: version)
        return bytes
    }
}
