extension [UInt8] {
    /// Appends the field's length as four bytes, most significant first, and then the field (written LP in the
    /// documents of formats): fields written so one after the other can be told apart again, whatever they hold.
    package mutating func appendPrefixed(_ field: [UInt8]) {
        append(bigEndian: UInt32(field.count))
        append(contentsOf: field)
    }

    /// Appends the length and then the UTF-8 bytes of a text.
    package mutating func appendPrefixed(_ text: String) {
        append(bigEndian: UInt32(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    /// Appends four bytes, the most significant first.
    package mutating func append(bigEndian number: UInt32) {
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// Appends eight bytes, the most significant first.
    package mutating func append(bigEndian number: UInt64) {
        append(bigEndian: UInt32(truncatingIfNeeded: number >> 32))
        append(bigEndian: UInt32(truncatingIfNeeded: number))
    }
}
