import Domain

/// The content lines of an iCalendar file (RFC 5545 section 3.1).
enum CalendarLines {
    /// One content line, unfolded.
    struct Property {
        /// The physical line it begins at, from 1.
        let line: Int
        /// The name in upper case.
        let name: String
        let parameters: [(name: String, value: String)]
        /// The value as written.
        let value: String

        /// The value of a parameter, its name in upper case.
        func parameter(_ name: String) -> String? {
            parameters.first { $0.name == name }?.value
        }

        /// The value of a text property, its escapes undone.
        var text: String {
            var bytes: [UInt8] = []
            var rest = Array(value.utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                    bytes.append(byte)
                    continue
                }
                bytes.append(next | 0x20 == UInt8(ascii: "n") ? 0x20 : next)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// Reads the lines: a line that begins with a space or a tab goes on with the one before.
    static func read(_ bytes: [UInt8]) throws(ImportProblem) -> [Property] {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw ImportProblem("the file", "encoding", "is not UTF-8")
        }
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        var logical: [(line: Int, bytes: [UInt8])] = []
        for (index, part) in content.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let line = part.last == 0x0D ? part.dropLast() : part
            if let first = line.first, first == 0x20 || first == 0x09 {
                guard !logical.isEmpty else { throw ImportProblem("line 1", "line", "goes on with no line") }
                logical[logical.count - 1].bytes += line.dropFirst()
            } else if !line.isEmpty {
                logical.append((index + 1, Array(line)))
            }
        }
        var properties: [Property] = []
        for (line, bytes) in logical { properties.append(try property(bytes, line)) }
        return properties
    }

    /// Reads one line: `NAME;PARAMETER=value;OTHER="quo:ted":the value`.
    private static func property(_ bytes: [UInt8], _ line: Int) throws(ImportProblem) -> Property {
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        var valueStart: Int?
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: ":"), !isQuoted {
                valueStart = index + 1
                break
            } else if byte == UInt8(ascii: ";"), !isQuoted {
                parts.append([])
            } else {
                parts[parts.count - 1].append(byte)
            }
        }
        let texts = parts.map { String(decoding: $0, as: UTF8.self) }
        guard let valueStart, !texts[0].isEmpty else {
            throw ImportProblem("line \(line)", "line", "is no `NAME:value`")
        }
        let parameters = texts.dropFirst().map { text in
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init
            )
            return (name: pair[0].uppercased(), value: pair.count == 2 ? pair[1] : "")
        }
        return Property(
            line: line,
            name: texts[0].uppercased(),
            parameters: parameters,
            value: String(decoding: bytes[valueStart...], as: UTF8.self)
        )
    }
}
