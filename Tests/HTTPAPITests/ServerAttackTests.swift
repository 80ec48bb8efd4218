import Domain
import HTTPAPI
import Testing
import UsherTesting

/// Cases 44 to 52 and 67 to 72 of the attack list, byte for byte through a socket.
@Suite(.timeLimit(.minutes(1))) struct `HTTP server under smuggling` {
    private static let smuggled: [(String, String)] = [
        ("length and chunks", "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("two lengths", "content-length: 2\r\ncontent-length: 3\r\n\r\nabc"),
        ("one length twice", "content-length: 2\r\ncontent-length: 2\r\n\r\nab"),
        ("list of lengths", "content-length: 2, 2\r\n\r\nab"),
        ("signed length", "content-length: +2\r\n\r\nab"),
        ("hexadecimal length", "content-length: 0x2\r\n\r\nab"),
        ("negative length", "content-length: -2\r\n\r\nab"),
        ("length of 2 to the 64th", "content-length: 18446744073709551616\r\n\r\nab"),
        ("unknown coding", "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("chunked not last", "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        ("identity before chunked", "transfer-encoding: identity, chunked\r\n\r\n0\r\n\r\n"),
        ("two codings", "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("vertical tab", "transfer-encoding: \u{0b}chunked\r\n\r\n0\r\n\r\n"),
        ("space before colon", "transfer-encoding : chunked\r\n\r\n0\r\n\r\n"),
        ("folded field", "transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        ("bare line feed", "x: 1\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("bare carriage return", "x: 1\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("NUL in a value", "x: a\u{0}b\r\n\r\n"),
        ("NUL in a name", "x\u{0}: ab\r\n\r\n"),
        ("no colon", "x\r\n\r\n"),
        ("chunk size overflow", "transfer-encoding: chunked\r\n\r\n10000000000000002\r\nab\r\n0\r\n\r\n"),
        ("signed chunk size", "transfer-encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n"),
        ("chunk longer than its size", "transfer-encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"),
    ]

    @Test(arguments: smuggled)
    func `refuses a request that could be cut in two places`(_ name: String, _ rest: String) async throws {
        try await TestServer().run { server in
            let attack =
                "POST /a HTTP/1.1\r\nhost: h\r\n" + rest + "GET /smuggled HTTP/1.1\r\nhost: h\r\n\r\n"
            let answer = try await server.exchange(attack)
            #expect(status(answer) == 400, "\(name)")
            #expect(answer.contains("\r\nconnection: close\r\n"))
            #expect(!answer.contains("/smuggled"))
        }
    }

    @Test(arguments: [
        "GET / HTTP/2.0\r\nhost: h\r\n\r\n", "GET / HTTP/1.1 \r\nhost: h\r\n\r\n",
        "GET /\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "GET /caf\u{e9} HTTP/1.1\r\nhost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nhost: h\r\nauthorization: caf\u{e9}\r\n\r\n",
    ])
    func `refuses what is not HTTP as we serve it`(_ attack: String) async throws {
        try await TestServer().run { server in
            let answer = try await server.exchange(attack)
            #expect(status(answer) == 400)
            #expect(answer.contains("content-type: application/problem+json\r\n"))
        }
    }

    @Test func `refuses latin-1 bytes where it matters, and lets them pass elsewhere`() async throws {
        try await TestServer().run { server in
            let start = Array("POST /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\n".utf8)
            let latin: [UInt8] = [0x61, 0xE9, 0x0D, 0x0A, 0x0D, 0x0A]
            for (name, expected) in [("stripe-signature: ", 400), ("cf-ipcity: ", 200)] {
                let client = try await server.connect()
                client.send(start + Array(name.utf8) + latin)
                #expect(await status(client.receiveToEnd()) == expected)
            }
        }
    }

    @Test(arguments: [
        ("GET http://evil.example/", "", 421), ("TRACE /", "", 405), ("CONNECT h:443", "", 405),
        ("POST /", "x-http-method-override: DELETE\r\n", 405),
        ("POST /", "content-encoding: gzip\r\ncontent-length: 0\r\n", 415),
        ("POST /", "expect: 200-ok\r\ncontent-length: 1\r\n", 417), ("GET //hook//stripe", "", 404),
        ("GET /hook/%2e%2e%2fetc", "", 404),
    ])
    func `refuses what the guard refuses`(_ line: String, _ fields: String, _ expected: Int) async throws {
        try await TestServer().run { server in
            let answer = try await server.exchange(line + " HTTP/1.1\r\nhost: h\r\n" + fields + "\r\n")
            #expect(status(answer) == expected)
        }
    }

    @Test func `does not read a request after one it refused`() async throws {
        let body = String(repeating: "x", count: 11)
        try await TestServer(policy: RequestPolicy(bodyBytesMax: 10)).run { server in
            let answer = try await server.exchange(
                "POST /a HTTP/1.1\r\nhost: h\r\ncontent-length: 11\r\n\r\n" + body
                    + "GET /after HTTP/1.1\r\nhost: h\r\n\r\n"
            )
            #expect(status(answer) == 413)
            #expect(!answer.contains("/after"))
        }
    }

    @Test func `closes after an answer to a request that asks for an upgrade`() async throws {
        try await TestServer().run { server in
            let fields =
                "host: h\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n"
            let answer = try await server.exchange("GET /a HTTP/1.1\r\n" + fields + "\r\n")
            #expect(answer.hasSuffix("GET /a 0"))
            #expect(answer.contains("\r\nconnection: close\r\n"))
        }
    }

    @Test func `ignores what is sent in a trailer`() async throws {
        try await TestServer(handler: { request in
            APIResponse(status: request.headers.first("stripe-signature") == nil ? 401 : 200)
        }).run { server in
            let answer = try await server.exchange(
                "POST /a HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n"
                    + "trailer: stripe-signature\r\n\r\n2\r\n{}\r\n0\r\nstripe-signature: t=1,v1=00\r\n\r\n"
            )
            #expect(status(answer) == 401)
        }
    }
}
