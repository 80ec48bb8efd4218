/// One element of a WebDAV answer: its name with namespace, its attributes, the text directly inside, its children.
package struct XMLElement: Hashable, Sendable {
    /// The namespace's URI; empty without one.
    package let namespace: String
    /// The name without prefix.
    package let name: String
    /// The attributes without a prefix.
    package var attributes: [String: String] = [:]
    /// The text directly inside, pieces joined, white space kept.
    package var text = ""
    /// The elements directly inside, in order.
    package var children: [XMLElement] = []

    /// Makes an element without content.
    package init(_ namespace: String, _ name: String, attributes: [String: String] = [:]) {
        self.namespace = namespace
        self.name = name
        self.attributes = attributes
    }

    /// The first child of this name.
    package func first(_ namespace: String, _ name: String) -> XMLElement? {
        children.first { $0.namespace == namespace && $0.name == name }
    }

    /// The children of this name.
    package func all(_ namespace: String, _ name: String) -> [XMLElement] {
        children.filter { $0.namespace == namespace && $0.name == name }
    }

    /// The text without white space around it.
    package var trimmed: String {
        let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        let tail = Array(text.utf8.drop(while: isBlank))
        guard let last = tail.lastIndex(where: { !isBlank($0) }) else { return "" }
        return String(decoding: tail[...last], as: UTF8.self)
    }
}

/// Reads the XML of a WebDAV answer: elements, attributes, text, CDATA and the five named entities.
///
/// A document type is refused, and with it every entity that could reach out or grow: what WebDAV needs has none
/// (RFC 4918 section 20.6). Comments and processing instructions are passed over.
package struct XMLReader {
    /// The most elements inside each other.
    package static let depthMax = 32
    /// The most elements.
    package static let elementsMax = 20_000
    /// The most attributes of one element.
    package static let attributesMax = 64

    private let bytes: [UInt8]
    private var position = 0
    private var elements = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The root element; nil when the text is no XML, or beyond a limit.
    package static func read(_ bytes: [UInt8]) -> XMLElement? {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var reader = XMLReader(bytes)
        return reader.document()
    }

    /// An element whose end has not come yet.
    private struct Open {
        let tag: String
        var element: XMLElement
        let prefixes: [String: String]
    }

    private mutating func document() -> XMLElement? {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        var open: [Open] = []
        while position < bytes.count {
            guard bytes[position] == 0x3C else {
                guard let text = takeText(), !open.isEmpty || text.utf8.allSatisfy({ $0 <= 0x20 }) else {
                    return nil
                }
                if !open.isEmpty { open[open.count - 1].element.text += text }
                continue
            }
            if take("<?") {
                guard skip(past: "?>") else { return nil }
            } else if take("<!--") {
                guard skip(past: "-->") else { return nil }
            } else if take("<![CDATA[") {
                let start = position
                guard skip(past: "]]>"), !open.isEmpty else { return nil }
                open[open.count - 1].element.text += String(
                    decoding: bytes[start..<position - 3],
                    as: UTF8.self
                )
            } else if take("</") {
                guard let closed = close(&open) else { return nil }
                if open.isEmpty { return restIsEmpty ? closed : nil }
                open[open.count - 1].element.children.append(closed)
            } else if take("<"), position < bytes.count, bytes[position] != 0x21 {
                guard let isEmpty = begin(&open) else { return nil }
                guard isEmpty else { continue }
                let closed = open.removeLast().element
                if open.isEmpty { return restIsEmpty ? closed : nil }
                open[open.count - 1].element.children.append(closed)
            } else {
                return nil
            }
        }
        return nil
    }

    /// Whether nothing but white space and comments follows the root.
    private var restIsEmpty: Bool {
        var rest = self
        while rest.position < bytes.count {
            if rest.take("<!--") {
                guard rest.skip(past: "-->") else { return false }
            } else if bytes[rest.position] <= 0x20 {
                rest.position += 1
            } else {
                return false
            }
        }
        return true
    }

    /// Reads a start tag behind its `<`; tells whether it is empty, nil when it is broken or one too many.
    private mutating func begin(_ open: inout [Open]) -> Bool? {
        elements += 1
        guard open.count < Self.depthMax, elements <= Self.elementsMax, let tag = takeName() else {
            return nil
        }
        var prefixes = open.last?.prefixes ?? ["xml": "http://www.w3.org/XML/1998/namespace"]
        var count = 0
        var attributes: [String: String] = [:]
        while true {
            let hadBlank = skipBlanks()
            if take("/>") || take(">") { break }
            count += 1
            guard hadBlank, count <= Self.attributesMax, let (name, value) = attribute() else { return nil }
            if name == "xmlns" {
                prefixes[""] = value
            } else if name.hasPrefix("xmlns:") {
                prefixes[String(name.dropFirst(6))] = value
            } else if !name.utf8.contains(0x3A) {
                attributes[name] = value
            }
        }
        guard let (namespace, name) = resolve(tag, prefixes) else { return nil }
        let element = XMLElement(namespace, name, attributes: attributes)
        open.append(Open(tag: tag, element: element, prefixes: prefixes))
        return bytes[position - 2] == 0x2F
    }

    private mutating func close(_ open: inout [Open]) -> XMLElement? {
        guard let tag = takeName(), let last = open.last, last.tag.utf8.elementsEqual(tag.utf8) else {
            return nil
        }
        skipBlanks()
        guard take(">") else { return nil }
        return open.removeLast().element
    }

    private func resolve(_ tag: String, _ prefixes: [String: String]) -> (String, String)? {
        let parts = tag.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch parts.count {
        case 1: return (prefixes[""] ?? "", parts[0])
        case 2: return prefixes[parts[0]].map { ($0, parts[1]) }
        default: return nil
        }
    }

    private mutating func attribute() -> (String, String)? {
        guard let name = takeName() else { return nil }
        skipBlanks()
        guard take("=") else { return nil }
        skipBlanks()
        guard position < bytes.count, [0x22, 0x27].contains(bytes[position]) else { return nil }
        let quote = bytes[position]
        guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { return nil }
        let value = bytes[(position + 1)..<end]
        guard !value.contains(0x3C), let text = Self.decoded(value) else { return nil }
        position = end + 1
        return (name, text)
    }

    private mutating func takeName() -> String? {
        let name = bytes[position...].prefix { byte in
            byte > 0x20 && ![0x3C, 0x3E, 0x2F, 0x3D, 0x22, 0x27, 0x26].contains(byte)
        }
        guard (1...256).contains(name.count) else { return nil }
        position = name.endIndex
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func takeText() -> String? {
        let text = bytes[position...].prefix { $0 != 0x3C }
        position = text.endIndex
        return Self.decoded(text)
    }

    private mutating func take(_ text: String) -> Bool {
        guard bytes[position...].starts(with: text.utf8) else { return false }
        position += text.utf8.count
        return true
    }

    private mutating func skip(past text: String) -> Bool {
        let mark = Array(text.utf8)
        while position < bytes.count {
            if bytes[position] == mark[0], take(text) { return true }
            position += 1
        }
        return false
    }

    @discardableResult
    private mutating func skipBlanks() -> Bool {
        let start = position
        while position < bytes.count, bytes[position] <= 0x20 { position += 1 }
        return position > start
    }

    /// Text with its entities replaced; nil for one that is not predefined.
    private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
        guard text.contains(0x26) else { return String(decoding: text, as: UTF8.self) }
        var output: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            guard text[index] == 0x26 else {
                output.append(text[index])
                index += 1
                continue
            }
            guard let end = text[index...].prefix(12).firstIndex(of: 0x3B),
                let scalar = entity(String(decoding: text[(index + 1)..<end], as: UTF8.self))
            else { return nil }
            output.append(contentsOf: String(Character(scalar)).utf8)
            index = end + 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func entity(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "lt": return "<"
        case "gt": return ">"
        case "amp": return "&"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let isHex = name.hasPrefix("#x")
            let value = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10)
            return value.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
        }
    }

    /// A text as it stands between tags.
    package static func escaped(_ text: String) -> String {
        var output = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            case "&": output += "&amp;"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output
    }
}
