import Domain

/// The fields of an `application/x-www-form-urlencoded` text, decoded strictly and within bounds.
///
/// Refused: more than `countMax` fields, an empty field (`a=1&&b=2`), a field without `=`, an empty name, a `%` that is not followed by
/// two hexadecimal digits, a byte outside printable ASCII, and what does not decode to UTF-8. Blank values, white space and repeated
/// names are kept as they are.
package struct FormFields: Hashable, Sendable {
    /// One field, decoded.
    package struct Field: Hashable, Comparable, Sendable {
        /// The name: not empty.
        package let name: [UInt8]
        /// The value; may be empty.
        package let value: [UInt8]

        package static func < (left: Field, right: Field) -> Bool {
            if left.name == right.name { return left.value.lexicographicallyPrecedes(right.value) }
            return left.name.lexicographicallyPrecedes(right.name)
        }
    }

    /// The most fields of one form.
    package static let countMax = 256

    /// The fields in the order they came.
    package let fields: [Field]

    /// Reads a form; an empty text has no fields.
    package init?(_ text: [UInt8]) {
        guard !text.isEmpty else {
            fields = []
            return
        }
        var fields: [Field] = []
        var rest = text[...]
        while true {
            guard fields.count < Self.countMax else { return nil }
            let pair = rest.prefix { $0 != UInt8(ascii: "&") }
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), equals > pair.startIndex,
                let name = formDecoded(pair[..<equals]), let value = formDecoded(pair[(equals + 1)...])
            else { return nil }
            fields.append(Field(name: name, value: value))
            guard pair.endIndex < rest.endIndex else { break }
            rest = rest[(pair.endIndex + 1)...]
        }
        self.fields = fields
    }

    /// Makes a form of names and values.
    package init(_ pairs: [(String, String)]) {
        fields = pairs.map { Field(name: Array($0.0.utf8), value: Array($0.1.utf8)) }
    }

    /// The value of the field `name`; nil unless it stands there exactly once.
    package subscript(name: String) -> [UInt8]? {
        let found = fields.filter { $0.name.elementsEqual(name.utf8) }
        return found.count == 1 ? found[0].value : nil
    }

    /// Whether there is a field `name`.
    package func has(_ name: String) -> Bool {
        fields.contains { $0.name.elementsEqual(name.utf8) }
    }

    /// The form as text: every byte but letters, digits and `-._` is escaped, a space is `+`.
    package var encoded: [UInt8] {
        Array(
            fields.map { FormFields.encoded($0.name) + [UInt8(ascii: "=")] + FormFields.encoded($0.value) }
                .joined(separator: [UInt8(ascii: "&")])
        )
    }

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                [byte]
            case UInt8(ascii: " "): [UInt8(ascii: "+")]
            default: Array("%\(Hex.encode([byte], letterCase: .upper))".utf8)
            }
        }
    }
}

/// The bytes that an escaped text stands for; nil unless it is printable ASCII with whole escapes, and UTF-8 behind them.
func formDecoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
        switch text[index] {
        case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
        case UInt8(ascii: "%"):
            guard text.endIndex - index > 2,
                let byte = Hex.decode(text[(index + 1)...(index + 2)], letterCase: .any)?.first
            else { return nil }
            bytes.append(byte)
            index += 2
        case 0x21...0x7E: bytes.append(text[index])
        default: return nil
        }
        index += 1
    }
    return String(validating: bytes, as: UTF8.self) == nil ? nil : bytes
}
