extension [UInt8] {
    /// Appends the field's length as four bytes, most significant first, and then the field (written LP in the
    /// documents of formats): fields written so one after the other can be told apart again, whatever they hold.
    package mutating func appendPrefixed(_ field: some Collection<UInt8>) {
        append(bigEndian: UInt32(field.count))
        append(contentsOf: field)
    }

    /// Appends a number, most significant byte first.
    package mutating func append(bigEndian number: some FixedWidthInteger & UnsignedInteger) {
        var shift = number.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
