/// The place of a value in a JSON text (RFC 6901): `/data/object/id`; the empty pointer is the whole text.
package struct JSONPointer: Hashable, Sendable, CustomStringConvertible {
    /// The longest pointer, in bytes.
    package static let bytesMax = 1_024

    /// The member names and array indices on the way, unescaped.
    package let tokens: [String]

    /// The whole text.
    package static let wholeText = JSONPointer(tokens: [])

    private init(tokens: [String]) {
        self.tokens = tokens
    }

    /// Reads a pointer; nil when it does not start with `/`, has a `~` without `0` or `1`, or is too long.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        guard !text.isEmpty else {
            tokens = []
            return
        }
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count > 1, parts[0].isEmpty else { return nil }
        var tokens: [String] = []
        for part in parts.dropFirst() {
            guard let token = unescapedToken(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    package var description: String {
        tokens.reduce(into: "") { text, token in
            text += "/"
            for scalar in token.unicodeScalars {
                switch scalar {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
    }

    package static func == (left: JSONPointer, right: JSONPointer) -> Bool {
        left.tokens.elementsEqual(right.tokens) { $0.utf8.elementsEqual($1.utf8) }
    }

    package func hash(into hasher: inout Hasher) {
        for token in tokens {
            hasher.combine(token.utf8.count)
            for byte in token.utf8 { hasher.combine(byte) }
        }
    }
}

/// The element number a token writes: digits without a leading zero.
func arrayIndex(_ token: String) -> Int? {
    let digits = token.utf8
    guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ (0x30...0x39).contains($0) }),
        digits.count == 1 || digits.first != 0x30
    else { return nil }
    return Int(token)
}

private func unescapedToken(_ part: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = part[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "~") else {
            bytes.append(byte)
            continue
        }
        switch rest.popFirst() {
        case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
        case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
        default: return nil
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
