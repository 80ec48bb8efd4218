/// Reads one JSON text into a tree.
package enum JSONParser {
    /// Reads `bytes`, which must be one JSON value in UTF-8 with nothing but white space around it.
    ///
    /// Stricter than RFC 8259 asks, so that no two readers can understand one text differently: names repeated in
    /// an object, halves of surrogate pairs and numbers beyond every `Double` are refused too. Numbers keep their
    /// literal text. Linear in the size of the text, but for n log n in the members of one object.
    package static func parse(
        _ bytes: [UInt8],
        limits: JSONLimits = .standard
    ) throws(JSONError) -> JSONValue {
        var builder = TreeBuilder()
        try JSONWalk.run(bytes, limits: limits, visitor: &builder)
        guard let root = builder.root else { preconditionFailure("a checked text holds one value") }
        return root
    }
}

/// Builds the tree from the inside out: values wait on a stack until their container closes.
private struct TreeBuilder: JSONVisitor {
    private struct Container {
        let isObject: Bool
        let firstValue: Int
    }

    private var values: [JSONValue] = []
    private var names: [String] = []
    private var open: [Container] = []

    /// The whole value, once the walk is over.
    var root: JSONValue? { values.first }

    mutating func objectOpened() {
        open.append(Container(isObject: true, firstValue: values.count))
    }

    mutating func arrayOpened() {
        open.append(Container(isObject: false, firstValue: values.count))
    }

    mutating func containerClosed() {
        let container = open.removeLast()
        let contents = values[container.firstValue...]
        var value = JSONValue.array([])
        if container.isObject {
            value = .object(zip(names.suffix(contents.count), contents).map { JSONMember($0, $1) })
            names.removeLast(contents.count)
        } else {
            value = .array(Array(contents))
        }
        values.removeSubrange(container.firstValue...)
        values.append(value)
    }

    mutating func name(_ text: JSONText, in lexer: JSONLexer) {
        names.append(string(text, lexer))
    }

    mutating func string(_ text: JSONText, in lexer: JSONLexer) {
        values.append(.string(string(text, lexer)))
    }

    mutating func number(_ range: Range<Int>, in lexer: JSONLexer) {
        values.append(.number(lexer.string(range)))
    }

    mutating func bool(_ value: Bool) {
        values.append(.bool(value))
    }

    mutating func null() {
        values.append(.null)
    }

    private func string(_ text: JSONText, _ lexer: JSONLexer) -> String {
        guard text.isEscaped else { return lexer.string(text.start..<text.end) }
        return String(decoding: lexer.decoded(text), as: UTF8.self)
    }
}
