import Calls
import Domain
import Providers
import Testing

struct ProxyRulesTests {
    private func request(_ method: String, _ fields: [(String, String)] = []) -> ProxiedRequest {
        ProxiedRequest(method: method, path: "/v1/charges", query: "", headers: Headers(fields).fields)
    }

    @Test(arguments: [
        "/", "/v1/charges", "/dav/alice/home/", "/a%20b/%C3%A4", "/calendars/x%40example.com/events",
        "/a%2Fb",
        "/v1/a;b=c/d", "/.well-known/caldav", "/...", "/a..b", "/%252e%252e/x",
    ])
    func `a path that stays where it is put passes`(_ path: String) {
        #expect(ProxyRules.isSafe(path: path))
    }

    @Test(arguments: [
        "", "v1", "https://evil.example/", "/..", "/../x", "/a/..", "/a/./b", "/%2e%2e/x", "/%2E./x", "/.%2e",
        "/a%2f..%2fb", "/a%2f%2e%2e", "/..%5cb", "/a%5C..", "/..;/x", "/..;a=b/x", "/a//b", "//evil.example/",
        "/a%", "/a%2", "/a%zz", "/a%00", "/a%0d%0aHost:x", "/a%ff", "/%c0%ae%c0%ae/", "/a b", "/a\\b", "/a#b",
        "/a?b", "/a\u{7F}", "/ä",
    ])
    func `a path that could lead elsewhere, or be read in two ways, does not`(_ path: String) {
        #expect(!ProxyRules.isSafe(path: path))
    }

    @Test(arguments: [("/a//b", true), ("/a///", true), ("/", true), ("//a", false), ("/a//../b", false)])
    func `a store's path may have two slashes, but not first`(_ path: String, _ isSafe: Bool) {
        #expect(ProxyRules.isSafe(path: path, keepsEmptySegments: true) == isSafe)
    }

    @Test func `what is the caller's, Usher's or the connection's does not go on`() {
        let kept = ProxyRules.forwarded(
            Headers([
                ("Host", "usher"), ("Authorization", "Bearer x"), ("Cookie", "a=b"), ("Usher-Key", "k"),
                ("Usher-Wedding", "w"), ("Usher-Priority", "low"), ("Connection", "close, X-Hop"),
                ("Connection", "idempotency-key\tx-other"), ("X-Hop", "1"), ("Idempotency-Key", "k1"),
                ("X-Other", "2"), ("Transfer-Encoding", "chunked"), ("Content-Length", "3"),
                ("TE", "trailers"),
                ("Trailer", "x"), ("Upgrade", "h2c"), ("Expect", "100-continue"), ("Keep-Alive", "5"),
                ("Proxy-Authorization", "Basic x"), ("Proxy-Connection", "x"),
                ("X-Forwarded-For", "192.0.2.1"),
                ("Forwarded", "for=x"), ("Via", "1.1 x"), ("X-Api-Key", "ushk_0123"),
                ("Content-Type", "text/plain"), ("User-Agent", "Stripe/v1 PythonBindings"), ("Accept", "*/*"),
            ])
        )
        #expect(kept.map(\.name) == ["content-type", "user-agent", "accept"])
    }

    @Test
    func `an answer loses what is about the provider's host, what is forged, and what repeats a secret`() {
        let account = IntegrationAccount(
            provider: .openWeatherMap,
            baseURL: "https://api.openweathermap.org",
            credential: ["key": Secret("0123456789abcdef")]
        )
        let kept = ProxyRules.returned(
            Headers([
                ("Content-Type", "application/json"), ("Set-Cookie", "session=1"), ("Content-Length", "2"),
                ("Strict-Transport-Security", "max-age=1"), ("Usher-Proxy-Call", "prx_forged"),
                ("Transfer-Encoding", "chunked"), ("Connection", "x-hop"), ("X-Hop", "1"),
                ("Access-Control-Allow-Origin", "*"), ("Date", "now"), ("X-Odd", "a\u{1}b"),
                ("Location", "https://api.openweathermap.org/?appid=0123456789abcdef"), ("Retry-After", "3"),
                ("Location", "/elsewhere"),
            ]),
            account
        )
        #expect(kept.map(\.name) == ["content-type", "retry-after", "location"])
        #expect(kept.last?.value == "/elsewhere")
    }

    @Test func `the version is the one Usher knows, whatever the SDK asked for`() throws {
        let facts = try #require(CallCatalogue.facts(of: .stripe))
        for fields in [
            [], [("stripe-version", "2019-01-01")], [("stripe-version", "a"), ("stripe-version", "b")],
        ] {
            var request = request("GET", fields)
            #expect(ProxyRules.pin(&request, facts) == facts.apiVersion)
            #expect(request.headers == Headers([("stripe-version", facts.apiVersion)]).fields)
        }
        var other = request("GET")
        #expect(ProxyRules.pin(&other, try #require(CallCatalogue.facts(of: .twilio))) == nil)
        #expect(other.headers.isEmpty)
    }

    @Test func `only writes have keys, where the provider wants them`() throws {
        let stripe = IdempotencyContract.header("idempotency-key", lifetime: nil)
        let keyed = [("idempotency-key", "k1")]
        #expect(ProxyRules.key(of: request("POST", keyed), stripe) == .header)
        #expect(ProxyRules.key(of: request("DELETE", keyed), stripe) == .header)
        #expect(ProxyRules.key(of: request("GET", keyed), stripe) == .none)
        #expect(ProxyRules.key(of: request("POST"), stripe) == .none)
        #expect(ProxyRules.key(of: request("POST", [("idempotency-key", "")]), stripe) == .none)
        let square = IdempotencyContract.body("idempotency_key", lifetime: nil)
        #expect(ProxyRules.key(of: request("POST"), square) == .body("idempotency_key"))
        #expect(ProxyRules.key(of: request("PUT", keyed), IdempotencyContract.none) == .none)
        #expect(ProxyRules.hasKey(Array(#"{"idempotency_key":"k"}"#.utf8), "idempotency_key"))
        for text in [#"{"idempotency_key":""}"#, #"{"idempotency_key":1}"#, "{}", "idempotency_key=k", ""] {
            #expect(!ProxyRules.hasKey(Array(text.utf8), "idempotency_key"))
        }
    }

    @Test(arguments: ["GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"])
    func `what changes nothing is safe`(_ method: String) {
        #expect(ProxyRules.isSafe(method: method))
        #expect(ProxyRules.priority(method: method, nil) == .normal)
    }

    @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "MKCALENDAR", "PROPPATCH", "get"])
    func `everything else is not`(_ method: String) {
        #expect(!ProxyRules.isSafe(method: method))
    }
}
