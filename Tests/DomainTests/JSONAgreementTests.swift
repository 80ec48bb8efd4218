import Domain
import Testing

/// Random texts: the parser, the scanner and the writer must agree about every one.
@Suite struct JSONAgreementTests {
    private static let rounds = 4_000

    @Test(arguments: [UInt64](1...4))
    func `parser and scanner give one verdict and one value`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var accepted = 0
        for round in 0..<Self.rounds {
            var text = value(&random, depth: 0).serialized(pretty: random.next() % 2 == 0)
            for _ in 0..<random.next() % 3 { mutate(&text, &random) }
            let pointers = try (0..<3).map { _ in try pointer(&random) }
            let tree = Result { () throws(JSONError) in try JSONParser.parse(text) }
            let scan = Result { () throws(JSONError) in
                try JSONScanner.scan(text, pointers: JSONPointerSet(pointers))
            }
            switch (tree, scan) {
            case (.success(let tree), .success(let found)):
                accepted += 1
                for (pointer, found) in zip(pointers, found) {
                    #expect(found == tree[pointer].map(asFound), "seed \(seed), round \(round), \(pointer)")
                }
                #expect(try JSONParser.parse(tree.serialized()) == tree, "seed \(seed), round \(round)")
                #expect(
                    try JSONParser.parse(tree.serialized(pretty: true)) == tree,
                    "seed \(seed), round \(round)"
                )
            case (.failure(let tree), .failure(let scan)):
                #expect(tree == scan, "seed \(seed), round \(round)")
            default:
                Issue.record("seed \(seed), round \(round): \(String(decoding: text, as: UTF8.self))")
            }
        }
        #expect(accepted > Self.rounds / 5 && accepted < Self.rounds)
    }

    private func asFound(_ value: JSONValue) -> JSONScanner.Found {
        switch value {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let literal): .number(Array(literal.utf8))
        case .string(let text): .string(Array(text.utf8))
        case .array: .array
        case .object: .object
        }
    }

    private let names = [
        "a", "b", "id", "0", "1", "é", "e\u{301}", "a/b", "m~n", "", "a long name of more than 16 bytes",
    ]

    private func value(_ random: inout SeededRandom, depth: Int) -> JSONValue {
        switch random.next() % (depth < 4 ? 9 : 5) {
        case 0: return .null
        case 1: return .bool(random.next() % 2 == 0)
        case 2: return .integer(Int64(truncatingIfNeeded: random.next()) >> Int64(random.next() % 64))
        case 3: return .fraction(Double(bitPattern: random.next()))
        case 4: return .string(text(&random))
        case 5, 6: return .array((0..<random.next() % 5).map { _ in value(&random, depth: depth + 1) })
        default:
            var members: [JSONMember] = []
            for name in names where random.next() % 3 == 0 {
                members.append(JSONMember(name, value(&random, depth: depth + 1)))
            }
            return .object(members)
        }
    }

    private func text(_ random: inout SeededRandom) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "\"", "\\", "\n", "\u{0}", "\u{7F}", "é", "\u{2028}", "😀", "\u{FFFF}", "/",
        ]
        var text = ""
        for _ in 0..<random.next() % 20 {
            text.unicodeScalars.append(alphabet[Int(random.next() % UInt64(alphabet.count))])
        }
        return text
    }

    private func pointer(_ random: inout SeededRandom) throws -> JSONPointer {
        var text = ""
        for _ in 0..<random.next() % 4 {
            let name = names[Int(random.next() % UInt64(names.count))]
            text += "/" + (name == "a/b" ? "a~1b" : name == "m~n" ? "m~0n" : name)
        }
        return try #require(JSONPointer(text))
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let alphabet = Array("\"\\{}[]:,.0123eE+-tfnu /\n".utf8) + [0x00, 0x80, 0xC3, 0xED, 0xFF]
        let byte = alphabet[Int(random.next() % UInt64(alphabet.count))]
        let place = Int(random.next() % UInt64(bytes.count + 1))
        switch random.next() % 4 {
        case 0: bytes.insert(byte, at: place)
        case 1 where place < bytes.count: bytes[place] = byte
        case 2 where place < bytes.count: bytes.remove(at: place)
        default: bytes.insert(contentsOf: bytes[..<place].suffix(8), at: place)
        }
    }
}
