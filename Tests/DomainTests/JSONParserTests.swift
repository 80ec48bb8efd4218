import Domain
import Testing

@Suite struct JSONParserTests {
    private func parse(_ text: String, limits: JSONLimits = .standard) throws(JSONError) -> JSONValue {
        try JSONParser.parse(Array(text.utf8), limits: limits)
    }

    @Test func `keeps members in order and numbers as written`() throws {
        let value = try parse(#" {"b": [1, -0.50, 1E+2, true, false, null], "a": {}, "": "x"} "#)
        #expect(
            value
                == .object([
                    JSONMember("b", [1, .number("-0.50"), .number("1E+2"), true, false, .null]),
                    JSONMember("a", [:]), JSONMember("", "x"),
                ])
        )
    }

    @Test(arguments: [
        ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"),
        ("\"\\u0041\\u00e9\\u20AC\\uD83d\\uDE00\\u0000\"", "Aé€😀\u{0}"),
        ("\"é€😀\u{7F}\u{2028}\"", "é€😀\u{7F}\u{2028}"),
        ("\"\\uFFFF\u{FFFD}\u{10FFFF}\"", "\u{FFFF}\u{FFFD}\u{10FFFF}"),
    ])
    func `decodes every escape`(text: String, expected: String) throws {
        #expect(try parse(text) == .string(expected))
    }

    @Test(arguments: [
        "0", "-0", "1", "10", "-1.5", "0.0", "1e5", "1E-5", "1.25e+10", "9223372036854775808", "1e308",
        "0e999", "1e-400",
        "123456789012345678901234567890",
    ])
    func `accepts every finite number of the grammar`(text: String) throws {
        #expect(try parse(text) == .number(text))
    }

    @Test(arguments: [
        "", " ", "-", "+1", "01", "-01", "00", "1.", ".5", "1e", "1e+", "0x10", "1_000", "NaN", "Infinity",
        "-Infinity",
        "1 2", "１", "--1", "1.2.3", "1e5.5",
        "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{a:1}",
        "{'a':1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}", "[}", "{]", "[1]]", "{\"a\":1}}", "[1}",
        "{\"a\":1]",
        "tru", "True", "nul", "nulll", "truefalse", "falsey", "undefined",
        "\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\u12\"", "\"\\u123g\"", "\"\\U0041\"", "\"a\nb\"", "\"a\tb\"",
        "\"\u{0}\"",
        "\"\u{1F}\"", "'a'", "\"a\"b", "\"a\" \"b\"",
        "//x\n1", "1 //x", "/* */1", "1 /* */", "# 1", "\u{FEFF}1", "\u{A0}1", "1\u{0}", "\u{B}1", "[1]\u{C}",
    ])
    func `60: refuses what is not in the grammar`(text: String) {
        let error = #expect(throws: JSONError.self) { try parse(text) }
        #expect(error?.code == "json_malformed")
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
            [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xBF],
        ] as [[UInt8]]
    )
    func `61: refuses bytes that are not UTF-8`(bytes: [UInt8]) {
        for padding in 0..<9 {
            let text = Array("\"".utf8) + Array(repeating: 0x61, count: padding) + bytes + Array("\"".utf8)
            let error = #expect(throws: JSONError.self) { try JSONParser.parse(text) }
            #expect(error == .invalidUTF8(offset: 1 + padding))
        }
    }

    @Test(arguments: [
        "\\uD800", "\\uDBFFx", "\\uDC00", "\\uDFFF", "\\uD800\\uD800", "\\uD800\\n", "\\uD800\\u0041",
    ])
    func `61: refuses halves of surrogate pairs`(escape: String) {
        #expect(throws: JSONError.loneSurrogate(offset: 1)) { try parse("\"\(escape)\"") }
    }

    @Test(arguments: ["1e309", "-1e309", "1e400", "1e999999999999999999999", "123e307"])
    func `59: refuses numbers beyond every Double`(text: String) {
        #expect(throws: JSONError.numberNotFinite(offset: 0)) { try parse(text) }
    }

    @Test func `59: refuses an integer of 400 digits and keeps 2 to the 63rd as written`() throws {
        #expect(throws: JSONError.numberNotFinite(offset: 0)) {
            try parse(String(repeating: "9", count: 400))
        }
        let value = try parse("9223372036854775808")
        #expect(value.number == "9223372036854775808")
        #expect(value.int64 == nil)
    }

    @Test(arguments: [
        (#"{"a":1,"a":2}"#, 7), (#"{"a":1,"b":2,"a":1}"#, 13), (#"{"a":1,"\u0061":2}"#, 7),
        (#"{"\u0061":1,"a":2}"#, 12),
        (#"{"":1,"":2}"#, 6), (#"[{"x":{"abcdefghij":1,"abcdefghi\u006a":2}}]"#, 22),
        (#"{"é":1,"\u00e9":2}"#, 8),
        (#"{"😀":1,"\uD83D\uDE00":2}"#, 10),
    ])
    func `56 and 57: refuses a name repeated in one object, however it is written`(text: String, offset: Int)
    {
        #expect(throws: JSONError.duplicateKey(offset: offset)) { try parse(text) }
    }

    @Test func `58: keeps names that are equal only after normalisation`() throws {
        let value = try parse("{\"caf\u{E9}\":1,\"cafe\u{301}\":2}")
        #expect(value.object?.count == 2)
        #expect(value["caf\u{E9}"] == 1)
        #expect(value["cafe\u{301}"] == 2)
    }

    @Test(arguments: [
        #"{"a":{"a":1},"b":{"a":1}}"#, #"[{"a":1},{"a":1}]"#, #"{"a":[{"a":1}],"aa":1,"A":2}"#,
        #"{"abcdefgh1":1,"abcdefgh2":2,"1abcdefgh":3,"abcdefgh":4,"abcdefg":5}"#,
    ])
    func `accepts equal names in different objects`(text: String) throws {
        _ = try parse(text)
    }

    @Test(arguments: [2, 31, 32, 33, 34, 1_000])
    func `finds a repeat among few and many names`(count: Int) throws {
        let members = (0..<count).map { "\"name-\($0)\":{\"x\":\($0)}" }
        _ = try parse("{\(members.joined(separator: ","))}")
        for place in [0, count / 2, count - 1] {
            let doubled = (members + [members[place]]).joined(separator: ",")
            let error = #expect(throws: JSONError.self) { try parse("{\(doubled)}") }
            #expect(error?.code == "json_duplicate_key")
        }
    }

    @Test func `accepts depth 64 and refuses depth 65`() throws {
        for (opening, closing) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = opening == "[" ? "" : "1"
            func nested(_ depth: Int) -> String {
                String(repeating: opening, count: depth) + inner + String(repeating: closing, count: depth)
            }
            _ = try parse(nested(64))
            #expect(throws: JSONError.tooDeep) { try parse(nested(65)) }
        }
    }

    @Test(arguments: [513, 100_000])
    func `54: refuses deep nesting without reading on`(depth: Int) {
        #expect(throws: JSONError.tooDeep) { try parse(String(repeating: "[", count: depth)) }
        #expect(throws: JSONError.tooDeep) { try parse(String(repeating: "{\"a\":", count: depth)) }
    }

    @Test func `accepts 50 000 values and refuses one more`() throws {
        func list(_ values: Int) -> String {
            "[" + Array(repeating: "1", count: values - 1).joined(separator: ",") + "]"
        }
        _ = try parse(list(50_000))
        #expect(throws: JSONError.tooManyNodes) { try parse(list(50_001)) }
    }

    @Test func `55: refuses a million tiny members`() {
        let members = (0..<1_000_000).lazy.map { "\"\(String($0, radix: 36))\":0" }.joined(separator: ",")
        #expect(throws: JSONError.tooManyNodes) { try parse("{\(members)}") }
    }

    @Test func `accepts a string of 256 KiB and refuses one byte more`() throws {
        let longest = String(repeating: "x", count: 256 * 1_024)
        #expect(try parse("\"\(longest)\"") == .string(longest))
        #expect(throws: JSONError.stringTooLong) { try parse("\"\(longest)x\"") }
        #expect(throws: JSONError.stringTooLong) { try parse("{\"\(longest)x\":1}") }
    }

    @Test func `62: refuses a string of 10 MB`() {
        let text = Array("\"".utf8) + Array(repeating: 0x61, count: 10_000_000) + Array("\"".utf8)
        #expect(throws: JSONError.stringTooLong) { try JSONParser.parse(text) }
    }

    @Test func `accepts a number of 1024 characters and refuses one more`() throws {
        let longest = "0." + String(repeating: "1", count: 1_022)
        #expect(try parse(longest) == .number(longest))
        #expect(throws: JSONError.numberTooLong) { try parse(longest + "1") }
    }

    @Test func `chosen names that share their ends cost no square`() throws {
        // Equal first and last eight bytes and equal lengths: one fingerprint for all 20 000 names.
        let members = (0..<20_000).map { number in
            "\"prefix--\(String(100_000 + number))--suffix\":0"
        }
        _ = try parse("{\(members.joined(separator: ","))}")
    }
}
