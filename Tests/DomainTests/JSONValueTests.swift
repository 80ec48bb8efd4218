import Domain
import Testing

@Suite struct JSONValueTests {
    private let value: JSONValue = [
        "a": ["b": [10, ["c": "x"]]], "t": true, "n": .null, "": 1, "a/b": 2, "m~n": 3,
    ]

    @Test func `gives each kind by its own name only`() {
        let string: JSONValue = "x"
        #expect(string.string == "x")
        #expect(string.bool == nil && string.int64 == nil && string.array == nil && string.object == nil)
        #expect(value["t"]?.bool == true)
        #expect(value["n"]?.isNull == true)
        #expect(value["none"] == nil)
        #expect(JSONValue.number("3.0").int64 == nil)
        #expect(JSONValue.number("3").int64 == 3)
    }

    @Test(arguments: [
        ("/a/b/0", JSONValue.number("10")), ("/a/b/1/c", "x"), ("/", 1), ("/a~1b", 2), ("/m~0n", 3),
        ("/t", true),
    ])
    func `follows pointers`(pointer: String, expected: JSONValue) {
        #expect(value.pointer(pointer) == expected)
    }

    @Test(arguments: ["/a/b/2", "/a/b/-", "/a/b/01", "/a/b/x", "/t/x", "/zz", "a", "/m~n", "/~", "/~2"])
    func `finds nothing where nothing stands`(pointer: String) {
        #expect(value.pointer(pointer) == nil)
    }

    @Test func `the empty pointer is the whole value`() {
        #expect(value.pointer("") == value)
    }

    @Test(arguments: ["", "/", "/a/b", "/a~1b/~0", "//", "/é"])
    func `writes a pointer as it was read`(text: String) throws {
        #expect(try #require(JSONPointer(text)).description == text)
    }

    @Test func `reads a pointer of 1024 bytes and refuses a longer one`() {
        #expect(JSONPointer("/" + String(repeating: "x", count: 1_023)) != nil)
        #expect(JSONPointer("/" + String(repeating: "x", count: 1_024)) == nil)
    }

    @Test func `compares texts as bytes`() {
        #expect(JSONValue.string("\u{E9}") != .string("e\u{301}"))
        #expect(JSONMember("\u{E9}", 1) != JSONMember("e\u{301}", 1))
        #expect(Set([JSONValue.string("\u{E9}"), .string("e\u{301}"), .string("\u{E9}")]).count == 2)
        #expect(JSONValue.number("1") != .number("1.0"))
        #expect(JSONPointer("/\u{E9}") != JSONPointer("/e\u{301}"))
    }

    @Test func `says where a text is broken, never what it holds`() {
        let errors: [JSONError] = [
            .malformed(offset: 7), .invalidUTF8(offset: 7), .loneSurrogate(offset: 7),
            .duplicateKey(offset: 7),
            .numberNotFinite(offset: 7), .numberTooLong, .stringTooLong, .tooDeep, .tooManyNodes,
        ]
        #expect(Set(errors.map(\.code)).count == errors.count)
        #expect(Set(errors.map(\.description)).count == errors.count)
        #expect(errors.prefix(5).allSatisfy { $0.description.hasSuffix("byte 7") })
    }
}
