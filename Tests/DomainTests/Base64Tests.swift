import Domain
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `writes and reads the examples of the RFC`(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        let bare = String(text.prefix { $0 != "=" })
        #expect(Base64.encode(Array(plain.utf8), .urlSafe) == bare)
        #expect(Base64.decode(bare, .urlSafe) == Array(plain.utf8))
    }

    @Test func `has an alphabet for URLs`() {
        let bytes: [UInt8] = [0xFB, 0xFF, 0xBE]
        #expect(Base64.encode(bytes) == "+/++")
        #expect(Base64.encode(bytes, .urlSafe) == "-_--")
        #expect(Base64.decode("-_--") == nil)
        #expect(Base64.decode("+/++", .urlSafe) == nil)
    }

    @Test(arguments: [
        "YWJ=", "YWI", "YWI==", "YWJj=", "YWJj====", "Y===", "=", "====", "YW=I", "YW==YWI=", " YWI=",
        "YWI=\n", "YW I",
        "YWI=é", "Zh==", "Zm9=",
    ])
    func `refuses every text but the canonical one`(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zg==", "Zh", "Zm9", "Z", "Zm9vY"])
    func `refuses padding and loose bits in the URL alphabet`(text: String) {
        #expect(Base64.decode(text, .urlSafe) == nil)
    }

    @Test func `reads back what it writes, and only that`() {
        var random = SeededRandom(seed: 1)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            for alphabet in [Base64.Alphabet.standard, .urlSafe] {
                let text = Base64.encode(bytes, alphabet)
                #expect(Base64.decode(text, alphabet) == bytes)
                var other = Array(text.utf8)
                guard !other.isEmpty else { continue }
                other[Int(random.next() % UInt64(other.count))] = UInt8(random.next() % 128)
                guard other != Array(text.utf8), let read = Base64.decode(other[...], alphabet) else {
                    continue
                }
                #expect(Array(Base64.encode(read, alphabet).utf8) == other)
            }
        }
    }
}
