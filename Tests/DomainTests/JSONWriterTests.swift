import Domain
import Testing

@Suite struct JSONWriterTests {
    private let value: JSONValue = [
        "b": [1, .number("1.50"), "x", true, .null], "a": [:], "c": [], "d": ["e": "f"],
    ]

    @Test func `writes members in order without spaces`() {
        let text = #"{"b":[1,1.50,"x",true,null],"a":{},"c":[],"d":{"e":"f"}}"#
        #expect(String(decoding: value.serialized(), as: UTF8.self) == text)
    }

    @Test func `writes one member or element a line when pretty`() {
        let text = """
            {
              "b": [
                1,
                1.50,
                "x",
                true,
                null
              ],
              "a": {},
              "c": [],
              "d": {
                "e": "f"
              }
            }
            """
        #expect(String(decoding: value.serialized(pretty: true), as: UTF8.self) == text)
    }

    @Test func `escapes what would break a line, a script or a terminal`() {
        let text = JSONValue.string("\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1B}\u{7F}\u{2028}\u{2029}é😀")
        let expected = #""\"\\/\b\f\n\r\t\u0000\u001b\u007f\u2028\u2029é😀""#
        #expect(String(decoding: text.serialized(), as: UTF8.self) == expected)
    }

    @Test func `writes numbers that read back as themselves`() {
        #expect(JSONValue.fraction(0.1) == .number("0.1"))
        #expect(JSONValue.fraction(.infinity) == .null)
        #expect(JSONValue.fraction(.nan) == .null)
        #expect(JSONValue.integer(Int64.min).int64 == .min)
        #expect(JSONValue.fraction(1e100).double == 1e100)
    }
}
