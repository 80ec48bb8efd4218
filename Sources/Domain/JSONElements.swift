/// Cuts a JSON array into its elements without changing a byte of them.
package enum JSONElements {
    /// Where the elements of the array `bytes` stand, without the white space around them; nil when it is JSON but no array.
    ///
    /// The whole text is checked exactly as strictly as by `JSONParser`.
    package static func ranges(
        in bytes: [UInt8],
        limits: JSONLimits = .standard
    ) throws(JSONError) -> [Range<Int>]? {
        let whole = JSONPointerSet([.wholeText])
        guard try JSONScanner.scan(bytes, pointers: whole, limits: limits).first == .array else { return nil }
        return cut(bytes)
    }

    /// Cuts a text that is known to be a JSON array.
    private static func cut(_ bytes: [UInt8]) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start: Int?
        var end = 0
        var depth = 0
        var isInString = false
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            if isInString {
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                end = index + 1
                continue
            }
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: continue
            case UInt8(ascii: ",") where depth == 1, UInt8(ascii: "]") where depth == 1:
                if let start { ranges.append(start..<end) }
                start = nil
                if byte == UInt8(ascii: "]") { return ranges }
                continue
            case UInt8(ascii: "[") where depth == 0:
                depth = 1
                continue
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
            if start == nil { start = index }
            end = index + 1
        }
        return ranges
    }
}

extension JSONElements {
    /// Where the elements of the array that is the member `name` of the object `bytes` stand; nil when there is none.
    ///
    /// The name counts as it is written: one with escapes in it is not found.
    package static func ranges(
        in bytes: [UInt8],
        ofMember name: String,
        limits: JSONLimits = .standard
    ) throws(JSONError) -> [Range<Int>]? {
        let whole = JSONPointerSet([.wholeText])
        guard try JSONScanner.scan(bytes, pointers: whole, limits: limits).first == .object,
            let start = value(ofMember: Array(name.utf8), in: bytes), bytes[start] == UInt8(ascii: "[")
        else { return nil }
        return cut(Array(bytes[start...])).map { ($0.lowerBound + start)..<($0.upperBound + start) }
    }

    /// Where the value of a member begins, in a text that is known to be a JSON object.
    private static func value(ofMember name: [UInt8], in bytes: [UInt8]) -> Int? {
        var depth = 0
        var index = 0
        var text: Range<Int>?
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let start = index + 1
                index = endOfString(bytes, from: start)
                text = start..<index
            case UInt8(ascii: ":"):
                if depth == 1, let text, bytes[text].elementsEqual(name) {
                    return bytes[(index + 1)...].firstIndex { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
                }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// Where the quotation mark stands that ends a string.
    private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while bytes[index] != UInt8(ascii: "\"") { index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1 }
        return index
    }
}
