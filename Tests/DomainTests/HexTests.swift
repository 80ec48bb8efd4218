import Domain
import Testing

@Suite struct HexTests {
    @Test func `writes lower case and reads it back`() {
        let bytes: [UInt8] = [0x00, 0x0F, 0xA0, 0xFF]
        #expect(Hex.encode(bytes) == "000fa0ff")
        #expect(Hex.encode(bytes, letterCase: .upper) == "000FA0FF")
        #expect(Hex.decode("000fa0ff") == bytes)
        #expect(Hex.decode("") == [])
    }

    @Test(arguments: ["0", "0g", "0 ", " 00", "0x00", "00\n", "é0", "０0", "/0", ":0", "`0", "@0"])
    func `refuses what is not a whole number of digits`(text: String) {
        #expect(Hex.decode(text) == nil)
        #expect(Hex.decode(text, letterCase: .upper) == nil)
        #expect(Hex.decode(text, letterCase: .any) == nil)
    }

    @Test func `reads only the letters it is told to`() {
        #expect(Hex.decode("Ab", letterCase: .any) == [0xAB])
        #expect(Hex.decode("AB") == nil)
        #expect(Hex.decode("Ab") == nil)
        #expect(Hex.decode("ab", letterCase: .upper) == nil)
        #expect(Hex.decode("AB", letterCase: .upper) == [0xAB])
    }
}
