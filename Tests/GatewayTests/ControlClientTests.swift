import Domain
import Gateway
import Synchronization
import Testing

/// A server that answers from a script and keeps what it was asked.
private final class ScriptedServer: Sendable {
    private let state: Mutex<(answers: [ControlResponse], asked: [ControlMessage])>

    init(_ answers: [ControlResponse]) {
        state = Mutex((answers, []))
    }

    var asked: [ControlMessage] { state.withLock { $0.asked } }

    func client(_ url: String = "http://127.0.0.1:8080", key: String? = nil) throws -> ControlClient {
        try ControlClient(
            address: ControlAddress(url),
            key: key.map { Secret($0) },
            send: { message in
                self.state.withLock { state in
                    state.asked.append(message)
                    return state.answers.isEmpty ? ControlResponse(status: 500) : state.answers.removeFirst()
                }
            }
        )
    }
}

private func answer(_ body: String, status: Int = 200, headers: [(String, String)] = []) -> ControlResponse {
    ControlResponse(status: status, headers: Headers(headers), body: Array(body.utf8))
}

private func problem(_ status: Int, headers: [(String, String)] = [], _ more: String = "") -> ControlResponse
{
    let body = #"{"type":"urn:x","title":"No.","status":\#(status),"code":"some-code"\#(more)}"#
    return answer(body, status: status, headers: headers)
}

struct ControlClientTests {
    @Test func `a request carries the key, asks for JSON and encodes what it must`() async throws {
        let server = ScriptedServer([answer("{}")])
        _ = try await server.client("http://localhost:8080/", key: "ushk_1").get(
            "/api/events",
            query: [(name: "type", value: "a b&c=*"), (name: "source", value: "é")]
        )
        let asked = try #require(server.asked.first)
        #expect(asked.url == "http://localhost:8080/api/events?type=a%20b%26c%3D%2A&source=%C3%A9")
        #expect(asked.headers.contains { $0.name == "authorization" && $0.value == "Bearer ushk_1" })
        #expect(asked.body.isEmpty)
    }

    @Test func `an empty object is sent as no body`() async throws {
        let server = ScriptedServer([answer("{}"), answer("{}")])
        let client = try server.client()
        _ = try await client.post("/a")
        _ = try await client.post("/a", ["b": 1])
        #expect(server.asked.map { String(decoding: $0.body, as: UTF8.self) } == ["", #"{"b":1}"#])
        #expect(server.asked.map { $0.headers.contains { $0.name == "content-type" } } == [false, true])
    }

    @Test func `a document that is no JSON comes as it is`() async throws {
        let server = ScriptedServer([answer("a,b\n1,2\n"), problem(403)])
        let client = try server.client()
        #expect(try await client.text("/api/health/report", query: [("format", "csv")]) == "a,b\n1,2\n")
        await #expect(throws: ControlError.self) { try await client.text("/api/health/report") }
    }

    @Test func `an answer without a body is null`() async throws {
        let server = ScriptedServer([ControlResponse(status: 204)])
        #expect(try await server.client().delete("/api/keys/key_1") == .null)
    }

    @Test(arguments: ["http://192.168.0.7", "http://usher.example.com:8080", "http://127.0.0.1.example.com"])
    func `a key never leaves this machine unencrypted unless that is wanted`(_ url: String) throws {
        let address = try ControlAddress(url)
        #expect(throws: ControlError.unprotectedKey(url: url)) {
            try ControlClient(address: address, key: Secret("k"), send: { _ in ControlResponse(status: 200) })
        }
        _ = try ControlClient(address: address, key: nil, send: { _ in ControlResponse(status: 200) })
        _ = try ControlClient(
            address: address,
            key: Secret("k"),
            plainHTTP: true,
            send: { _ in ControlResponse(status: 200) }
        )
    }

    @Test(arguments: [
        "http://127.0.0.1:1", "http://localhost", "http://[::1]:8080", "https://usher.example.com",
    ])
    func `a key goes to this machine, or encrypted anywhere`(_ url: String) throws {
        let address = try ControlAddress(url)
        _ = try ControlClient(address: address, key: Secret("k"), send: { _ in ControlResponse(status: 200) })
    }

    @Test func `401 says whether a key was given`() async throws {
        let server = ScriptedServer([problem(401), problem(401)])
        await #expect(throws: ControlError.unauthorized(keyGiven: false)) {
            _ = try await server.client().get("/api/events")
        }
        await #expect(throws: ControlError.unauthorized(keyGiven: true)) {
            _ = try await server.client(key: "k").get("/api/events")
        }
        #expect("\(ControlError.unauthorized(keyGiven: false))".contains("USHER_API_KEY"))
    }

    @Test func `a refusal says what the server said, with details and when to try again`() async throws {
        let server = ScriptedServer([
            problem(429, headers: [("retry-after", "7")], #","detail":"Slow down.","errors":["one","two"]"#)
        ])
        let client = try server.client()
        await #expect(
            throws: ControlError.refused(
                status: 429,
                code: "some-code",
                text: "No. Slow down.",
                details: ["errors: one", "errors: two"],
                retryAfterSeconds: 7
            )
        ) {
            _ = try await client.get("/api/events")
        }
    }

    @Test(arguments: [
        answer("<html>", status: 502), answer("<html>"), answer(#"{"error":"no"}"#, status: 404),
    ])
    func `what does not speak Usher's API is named`(_ response: ControlResponse) async throws {
        let client = try ScriptedServer([response]).client()
        await #expect(throws: ControlError.notUsher(url: "http://127.0.0.1:8080", status: response.status)) {
            _ = try await client.get("/api/events")
        }
    }
}

struct ControlListTests {
    @Test func `a list is read page by page, by the cursor of the page before`() async throws {
        let server = ScriptedServer([
            answer(#"{"data":[1,2],"next":"a b"}"#), answer(#"{"data":[3],"next":"c"}"#),
            answer(#"{"data":[],"next":null}"#),
        ])
        let list = try server.client().list("/api/events", query: [(name: "source", value: "stripe")])
        #expect(try await list.elements() == [1, 2, 3])
        #expect(
            server.asked.map(\.url) == [
                "http://127.0.0.1:8080/api/events?source=stripe&limit=200",
                "http://127.0.0.1:8080/api/events?source=stripe&limit=200&cursor=a%20b",
                "http://127.0.0.1:8080/api/events?source=stripe&limit=200&cursor=c",
            ]
        )
    }

    @Test func `no more is asked for than wanted`() async throws {
        let server = ScriptedServer([answer(#"{"data":[1,2,3],"next":"a"}"#)])
        #expect(try await server.client().list("/x", limit: 3).elements() == [1, 2, 3])
        #expect(server.asked.count == 1)
        #expect(server.asked.first?.url.hasSuffix("limit=3") == true)
    }

    @Test func `nothing is asked for when nothing is wanted`() async throws {
        let server = ScriptedServer([])
        #expect(try await server.client().list("/x", limit: 0).elements() == [])
        #expect(server.asked.isEmpty)
    }

    @Test func `a cursor that stands still ends the list`() async throws {
        let page = answer(#"{"data":[1],"next":"a"}"#)
        let server = ScriptedServer([page, page, page])
        #expect(try await server.client().list("/x").elements() == [1, 1])
    }
}

struct ControlAddressTests {
    @Test(arguments: [
        "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://user@host", "http://host?x=1",
        "http://host#x", "",
    ])
    func `what is no address of a server is refused`(_ text: String) {
        #expect(throws: ControlError.self) { try ControlAddress(text) }
    }

    @Test func `slashes at the end are dropped, a path stays`() throws {
        #expect(try ControlAddress("https://example.com/usher//").text == "https://example.com/usher")
    }
}

struct ControlSettingsTests {
    private func resolver(_ environment: [String: String], files: [String: String] = [:]) -> SecretResolver {
        SecretResolver(
            environment: { environment[$0] },
            file: { path throws(SecretResolutionError.Reason) in
                guard let text = files[path] else { throw .unreadable("there is no such file") }
                return Array(text.utf8)
            }
        )
    }

    private func text(_ key: Secret?) -> String? {
        key.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    @Test func `what is given comes before the environment`() throws {
        let resolver = resolver(["USHER_URL": "http://a", "USHER_API_KEY": "k1", "OTHER": "k2"])
        let given = try ControlSettings(url: "http://b", key: "env:OTHER", resolver: resolver)
        #expect(given.address.text == "http://b")
        #expect(text(given.key) == "k2")
        let environment = try ControlSettings(url: nil, key: nil, resolver: resolver)
        #expect(environment.address.text == "http://a")
        #expect(text(environment.key) == "k1")
    }

    @Test func `the demonstration's key is for this machine only`() throws {
        let resolver = resolver([:], files: [ControlSettings.demonstrationKeyPath: "k3\n"])
        #expect(text(try ControlSettings(url: nil, key: nil, resolver: resolver).key) == "k3")
        #expect(try ControlSettings(url: "https://example.com", key: nil, resolver: resolver).key == nil)
    }

    @Test func `a key that cannot be read is an error, no key is none`() throws {
        #expect(throws: SecretResolutionError.self) {
            try ControlSettings(url: nil, key: "file:gone", resolver: resolver([:]))
        }
        #expect(try ControlSettings(url: nil, key: nil, resolver: resolver([:])).key == nil)
    }
}
