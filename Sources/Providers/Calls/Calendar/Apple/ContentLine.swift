import Domain

/// One content line of iCalendar (RFC 5545 section 3.1): a name, parameters and a raw value.
struct ContentLine: Hashable, Sendable {
    /// The most bytes of a line once unfolded: what longer text an event carries is no plain text.
    static let bytesMax = 65_536
    /// The most octets of a written line, its line end apart.
    static let octetsMax = 75

    /// The name, upper case.
    var name: String
    /// The parameters with their values, quotes taken off, in order; names upper case.
    var parameters: [(name: String, value: String)]
    /// The value as it stands, escapes and all.
    var value: String

    init(_ name: String, _ value: String, _ parameters: [(name: String, value: String)] = []) {
        self.name = name
        self.parameters = parameters
        self.value = value
    }

    /// Makes a line whose value is text: backslashes, semicolons, commas and line ends are escaped (section 3.3.11).
    static func text(_ name: String, _ text: String) -> ContentLine {
        ContentLine(name, escaped(text))
    }

    static func == (left: ContentLine, right: ContentLine) -> Bool {
        left.encoded == right.encoded
    }

    func hash(into hasher: inout Hasher) { hasher.combine(encoded) }

    /// The value of a parameter.
    func parameter(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// The value as text, escapes undone.
    var text: String {
        var output: [UInt8] = []
        var isEscaped = false
        for byte in value.utf8 {
            if isEscaped {
                output.append(byte == 0x6E || byte == 0x4E ? 0x0A : byte)
                isEscaped = false
            } else if byte == 0x5C {
                isEscaped = true
            } else {
                output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    static func escaped(_ text: String) -> String {
        var output: [UInt8] = []
        var follows = false  // A line feed behind a carriage return.
        for byte in text.utf8 {
            switch byte {
            case 0x5C, 0x3B, 0x2C: output += [0x5C, byte]
            case 0x0D: output += [0x5C, 0x6E]
            case 0x0A: if !follows { output += [0x5C, 0x6E] }
            case 0x09, 0x20...: if byte != 0x7F { output.append(byte) }
            default: break  // Other controls may not stand in iCalendar.
            }
            follows = byte == 0x0D
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The line as it is written: folded at 75 octets, never inside a character's UTF-8, each piece with CRLF.
    var encoded: [UInt8] {
        var line = name
        for parameter in parameters {
            let isPlain = !parameter.value.utf8.contains { [0x3A, 0x3B, 0x2C].contains($0) }
            let value = String(
                decoding: parameter.value.utf8.filter { $0 != 0x22 && $0 >= 0x20 },
                as: UTF8.self
            )
            line += ";\(parameter.name)=\(isPlain ? value : "\"\(value)\"")"
        }
        return Self.folded(Array("\(line):\(value)".utf8))
    }

    private static func folded(_ line: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var start = 0
        var room = octetsMax
        while line.count - start > room {
            var end = start + room
            while end > start + 1, line[end] & 0xC0 == 0x80 { end -= 1 }
            output += line[start..<end] + [0x0D, 0x0A, 0x20]
            start = end
            room = octetsMax - 1  // The blank counts.
        }
        return output + line[start...] + [0x0D, 0x0A]
    }

    /// Reads one unfolded line; nil when it is none.
    init?(_ line: ArraySlice<UInt8>) {
        guard line.count <= Self.bytesMax else { return nil }
        let end = line.firstIndex { [0x3A, 0x3B].contains($0) } ?? line.endIndex
        guard end < line.endIndex, end > line.startIndex else { return nil }
        name = String(decoding: line[..<end], as: UTF8.self).uppercased()
        parameters = []
        var rest = line[end...]
        while rest.first == 0x3B {
            rest = rest.dropFirst()
            guard let equals = rest.firstIndex(of: 0x3D) else { return nil }
            let name = String(decoding: rest[..<equals], as: UTF8.self).uppercased()
            var isQuoted = false
            rest = rest[(equals + 1)...]
            let value = rest.prefix { byte in
                if byte == 0x22 { isQuoted.toggle() }
                return isQuoted || (byte != 0x3A && byte != 0x3B)
            }
            let text = String(decoding: value.filter { $0 != 0x22 }, as: UTF8.self)
            guard parameters.count < 64 else { return nil }
            parameters.append((name, text))
            rest = rest[value.endIndex...]
        }
        guard rest.first == 0x3A else { return nil }
        value = String(decoding: rest.dropFirst(), as: UTF8.self)
    }

    /// The unfolded lines of a text, tolerant of bare line feeds; nil with more than `countMax`.
    static func lines(_ text: [UInt8], countMax: Int) -> [ArraySlice<UInt8>]? {
        var lines: [[UInt8]] = []
        for raw in text.split(separator: 0x0A, omittingEmptySubsequences: true) {
            let line = raw.last == 0x0D ? raw.dropLast() : raw
            if let first = line.first, first == 0x20 || first == 0x09, !lines.isEmpty {
                lines[lines.count - 1] += line.dropFirst()
            } else if !line.isEmpty {
                guard lines.count < countMax else { return nil }
                lines.append(Array(line))
            }
        }
        return lines.map { $0[...] }
    }
}
