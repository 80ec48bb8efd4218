import Domain
import Testing

@Suite struct JSONElementsTests {
    private func elements(_ text: String) throws -> [String]? {
        let bytes = Array(text.utf8)
        return try JSONElements.ranges(in: bytes)?.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(arguments: [
        ("[]", []), (" [ ] ", []), ("[1]", ["1"]), ("[1,2]", ["1", "2"]),
        (" [ 1 ,\r\n\"a\" , null ]\r\n", ["1", "\"a\"", "null"]),
        (#"[{"a":[1,2]},[3,[4]],{}]"#, [#"{"a":[1,2]}"#, "[3,[4]]", "{}"]),
        (#"["],[","\"],\\",{"a":"}"}]"#, [#""],[""#, #""\"],\\""#, #"{"a":"}"}"#]),
        (#"[ { "a" : 1 } , -1.5e3 ]"#, [#"{ "a" : 1 }"#, "-1.5e3"]),
        ("[\"\"]", ["\"\""]),
    ])
    func `cuts an array into its elements as they were written`(text: String, expected: [String]) throws {
        #expect(try elements(text) == expected)
    }

    @Test(arguments: ["{}", "1", "\"[1]\"", "null", #"{"a":[1]}"#])
    func `gives nothing for JSON that is no array`(text: String) throws {
        #expect(try elements(text) == nil)
    }

    @Test(arguments: ["", "[", "[1,]", "[1]]", "[1] x", "9[1]", "[{\"a\":1,\"a\":2}]"])
    func `is as strict as the parser`(text: String) {
        #expect(throws: JSONError.self) { try elements(text) }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `agrees with the parser on random arrays`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let values = (0..<Int(random.next() % 5)).map { _ in value(&random, depth: 3) }
            let bytes = JSONValue.array(values).serialized(pretty: random.next() % 2 == 0)
            let ranges = try #require(try JSONElements.ranges(in: bytes))
            #expect(try ranges.map { try JSONParser.parse(Array(bytes[$0])) } == values, "seed \(seed)")
        }
    }

    private func value(_ random: inout SeededRandom, depth: Int) -> JSONValue {
        switch random.next() % (depth > 0 ? 5 : 3) {
        case 0: .integer(Int64(bitPattern: random.next()))
        case 1: .string(["", "a,b", "]", "}{", "\\\"", "é\n"][Int(random.next() % 6)])
        case 2: .null
        case 3: .array((0..<Int(random.next() % 3)).map { _ in value(&random, depth: depth - 1) })
        default:
            .object(
                (0..<Int(random.next() % 3)).map {
                    JSONMember("k\($0)", value(&random, depth: depth - 1))
                }
            )
        }
    }
}
