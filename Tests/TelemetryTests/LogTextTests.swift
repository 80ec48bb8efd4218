import Telemetry
import Testing

struct LogTextTests {
    /// Attack 83: what a stranger sends must not make a second line, colour a terminal or turn text around.
    @Test(arguments: [
        ("plain text, ünïcödé and 漢字", "plain text, ünïcödé and 漢字"),
        ("a\nb", "a\\nb"),
        ("a\r\nb", "a\\r\\nb"),
        ("a\tb", "a\\tb"),
        ("\u{1b}[31mred\u{1b}[0m", "\\u{1b}[31mred\\u{1b}[0m"),
        ("a\u{0}b\u{7f}", "a\\u{0}b\\u{7f}"),
        ("a\u{85}b\u{2028}c\u{2029}d", "a\\u{85}b\\u{2028}c\\u{2029}d"),
        ("user\u{202e}gpj.exe", "user\\u{202e}gpj.exe"),
        ("\u{2066}a\u{2069}\u{200b}\u{feff}", "\\u{2066}a\\u{2069}\\u{200b}\\u{feff}"),
        ("\u{9b}31m", "\\u{9b}31m"),
        ("\\n", "\\\\n"),
        ("", ""),
    ])
    func `escapes what would leave its line`(text: String, safe: String) {
        #expect(LogText(text).description == safe)
    }

    @Test
    func `shows broken UTF-8 as such`() {
        #expect(LogText(bytes: [0x61, 0xFF, 0x62]).description == "a\\u{fffd}b")
    }

    @Test
    func `cuts beyond the limit and not at it`() {
        #expect(LogText("12345", lengthMax: 5).description == "12345")
        #expect(LogText("123456", lengthMax: 5).description == "1234…")
        #expect(LogText("1234\n", lengthMax: 5).description == "1234…")
        #expect(LogText("123\n", lengthMax: 5).description == "123\\n")
        #expect(LogText(String(repeating: "𝄞", count: 6), lengthMax: 5).description == "𝄞𝄞𝄞𝄞…")
    }

    @Test
    func `a long text costs no more than its limit`() {
        let long = String(repeating: "\u{1b}", count: 1_000_000)
        #expect(LogText(long).description.unicodeScalars.count <= LogText.lengthMax)
    }
}
