import Domain
import Testing
import UsherTesting
import Vault

@Suite struct RootKeyTests {
    // 32 bytes 0, 1, … 31. Text and key id computed with Python: base64.urlsafe_b64encode, zlib.crc32, and
    // hashlib.sha256(b"usher-kid-v1" + key)[:8].
    let text = "ushrk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8_518e34f2"

    @Test func `has one text and one id`() throws {
        let key = try RootKey.parse(text)
        #expect(key.text == text)
        #expect(Hex.encode(key.keyID) == "1eb562ce59a3ba95")
    }

    @Test func `is made of 32 random bytes`() throws {
        let key = RootKey.generate(random: .counting)
        #expect(key.text == "ushrk1_AAECAwQFBgcAAQIDBAUGBwABAgMEBQYHAAECAwQFBgc_5ed10619")
        #expect(try RootKey.parse(key.text).keyID == key.keyID)
    }

    @Test func `is refused when it is truncated anywhere`() {
        for length in 1..<text.utf8.count {
            let cut = String(text.prefix(length))
            let problem: RootKeyTextProblem =
                length < RootKey.prefix.utf8.count ? .prefix : .truncated(length)
            #expect(throws: VaultError.rootKeyText(problem)) { try RootKey.parse(cut) }
        }
        #expect(throws: VaultError.rootKeyText(.empty)) { try RootKey.parse("") }
    }

    @Test func `is refused when any one character is changed`() {
        let bytes = Array(text.utf8)
        for position in bytes.indices {
            for replacement in [
                UInt8(ascii: "A"), UInt8(ascii: "z"), UInt8(ascii: "0"), UInt8(ascii: "_"), 0xC3,
            ]
            where replacement != bytes[position] {
                var damaged = bytes
                damaged[position] = replacement
                #expect(throws: VaultError.self) {
                    try RootKey.parse(String(decoding: damaged, as: UTF8.self))
                }
            }
        }
    }

    @Test(arguments: ["\n", "\r\n", " ", "\t", "\u{0}", "\u{7F}"])
    func `is refused with white space or control characters in it`(character: String) {
        for damaged in [
            text + character, character + text, "\(text.prefix(20))\(character)\(text.dropFirst(20))",
        ] {
            #expect(throws: VaultError.rootKeyText(.whiteSpace)) { try RootKey.parse(damaged) }
        }
    }

    @Test func `is refused when it is longer or in capitals`() {
        #expect(throws: VaultError.rootKeyText(.tooLong(60))) { try RootKey.parse(text + "0") }
        #expect(throws: VaultError.rootKeyText(.prefix)) { try RootKey.parse(text.uppercased()) }
        let capitalChecksum = text.dropLast(8) + "518E34F2"
        #expect(throws: VaultError.rootKeyText(.checksum)) { try RootKey.parse(String(capitalChecksum)) }
    }

    @Test func `is refused in a second spelling of the same bytes`() {
        // `9` instead of `8` as the last digit differs in bits that are not part of the key.
        let twin = text.replacing("Hh8_", with: "Hh9_")
        #expect(throws: VaultError.rootKeyText(.characters)) { try RootKey.parse(twin) }
    }

    @Test func `is not shown when it is printed or dumped`() throws {
        let key = try RootKey.parse(text)
        var dumped = ""
        dump(key, to: &dumped)
        for shown in ["\(key)", String(reflecting: key), dumped] {
            #expect(!shown.contains("AAECAw"))
        }
    }

    @Test func `names what is wrong in a sentence`() {
        let problems: [RootKeyTextProblem] = [
            .empty, .whiteSpace, .prefix, .truncated(20), .tooLong(70), .characters, .checksum,
        ]
        #expect(Set(problems.map { VaultError.rootKeyText($0).description }).count == problems.count)
        #expect(VaultError.rootKeyText(.truncated(20)).description.contains("20 of 59"))
    }
}
