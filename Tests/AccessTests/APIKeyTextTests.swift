import Access
import Domain
import Testing

@Suite struct APIKeyTextTests {
    // The id 01j9xq2m4cf7v8h3kz5w6n0rbt and the secrets 0, 1, … 7 four times, and 32 times 255. Computed with
    // Python: int.from_bytes(secret, "big") in base 62, zlib.crc32 of all before the last underscore.
    let low = "ushk_01j9xq2m4cf7v8h3kz5w6n0rbt_003aUlTJC7teO73DP8chKO7JYt3wzmyI16wmMeJOlcd_0Apcmj"
    let high = "ushk_01j9xq2m4cf7v8h3kz5w6n0rbt_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1_2bsnVE"

    @Test func `has prefix, id, secret and checksum`() throws {
        for text in [low, high] {
            let key = try #require(APIKeyText(Array(text.utf8)[...]))
            #expect(key.shown == text)
            #expect(key.id.description == "key_01j9xq2m4cf7v8h3kz5w6n0rbt")
        }
        #expect(low.wholeMatch(of: /ushk_[0-9a-z]{26}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/) != nil)
    }

    @Test func `is refused when any one character is changed`() {
        let bytes = Array(low.utf8)
        for position in bytes.indices {
            for replacement in UInt8.min...UInt8.max where replacement != bytes[position] {
                var damaged = bytes
                damaged[position] = replacement
                #expect(APIKeyText(damaged[...]) == nil, "\(replacement) at \(position)")
            }
        }
    }

    @Test func `is refused at every other length`() {
        for length in 0..<low.utf8.count { #expect(APIKeyText(Array(low.utf8).prefix(length)) == nil) }
        for suffix in ["\n", " ", "0", "\u{0}"] {
            #expect(APIKeyText(Array((low + suffix).utf8)[...]) == nil)
        }
    }

    @Test func `is found inside other text`() {
        for text in ["GET /api/events?key=\(low)&x=1", low, "ushk_ushk_ush\(low)k_", "\u{1F600}\(low)"] {
            #expect(APIKeyText.firstOccurrence(in: Array(text.utf8))?.shown == low)
        }
        for text in [
            "", "ushk_", String(low.dropLast()), low.lowercased(), String(repeating: "ushk_", count: 99),
        ] {
            #expect(APIKeyText.firstOccurrence(in: Array(text.utf8)) == nil)
        }
    }

    @Test func `is not shown when it is printed or dumped`() throws {
        let key = try #require(APIKeyText(Array(low.utf8)[...]))
        var dumped = ""
        dump(key, to: &dumped)
        for shown in ["\(key)", String(reflecting: key), dumped] { #expect(!shown.contains("003aUl")) }
    }
}

@Suite struct APIKeyLabelTests {
    @Test func `has up to 64 bytes`() {
        #expect(APIKeyLabel(String(repeating: "a", count: 64))?.text.count == 64)
        #expect(APIKeyLabel(String(repeating: "é", count: 32)) != nil)
        #expect(APIKeyLabel("Foto Müller, 2nd shooter 📷") != nil)
        for text in ["", String(repeating: "a", count: 65), String(repeating: "é", count: 33)] {
            #expect(APIKeyLabel(text) == nil)
        }
    }

    @Test(arguments: [
        "a\nb", "a\r\nb", "\u{1B}[2J", "a\u{0}", "\u{85}", "\u{2028}", "\u{202E}evil", "\u{2066}", "\u{FEFF}",
    ])
    func `holds nothing that disguises a line`(text: String) {
        #expect(APIKeyLabel(text) == nil)
    }
}
