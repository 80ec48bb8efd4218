import Access
import Dashboard
import Domain
import HTTPAPI
import Testing

@Suite struct SignInTests {
    @Test(arguments: ["/", "/events", "/calls/call_x", "/settings"])
    func `sends a stranger to the door`(_ path: String) async throws {
        try await Visitor.with { visitor in
            let answer = try await visitor.get(path)
            #expect(answer.status == 303)
            #expect(answer.headers.first("location")?.hasPrefix("/sign-in") == true)
            #expect(visitor.orders.isEmpty)
        }
    }

    @Test func `tells the script of a page that the session is over`() async throws {
        try await Visitor.with { visitor in
            let answer = try await visitor.get("/events", "fragment=1")
            #expect(answer.status == 401)
        }
    }

    @Test func `keeps the session from scripts and from other sites`() async throws {
        try await Visitor.with { visitor in
            try await visitor.signIn()
            let out = await visitor.post("/sign-out", ["form_token": try await visitor.token()])
            let cookie = try #require(out.headers.first("set-cookie"))
            for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=0"] {
                #expect(cookie.contains(part))
            }
            #expect(try await visitor.get("/events").status == 303)
        }
    }

    @Test func `refuses wrong keys alike, and makes whoever guesses wait`() async throws {
        try await Visitor.with { visitor in
            for _ in 0..<10 {
                let answer = await visitor.post("/sign-in", ["key": "ushk_nonsense"])
                #expect(answer.status == 403)
                #expect(answer.headers.first("set-cookie") == nil)
            }
            let answer = await visitor.post("/sign-in", ["key": "ushk_nonsense"])
            #expect(answer.status == 429)
            #expect(answer.text.contains("Try again in"))
        }
    }

    @Test(arguments: ["//evil.example", "https://evil.example", "/\\evil.example", "/api/events", "events"])
    func `leads nowhere but to pages of its own`(_ next: String) async throws {
        try await Visitor.with { visitor in
            let page = try await visitor.get("/sign-in", "next=\(next.replacing("/", with: "%2F"))")
            #expect(page.text.contains("name=\"next\" value=\"/\""))
        }
    }

    @Test func `takes no key from another site's form`() async throws {
        try await Visitor.with { visitor in
            let answer = await visitor.post("/sign-in", ["key": "ushk_nonsense"], site: "cross-site")
            #expect(answer.status == 403)
        }
    }

    @Test func `allows its own content and nothing else`() async throws {
        try await Visitor.with { visitor in
            let answer = try await visitor.get("/sign-in")
            let policy = try #require(answer.headers.first("content-security-policy"))
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'"))
            #expect(answer.headers.first("referrer-policy") == "same-origin")
            #expect(answer.headers.first("cross-origin-opener-policy") == "same-origin")
            #expect(answer.headers.first("cache-control") == nil, "the server adds no-store")
            let style = try #require(answer.text.split(separator: "stylesheet\" href=\"").dropFirst().first)
            let asset = try await visitor.get(String(style.prefix { $0 != "\"" }))
            #expect(asset.headers.first("cache-control") == "public, max-age=31536000, immutable")
            #expect(asset.headers.first("content-type") == "text/css; charset=utf-8")
            #expect(try await visitor.get("/assets/usher-00000000.css").status == 303)
        }
    }
}
