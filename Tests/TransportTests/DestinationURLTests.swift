import Testing
import Transport

struct DestinationURLTests {
    private func code(_ text: String, _ policy: AddressPolicy = .publicOnly) -> String? {
        do throws(DestinationURLError) {
            _ = try DestinationURL(text, policy: policy)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: [
        ("https://example.com", "https://example.com/"),
        ("HTTPS://Example.COM:443/Path", "https://example.com/Path"),
        ("https://example.com:8443?a=1", "https://example.com:8443/?a=1"),
        (
            "https://a.b-c.example.com/x//y/../z;p=1?q=%2F&r=a+b",
            "https://a.b-c.example.com/x//y/../z;p=1?q=%2F&r=a+b"
        ),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/"),
        ("https://1.1.1.1/", "https://1.1.1.1/"),
        ("https://[2606:4700:0:0:0:0:0:1111]:8443/", "https://[2606:4700::1111]:8443/"),
    ])
    func `reads a good URL into its canonical form`(text: String, canonical: String) throws {
        let url = try DestinationURL(text, policy: .publicOnly)
        #expect(url.text == canonical)
        #expect(try DestinationURL(canonical, policy: .publicOnly) == url)
    }

    /// Attacks 28 to 42 of the security design, refused when a destination is saved.
    @Test(arguments: [
        ("https://169.254.169.254/", "url_refused_address"), ("http://169.254.169.254/", "url_plain_http"),
        ("https://[::ffff:169.254.169.254]/", "url_refused_address"),
        ("https://[64:ff9b::a9fe:a9fe]/", "url_refused_address"),
        ("https://[2002:a9fe:a9fe::1]/", "url_refused_address"),
        ("https://127.1/", "url_host"), ("https://0x7f.1/", "url_host"), ("https://2130706433/", "url_host"),
        ("https://0177.0.0.1/", "url_host"), ("https://0/", "url_host"), ("https://0x7f000001/", "url_host"),
        ("https://127.0.0.1/", "url_refused_address"), ("https://10.0.0.1/", "url_refused_address"),
        ("https://[::1]/", "url_refused_address"), ("https://[::]/", "url_refused_address"),
        ("https://a.com\\@b.com/", "url_user_info"), ("https://a.com\\b.com/", "url_host"),
        ("https://127。0。0。1/", "url_host"), ("https://ⓔxample.com/", "url_host"),
        ("https://bücher.example/", "url_host"),
        ("https://a.com%00.b.com/", "url_host"), ("https://a.com\u{0}.b.com/", "url_host"),
        ("https://a.com%2f.b.com/", "url_host"), ("https://a.com\n.b.com/", "url_host"),
        ("https://a b.com/", "url_host"),
        ("https://user@example.com/", "url_user_info"), ("https://user:pass@example.com/", "url_user_info"),
        ("https://example.com@127.0.0.1/", "url_user_info"), ("https://@example.com/", "url_user_info"),
        ("gopher://example.com/", "url_scheme"), ("file:///etc/passwd", "url_scheme"),
        ("ftp://example.com/", "url_scheme"),
        ("//example.com/", "url_scheme"), ("example.com", "url_scheme"), ("", "url_scheme"),
        (" https://a.com/", "url_scheme"),
        ("https:/example.com", "url_scheme"), ("https:\\\\example.com", "url_scheme"),
        ("javascript:alert(1)", "url_scheme"),
        ("https://example.com:22/", "url_refused_port"), ("https://example.com:6379/", "url_refused_port"),
        ("https://example.com:25/", "url_refused_port"), ("https://example.com:80/", "url_refused_port"),
        ("https://example.com:11211/", "url_refused_port"), ("https://example.com:1023/", "url_refused_port"),
        ("https://example.com:0/", "url_port"), ("https://example.com:/", "url_port"),
        ("https://example.com:65536/", "url_port"),
        ("https://example.com:0443/", "url_port"), ("https://example.com:+443/", "url_port"),
        ("https://example.com:443:443/", "url_port"), ("https://example.com:４４３/", "url_port"),
        ("https://[fe80::1%eth0]/", "url_host"), ("https://[fe80::1%25eth0]/", "url_host"),
        ("https://[fe80::1]/", "url_refused_address"), ("https://[127.0.0.1]/", "url_host"),
        ("https://[::1/", "url_host"),
        ("https://[::1]x/", "url_host"), ("https://[v1.x]/", "url_host"),
        ("https:///path", "url_host"), ("https://.example.com/", "url_host"),
        ("https://example..com/", "url_host"),
        ("https://example.com./", "url_host"), ("https://-a.com/", "url_host"),
        ("https://a-.com/", "url_host"),
        ("https://a_b.com/", "url_host"), ("https://example.1com/", "url_host"),
        ("https://*.com/", "url_host"),
        ("https://localhost/", "url_refused_address"), ("https://intranet/", "url_refused_address"),
        ("https://a.localhost/", "url_refused_address"), ("https://printer.local/", "url_refused_address"),
        ("https://metadata.google.internal/", "url_refused_address"),
        ("https://nas.home.arpa/", "url_refused_address"),
        ("https://example.com/#x", "url_fragment"), ("https://example.com#@b.com/", "url_fragment"),
        ("https://example.com/a b", "url_path"), ("https://example.com/\r\nX: y", "url_path"),
        ("https://example.com/%", "url_path"), ("https://example.com/%2", "url_path"),
        ("https://example.com/%zz", "url_path"),
        ("https://example.com/ä", "url_path"), ("https://example.com/\\", "url_path"),
        ("https://example.com/[", "url_path"),
    ])
    func `refuses a URL that is anything but plain`(text: String, expected: String) {
        #expect(code(text) == expected)
    }

    @Test
    func `lengths are limited`() {
        let start = "https://example.com/"
        let fits = start + String(repeating: "a", count: DestinationURL.bytesMax - start.utf8.count)
        #expect(code(fits) == nil)
        #expect(code(fits + "a") == "url_too_long")
        let label = String(repeating: "a", count: 63)
        #expect(code("https://\(label).com/") == nil)
        #expect(code("https://\(label)a.com/") == "url_host")
        let long = Array(repeating: label, count: 4).joined(separator: ".")
        #expect(code("https://\(long.dropLast(6)).com/") == nil)
        #expect(code("https://\(long.dropLast(5)).com/") == "url_host")
    }

    @Test(
        arguments: [
            ("http://127.0.0.1:3000/hooks", nil), ("http://localhost/", nil), ("http://app:8080/", nil),
            ("http://[::1]:3000/", nil),
            ("https://10.0.0.1/", nil), ("http://192.168.1.1:443/", nil), ("http://example.com/", nil),
            ("http://127.0.0.1:6379/", "url_refused_port"), ("http://127.0.0.1:22/", "url_refused_port"),
            ("http://169.254.169.254/", "url_refused_address"), ("http://[fe80::1]/", "url_refused_address"),
            ("http://0.0.0.0/", "url_refused_address"), ("http://127.1/", "url_host"),
            ("http://user@localhost/", "url_user_info"),
        ] as [(String, String?)]
    )
    func `private destinations may be private, and nothing more`(text: String, expected: String?) {
        #expect(code(text, AddressPolicy(allowPrivate: true)) == expected)
    }

    @Test
    func `a saved URL is checked again under a stricter policy`() throws {
        let url = try DestinationURL("http://127.0.0.1:3000/", policy: AddressPolicy(allowPrivate: true))
        #expect(throws: DestinationURLError.plainHTTP) { try url.check(.publicOnly) }
    }
}
