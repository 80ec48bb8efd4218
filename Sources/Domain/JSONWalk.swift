/// What the walk over a JSON text reports, in the order of the text.
///
/// Texts and ranges point into the lexer, which decodes them on demand.
protocol JSONVisitor {
    mutating func objectOpened()
    mutating func arrayOpened()
    mutating func containerClosed()
    mutating func name(_ text: JSONText, in lexer: JSONLexer)
    mutating func string(_ text: JSONText, in lexer: JSONLexer)
    mutating func number(_ range: Range<Int>, in lexer: JSONLexer)
    mutating func bool(_ value: Bool)
    mutating func null()
}

/// Walks over one JSON text once, from left to right, and checks all of it.
///
/// `JSONParser` and `JSONScanner` differ in their visitors only, so that they cannot disagree about what is JSON.
/// Iterative: depth costs a stack entry, not a call.
struct JSONWalk<Visitor: JSONVisitor> {
    private enum Frame {
        /// An open object and how many names stood before its own.
        case object(firstName: Int)
        case array
    }

    private var lexer: JSONLexer
    private var names = JSONNames()
    private var frames: [Frame] = []
    private var nodes = 0

    private init(_ lexer: JSONLexer) {
        self.lexer = lexer
    }

    /// Walks over `bytes`; a refused text may have been reported in part.
    static func run(_ bytes: [UInt8], limits: JSONLimits, visitor: inout Visitor) throws(JSONError) {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            guard let start = buffer.baseAddress, !buffer.isEmpty else { throw .malformed(offset: 0) }
            var walk = unsafe JSONWalk(JSONLexer(start: start, count: buffer.count, limits: limits))
            try walk.run(&visitor)
        }
    }

    private mutating func run(_ visitor: inout Visitor) throws(JSONError) {
        repeat {
            try takeValue(&visitor)
        } while try takeSeparator(&visitor)
        _ = lexer.peek()
        guard lexer.isAtEnd else { throw .malformed(offset: lexer.position) }
    }

    /// Takes one whole scalar, or opens containers up to the first scalar or the first empty container.
    private mutating func takeValue(_ visitor: inout Visitor) throws(JSONError) {
        while true {
            nodes += 1
            guard nodes <= lexer.limits.nodesMax else { throw .tooManyNodes }
            switch lexer.peek() {
            case UInt8(ascii: "{"):
                try open(.object(firstName: names.count))
                visitor.objectOpened()
                guard lexer.peek() != UInt8(ascii: "}") else { return try close(&visitor) }
                try takeName(&visitor, firstName: names.count)
            case UInt8(ascii: "["):
                try open(.array)
                visitor.arrayOpened()
                guard lexer.peek() != UInt8(ascii: "]") else { return try close(&visitor) }
            case UInt8(ascii: "\""):
                return visitor.string(try lexer.string(), in: lexer)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                return visitor.number(try lexer.number(), in: lexer)
            case UInt8(ascii: "t"):
                try lexer.literal("true")
                return visitor.bool(true)
            case UInt8(ascii: "f"):
                try lexer.literal("false")
                return visitor.bool(false)
            case UInt8(ascii: "n"):
                try lexer.literal("null")
                return visitor.null()
            default:
                throw .malformed(offset: lexer.position)
            }
        }
    }

    /// After a value: closes what closes.
    ///
    /// True when another value follows, false when the outermost is complete.
    private mutating func takeSeparator(_ visitor: inout Visitor) throws(JSONError) -> Bool {
        while let frame = frames.last {
            switch (lexer.peek(), frame) {
            case (UInt8(ascii: ","), .object(let firstName)):
                lexer.take()
                try takeName(&visitor, firstName: firstName)
                return true
            case (UInt8(ascii: ","), .array):
                lexer.take()
                return true
            case (UInt8(ascii: "}"), .object), (UInt8(ascii: "]"), .array):
                try close(&visitor)
            default:
                throw .malformed(offset: lexer.position)
            }
        }
        return false
    }

    private mutating func takeName(_ visitor: inout Visitor, firstName: Int) throws(JSONError) {
        guard lexer.peek() == UInt8(ascii: "\"") else { throw .malformed(offset: lexer.position) }
        let text = try lexer.string()
        try names.add(text, first: firstName, in: lexer)
        visitor.name(text, in: lexer)
        guard lexer.peek() == UInt8(ascii: ":") else { throw .malformed(offset: lexer.position) }
        lexer.take()
    }

    private mutating func open(_ frame: Frame) throws(JSONError) {
        guard frames.count < lexer.limits.depthMax else { throw .tooDeep }
        frames.append(frame)
        lexer.take()
    }

    private mutating func close(_ visitor: inout Visitor) throws(JSONError) {
        lexer.take()
        if case .object(let firstName) = frames.removeLast() {
            try names.close(first: firstName, in: lexer)
        }
        visitor.containerClosed()
    }
}
