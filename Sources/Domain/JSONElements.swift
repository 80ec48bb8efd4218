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
                if byte == UInt8(ascii: "]") { depth = 0 }
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
