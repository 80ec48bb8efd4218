import Domain
import Testing

@Suite struct SecretTests {
    private struct Holder {
        let secret = Secret("whsec_hidden")
    }

    @Test func `never shows itself`() {
        let secret = Secret("whsec_hidden")
        var dumped = ""
        dump(Holder(), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(Holder())", "\([secret])", dumped] {
            #expect(!text.contains("whsec"))
            #expect(!text.contains("119"))
        }
        #expect("\(secret)" == "<redacted>")
    }

    @Test func `holds the bytes of its text`() {
        #expect(Secret("é").bytes == [0xC3, 0xA9])
        #expect(Secret([1, 2]).bytes == [1, 2])
    }
}
