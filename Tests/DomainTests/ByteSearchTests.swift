import Domain
import Testing

@Suite struct ByteSearchTests {
    @Test(arguments: [
        ("a call_1", "call_", true), ("call_", "call_", true), ("call", "call_", false),
        ("ccall_", "call_", true),
        ("x", "", true), ("", "", true), ("", "a", false), ("cal call_", "call_", true),
        ("CALL_", "call_", false),
    ])
    func `a word is found wherever it stands`(text: String, word: String, isThere: Bool) {
        #expect(Array(text.utf8).holds(Array(word.utf8)) == isThere)
    }
}
