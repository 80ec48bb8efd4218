import Domain
import Providers
import Testing

@Suite
struct URLPartsTests {
    @Test
    func `a URL is taken apart without decoding`() throws {
        let parts = try #require(URLParts("HTTPS://Api.Example.com:443/a%2Fb/c?q=%20#part"))
        #expect(parts.origin == "https://api.example.com")
        #expect(parts.host == "api.example.com")
        #expect(parts.site == "example.com")
        #expect(parts.path == "/a%2Fb/c")
        #expect(parts.query == "q=%20")
        #expect(URLParts("http://127.0.0.1:8080")?.authority == "127.0.0.1:8080")
        #expect(URLParts("http://[::1]:8080/x")?.host == "[::1]")
    }

    @Test(arguments: [
        "", "/path", "ftp://example.com/", "https://", "https://user:pass@example.com/",
        "https://exa mple.com/",
        "https://example.com\\@evil.net/", "https:/example.com", "https://example.com/\u{E9}",
        "https://example.com/" + String(repeating: "a", count: 8_192),
    ])
    func `what could be read in two ways is none`(text: String) {
        #expect(URLParts(text) == nil)
    }

    @Test(arguments: [
        ("a%20b%2F", "a b/"), ("%C3%A9+", "é+"), ("%zz", nil), ("%2", nil), ("%FF", nil), ("", ""),
    ])
    func `percent-encoding is undone strictly`(text: String, decoded: String?) {
        #expect(WireText.percentDecoded(text) == decoded)
    }
}
