import Domain
import Testing

@Suite struct JSONScannerTests {
    private func scan(_ text: String, _ pointers: [String]) throws -> [JSONScanner.Found?] {
        let set = JSONPointerSet(try pointers.map { try #require(JSONPointer($0)) })
        return try JSONScanner.scan(Array(text.utf8), pointers: set)
    }

    private func string(_ text: String) -> JSONScanner.Found {
        .string(Array(text.utf8))
    }

    @Test func `finds values of every kind in one pass`() throws {
        let text = #"""
            {"id": "evt_1", "n": -1.5e3, "t": true, "f": false, "z": null,
             "data": {"object": {"id": "pi_1", "list": [1, {"x": "y"}, [2]]}}, "type": "a.b"}
            """#
        let found = try scan(
            text,
            [
                "/id", "/type", "/n", "/t", "/f", "/z", "/data", "/data/object/id", "/data/object/list",
                "/none", "/id/x",
            ]
        )
        #expect(
            found == [
                string("evt_1"), string("a.b"), .number(Array("-1.5e3".utf8)), .bool(true), .bool(false),
                .null,
                .object, string("pi_1"), .array, nil, nil,
            ]
        )
    }

    @Test func `finds elements of arrays by number`() throws {
        let text = #"{"a":[10,{"b":"x"},[20,30],[],{}, "last"]}"#
        let found = try scan(
            text,
            ["/a/0", "/a/1/b", "/a/2/1", "/a/3/0", "/a/4/b", "/a/5", "/a/6", "/a/00", "/a/-"]
        )
        #expect(
            found == [
                .number([0x31, 0x30]), string("x"), .number([0x33, 0x30]), nil, nil, string("last"), nil, nil,
                nil,
            ]
        )
    }

    @Test func `takes a number in a pointer for a member's name in an object`() throws {
        #expect(try scan(#"{"a":{"0":"x"}}"#, ["/a/0"]) == [string("x")])
    }

    @Test func `finds the whole text at the empty pointer`() throws {
        #expect(try scan("\"x\"", [""]) == [string("x")])
        #expect(try scan("{}", ["", "/a"]) == [.object, nil])
    }

    @Test func `compares names as decoded bytes and decodes what it finds`() throws {
        let text = #"{"\u0069d":"a\u00e9\n","a/b":{"m~n":1},"e\u0301":2}"#
        let found = try scan(text, ["/id", "/a~1b/m~0n", "/e\u{301}", "/\u{E9}"])
        #expect(found == [string("aé\n"), .number([0x31]), .number([0x32]), nil])
    }

    @Test func `does not take names of inner or following objects for its own`() throws {
        let text = #"{"x":{"id":1,"y":[{"id":2}]},"list":[{"id":3}],"z":{"z":{"id":4}},"id":5}"#
        #expect(try scan(text, ["/id"]) == [.number([0x35])])
        #expect(try scan(text, ["/z/id", "/z/z/id"]) == [nil, .number([0x34])])
    }

    @Test func `gives one value to two equal pointers`() throws {
        #expect(try scan(#"{"a":"x"}"#, ["/a", "/a"]) == [string("x"), string("x")])
    }

    @Test func `refuses a text that is broken after the last value it looks for`() {
        #expect(throws: JSONError.malformed(offset: 11)) { try scan(#"{"id":"x", b}"#, ["/id"]) }
        #expect(throws: JSONError.self) { try scan(#"{"id":"x"} x"#, ["/id"]) }
        #expect(throws: JSONError.self) { try scan(#"{"id":"x","b":{"c":1,"c":2}}"#, ["/id"]) }
    }

    @Test func `reads whole numbers only as such`() throws {
        let found = try scan("[7, 7.0, 7e0, 9223372036854775808, \"7\"]", ["/0", "/1", "/2", "/3", "/4"])
        #expect(found.map { $0?.int64 } == [7, nil, nil, nil, nil])
    }
}
