import Domain
import HTTPAPI
import Testing

@Suite struct `Request guard` {
    private func head(
        _ method: String = "POST",
        _ target: String = "/api/integrations/webhooks/stripe",
        minorVersion: Int = 1,
        _ fields: [(String, String)] = [("host", "hooks.example.com")]
    ) -> RequestHead {
        RequestHead(method: method, target: target, minorVersion: minorVersion, headers: Headers(fields))
    }

    private func problem(_ head: RequestHead) -> Problem? {
        do {
            _ = try RequestGuard.check(head)
            return nil
        } catch {
            return error
        }
    }

    private func status(_ fields: [(String, String)]) -> Int? {
        problem(head("POST", "/x", [("host", "h")] + fields))?.status
    }

    @Test func `takes an ordinary webhook`() throws {
        let accepted = try RequestGuard.check(
            head("POST", "/a/b?limit=5", [("host", "h:8080"), ("content-length", "12")])
        )
        #expect(accepted.method == .post)
        #expect(accepted.path == "/a/b")
        #expect(accepted.query["limit"] == "5")
        #expect(accepted.contentLength == 12)
        #expect(accepted.keepsAlive)
        #expect(!accepted.expectsContinue)
    }

    @Test func `passes what goes to a provider on as it was sent`() throws {
        let query = "expand[]=a&expand[]=b&uploads&x=%7e+%zz&"
        for path in ["/api/proxy/shop/v1/a%20b%2Fc/~x/", "/api/proxy/shop/", "/api/proxy/shop"] {
            let accepted = try RequestGuard.check(
                head("REPORT", "\(path)?\(query)", [("host", "h"), ("content-encoding", "gzip")])
            )
            #expect(accepted.path == path)
            #expect(accepted.query.text == query && accepted.query.parameters.isEmpty)
            #expect(accepted.method == .report)
        }
    }

    @Test(arguments: [
        "/api/proxy/shop/../../keys", "/api/proxy/../keys", "/api/proxy/shop/%2e%2e/x",
        "/api/proxy/shop/a%2f..%2fb", "/api/proxy/shop/a%0d%0ab", "/api/proxy/shop/%",
    ])
    func `and nothing that could lead elsewhere`(_ target: String) {
        #expect([400, 404].contains(problem(head("GET", target))?.status))
    }

    @Test(arguments: ["PROPFIND", "REPORT", "MKCALENDAR", "PROPPATCH", "MKCOL"])
    func `knows the methods of CalDAV for providers only`(_ method: String) {
        #expect(problem(head(method, "/api/proxy/icloud/dav/")) == nil)
        #expect(problem(head(method, "/api/calls"))?.status == 405)
        #expect(problem(head(method, "/api/proxy"))?.status == 405)
    }

    @Test func `overrides of the method and two framings do not pass to providers either`() {
        let target = "/api/proxy/shop/v1"
        let cases = [
            [("x-http-method-override", "DELETE")],
            [("transfer-encoding", "chunked"), ("content-length", "3")],
            [("transfer-encoding", "gzip, chunked")], [("content-length", "1"), ("content-length", "1")],
            [("host", "other.example")],
        ]
        for fields in cases {
            #expect(
                [400, 405].contains(problem(head("POST", target, [("host", "h")] + fields))?.status),
                "\(fields)"
            )
        }
    }

    @Test func `wants exactly one host`() {
        #expect(problem(head("GET", "/", []))?.code == "invalid-host")
        #expect(problem(head("GET", "/", [("host", "a"), ("host", "a")]))?.code == "invalid-host")
        #expect(problem(head("GET", "/", [("host", "")]))?.code == "invalid-host")
        #expect(problem(head("GET", "/", [("host", "a b")]))?.code == "invalid-host")
        #expect(problem(head("GET", "/", [("host", "user@a")]))?.code == "invalid-host")
        #expect(problem(head("GET", "/", [("host", "[::1]:8080")])) == nil)
    }

    @Test func `lets HTTP 1.0 leave the host out, and then closes`() throws {
        let accepted = try RequestGuard.check(head("GET", "/", minorVersion: 0, []))
        #expect(!accepted.keepsAlive)
        let kept = try RequestGuard.check(head("GET", "/", minorVersion: 0, [("connection", "Keep-Alive")]))
        #expect(kept.keepsAlive)
    }

    @Test func `refuses an absolute form for another host`() throws {
        let other = head("GET", "http://evil.example/x", [("host", "h")])
        #expect(problem(other)?.status == 421)
        let same = try RequestGuard.check(head("GET", "http://H/x?a=1", [("host", "h")]))
        #expect(same.path == "/x")
        #expect(same.query["a"] == "1")
        #expect(try RequestGuard.check(head("GET", "https://h", [("host", "h")])).path == "/")
        #expect(problem(head("GET", "http://h@evil.example/", [("host", "h")]))?.status == 421)
        #expect(problem(head("OPTIONS", "*", [("host", "h")]))?.status == 400)
        #expect(problem(head("GET", "gopher://h/x", [("host", "h")]))?.status == 400)
    }

    @Test(arguments: ["TRACE", "CONNECT", "PROPFIND", "post", "G"])
    func `refuses methods it does not serve`(_ method: String) {
        let problem = problem(head(method))
        #expect(problem?.status == 405)
        #expect(problem?.headers.first("allow")?.contains("POST") == true)
    }

    @Test(arguments: ["x-http-method-override", "x-http-method", "x-method-override"])
    func `refuses to change the method by a field`(_ name: String) {
        #expect(status([(name, "DELETE")]) == 405)
    }

    @Test(arguments: [
        "/hook/%2e%2e%2fetc", "/a%2Fb", "/%00", "/%0d%0a", "/%c0%ae", "/%252e", "//hook//stripe", "/hook/",
        "/hook;x=1", "/.", "/a/../b", "/%41", "/%7e", "/%zz", "/%", "/%4", "/%ff", "/a%5Cb", "/%e2%82",
        "/%3b",
        "/x%3B", "/%e2%82%ac",
    ])
    func `gives no path two spellings`(_ target: String) {
        #expect(problem(head("GET", target))?.status == 404)
    }

    @Test(arguments: ["/caf\u{e9}", "/a b", "/a\\b", "/a#b", "/a\u{7f}", "/STR\u{131}PE"])
    func `refuses bytes that no path has`(_ target: String) {
        #expect(problem(head("GET", target))?.status == 400)
    }

    @Test func `keeps escapes that are needed`() throws {
        #expect(try RequestGuard.check(head("GET", "/a%20b/%E2%82%AC")).path == "/a%20b/%E2%82%AC")
    }

    @Test(arguments: ["a=1&a=2", "a", "=1", "a=1&", "&", "a=%zz", "a=%ff", "a=%00", "a=%0a", "%61=1&a=2"])
    func `refuses an ambiguous query`(_ query: String) {
        #expect(problem(head("GET", "/x?" + query))?.status == 400)
    }

    @Test(arguments: [
        ("transfer-encoding", "identity, chunked"), ("transfer-encoding", "gzip, chunked"),
        ("transfer-encoding", "xchunked"), ("transfer-encoding", "identity"), ("content-length", "+2"),
        ("content-length", "0x2"), ("content-length", "18446744073709551616"), ("content-length", "-1"),
        ("content-length", ""), ("content-length", "2, 2"), ("content-length", "\u{ff12}"),
    ])
    func `refuses every other framing than one length or chunks`(_ name: String, _ value: String) {
        #expect(status([(name, value)]) == 400)
    }

    @Test func `refuses two lengths and a length beside chunks`() {
        #expect(status([("content-length", "2"), ("content-length", "2")]) == 400)
        #expect(status([("content-length", "2"), ("transfer-encoding", "chunked")]) == 400)
        #expect(status([("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")]) == 400)
        #expect(
            problem(head("POST", "/", minorVersion: 0, [("transfer-encoding", "chunked")]))?.status == 400
        )
    }

    @Test(arguments: ["gzip", "br", "identity, gzip", "deflate"])
    func `reads no encoded bodies`(_ encoding: String) {
        #expect(status([("content-encoding", encoding)]) == 415)
        #expect(status([("content-encoding", "Identity")]) == nil)
    }

    @Test func `understands no other expectation than 100-continue`() throws {
        #expect(status([("expect", "200-maybe")]) == 417)
        let accepted = try RequestGuard.check(head("POST", "/", [("host", "h"), ("expect", "100-Continue")]))
        #expect(accepted.expectsContinue)
    }

    @Test(arguments: [
        "authorization", "host", "stripe-signature", "x-hub-signature-256", "webhook-id", "webhook-timestamp",
        "x-forwarded-for", "idempotency-key", "x-my-token", "x-hmac-sha1",
    ])
    func `wants plain ASCII where it decides who speaks`(_ name: String) {
        let fields = name == "host" ? [("host", "h\u{fffd}")] : [("host", "h"), (name, "a\u{fffd}b")]
        #expect(problem(head("POST", "/x", fields))?.status == 400)
        #expect(status([("cf-ipcity", "M\u{fc}nchen")]) == nil)
    }

    @Test func `ends a connection that asks for an upgrade, for nothing after it is parsed`() throws {
        let fields = [("host", "h"), ("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c")]
        #expect(try !RequestGuard.check(head("GET", "/", fields)).keepsAlive)
        #expect(
            try !RequestGuard.check(head("GET", "/", [("host", "h"), ("connection", "x, Close")])).keepsAlive
        )
    }
}
