/// Several pointers, compiled for one pass over a text.
package struct JSONPointerSet: Sendable {
    /// One place on the way to one or more pointers.
    struct Node: Sendable {
        /// The names below this place, as bytes, and their nodes.
        var members: [(name: [UInt8], node: Int)] = []
        /// The element numbers below this place and their nodes.
        var elements: [(index: Int, node: Int)] = []
        /// Which pointers end here.
        var ends: [Int] = []
    }

    /// The pointers in the order of the scan's answer.
    package let pointers: [JSONPointer]
    /// The tree of places; node 0 is the whole text.
    let nodes: [Node]

    /// Compiles `pointers`; the same one may stand there twice.
    package init(_ pointers: [JSONPointer]) {
        self.pointers = pointers
        var nodes = [Node()]
        for (number, pointer) in pointers.enumerated() {
            var place = 0
            for token in pointer.tokens {
                let name = Array(token.utf8)
                if let next = nodes[place].members.first(where: { $0.name == name })?.node {
                    place = next
                    continue
                }
                nodes[place].members.append((name, nodes.count))
                if let index = arrayIndex(token) { nodes[place].elements.append((index, nodes.count)) }
                place = nodes.count
                nodes.append(Node())
            }
            nodes[place].ends.append(number)
        }
        self.nodes = nodes
    }
}

/// Reads a few values out of a JSON text in one pass, without building a tree.
///
/// The whole text is checked exactly as strictly as by `JSONParser`.
package enum JSONScanner {
    /// What stands at a pointer.
    package enum Found: Hashable, Sendable {
        /// The decoded bytes of a string: valid UTF-8.
        case string([UInt8])
        /// The literal text of a number.
        case number([UInt8])
        case bool(Bool)
        case null
        case object
        case array
    }

    /// Checks `bytes` and gives, for each pointer in order, what stands there; nil where nothing does.
    package static func scan(
        _ bytes: [UInt8],
        pointers: JSONPointerSet,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> [Found?] {
        var finder = PointerFinder(pointers)
        try JSONWalk.run(bytes, limits: limits, visitor: &finder)
        return finder.found
    }
}

extension JSONScanner.Found {
    /// The bytes of a string or a number's literal; nil for anything else.
    package var bytes: [UInt8]? {
        switch self {
        case .string(let bytes), .number(let bytes): bytes
        case .bool, .null, .object, .array: nil
        }
    }

    /// The text of a string; nil for anything else.
    package var string: String? {
        guard case .string(let bytes) = self else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of a number that is written as a whole number within `Int64`; nil for anything else.
    package var int64: Int64? {
        guard case .number(let bytes) = self else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }
}

/// Follows the tree of pointers down the text; below a place no pointer leads to, it only counts depth.
private struct PointerFinder: JSONVisitor {
    /// An open container on the way to a pointer.
    private struct Place {
        let node: Int
        /// The number of the next element; nil in an object.
        var nextElement: Int?
    }

    private(set) var found: [JSONScanner.Found?]
    private let nodes: [JSONPointerSet.Node]
    private var places: [Place] = []
    /// The node of the value that comes next; nil when no pointer leads to it.
    private var next: Int? = 0
    /// How many containers are open below the last place.
    private var strayDepth = 0

    init(_ pointers: JSONPointerSet) {
        nodes = pointers.nodes
        found = Array(repeating: nil, count: pointers.pointers.count)
    }

    mutating func objectOpened() {
        opened(.object, nextElement: nil)
    }

    mutating func arrayOpened() {
        opened(.array, nextElement: 0)
    }

    mutating func containerClosed() {
        if strayDepth > 0 {
            strayDepth -= 1
        } else {
            places.removeLast()
        }
        valueEnded()
    }

    mutating func name(_ text: JSONText, in lexer: JSONLexer) {
        guard strayDepth == 0, let place = places.last else { return }
        next = nil
        let members = nodes[place.node].members
        guard !members.isEmpty else { return }
        if text.isEscaped {
            let name = lexer.decoded(text)
            next = members.first { $0.name == name }?.node
        } else {
            for member in members where lexer.matches(text, member.name) { next = member.node }
        }
    }

    mutating func string(_ text: JSONText, in lexer: JSONLexer) {
        if isWanted { record(.string(lexer.decoded(text))) }
        valueEnded()
    }

    mutating func number(_ range: Range<Int>, in lexer: JSONLexer) {
        if isWanted { record(.number(lexer.bytes(range))) }
        valueEnded()
    }

    mutating func bool(_ value: Bool) {
        if isWanted { record(.bool(value)) }
        valueEnded()
    }

    mutating func null() {
        if isWanted { record(.null) }
        valueEnded()
    }

    /// Whether a pointer ends at the value that comes next.
    private var isWanted: Bool {
        guard strayDepth == 0, let next else { return false }
        return !nodes[next].ends.isEmpty
    }

    private mutating func record(_ value: JSONScanner.Found) {
        guard let next else { return }
        for pointer in nodes[next].ends { found[pointer] = value }
    }

    private mutating func opened(_ kind: JSONScanner.Found, nextElement: Int?) {
        guard strayDepth == 0, let node = next else {
            strayDepth += 1
            return
        }
        if isWanted { record(kind) }
        places.append(Place(node: node, nextElement: nextElement))
        if nextElement != nil { expectElement(0) }
    }

    /// After a value: in an array, the next one is its next element.
    private mutating func valueEnded() {
        guard strayDepth == 0, let element = places.last?.nextElement else { return }
        places[places.count - 1].nextElement = element + 1
        expectElement(element + 1)
    }

    private mutating func expectElement(_ index: Int) {
        guard let place = places.last else { return }
        next = nodes[place.node].elements.first { $0.index == index }?.node
    }
}

extension JSONLexer {
    /// Whether `text`, which holds no escape, is `name`.
    fileprivate func matches(_ text: JSONText, _ name: [UInt8]) -> Bool {
        guard text.end - text.start == name.count else { return false }
        for (offset, expected) in name.enumerated() where byte(at: text.start + offset) != expected {
            return false
        }
        return true
    }
}
