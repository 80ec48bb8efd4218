extension JSONValue {
    /// The text of this value: the same bytes each time, members in their order.
    ///
    /// Escapes quotes, backslashes, control characters and the line separators U+2028 and U+2029 (legal in JSON,
    /// not in older JavaScript); everything else stays UTF-8.
    /// - Parameter pretty: one member or element a line, two spaces a level, as Stripe sends it.
    package func serialized(pretty: Bool = false) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        writer.write(self, level: 0)
        return writer.bytes
    }

    /// Appends the text of this value to `bytes`.
    package func append(to bytes: inout [UInt8]) {
        var writer = JSONWriter(pretty: false, after: bytes)
        bytes = []
        writer.write(self, level: 0)
        bytes = writer.bytes
    }
}

/// Appends JSON text to a buffer.
private struct JSONWriter {
    let pretty: Bool
    private(set) var bytes: [UInt8]

    init(pretty: Bool, after bytes: [UInt8] = []) {
        self.pretty = pretty
        self.bytes = bytes
    }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .number(let literal): append(literal)
        case .string(let text): write(text)
        case .array(let elements):
            writeList("[", "]", elements, level: level) { writer, element in
                writer.write(element, level: level + 1)
            }
        case .object(let members):
            writeList("{", "}", members, level: level) { writer, member in
                writer.write(member.name)
                writer.append(writer.pretty ? ": " : ":")
                writer.write(member.value, level: level + 1)
            }
        }
    }

    private mutating func writeList<Item>(
        _ opening: String,
        _ closing: String,
        _ items: [Item],
        level: Int,
        write: (inout JSONWriter, Item) -> Void
    ) {
        append(opening)
        for (index, item) in items.enumerated() {
            if index > 0 { append(",") }
            breakLine(level: level + 1)
            write(&self, item)
        }
        if !items.isEmpty { breakLine(level: level) }
        append(closing)
    }

    private mutating func breakLine(level: Int) {
        guard pretty else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: level * 2))
    }

    private mutating func write(_ text: String) {
        append("\"")
        if Self.isPlain(text) {
            append(text)
        } else {
            writeEscaping(text)
        }
        append("\"")
    }

    /// Whether nothing of a text needs an escape; false also where a closer look is needed.
    private static func isPlain(_ text: String) -> Bool {
        let bytes = text.utf8.span
        for index in bytes.indices {
            switch bytes[index] {
            // The line separators begin with E2.
            case 0..<0x20, 0x22, 0x5C, 0x7F, 0xE2: return false
            default: continue
            }
        }
        return true
    }

    private mutating func writeEscaping(_ text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\u{8}": append("\\b")
            case "\u{C}": append("\\f")
            case "\u{0}"..<"\u{20}", "\u{7F}", "\u{2028}", "\u{2029}": writeEscape(scalar)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    private mutating func writeEscape(_ scalar: Unicode.Scalar) {
        append("\\u")
        append(
            Hex.encode([
                UInt8(truncatingIfNeeded: scalar.value >> 8), UInt8(truncatingIfNeeded: scalar.value),
            ])
        )
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
