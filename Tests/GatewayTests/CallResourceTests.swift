import Calls
import Domain
import Gateway
import HTTPAPI
import Testing
import Transport
import UsherTesting

/// Calls through the API: what a read shares, and what the provider sent.
@Suite(.timeLimit(.minutes(1)))
struct CallResourceTests {
    private static let key = "0123456789abcdef0123456789abcdef"
    private static let answer = """
        {"weather":[{"id":800,"icon":"01d"}],"main":{"temp":24.5,"feels_like":24.1,"pressure":1015,"humidity":40},
         "wind":{"speed":2.1,"deg":80},"clouds":{"all":0},"dt":1700000000,"timezone":3600,"cod":200}
        """

    private func withWeather(_ body: @escaping @Sendable (GatewayBench) async throws -> Void) async throws {
        try await withGateway { bench in
            try await bench.addIntegration("weather", "openweathermap", ["key": .string(Self.key)])
            bench.upstream.answer { _ in
                OutgoingResponse(
                    status: 200,
                    headers: Headers([("content-type", "application/json"), ("x-echo", Self.key)]),
                    body: Array(Self.answer.utf8)
                )
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bench.services.calls.run() }
                defer { group.cancelAll() }
                try await body(bench)
            }
        }
    }

    private func ask(_ bench: GatewayBench, _ more: [JSONMember] = []) async throws -> JSONValue {
        let members: [JSONMember] = [
            JSONMember("capability", "weather"), JSONMember("operation", "current"),
            JSONMember("input", ["latitude": 40, "longitude": -3]),
        ]
        let answer = try await bench.send(.post, "/api/calls", .object(members + more), key: bench.admin)
        #expect(answer.status == 200 && answer.json["state"]?.string == "succeeded", "\(answer.json)")
        return answer.json
    }

    private func show(
        _ bench: GatewayBench,
        _ call: JSONValue,
        _ query: String = ""
    ) async throws -> JSONValue {
        let id = try #require(call["id"]?.string)
        let answer = try await bench.send(.get, "/api/calls/\(id)\(query)", key: bench.admin)
        #expect(answer.status == 200)
        return answer.json
    }

    @Test func `a read says whose answer it took and how old that was`() async throws {
        try await withWeather { bench in
            let first = try await ask(bench)
            #expect(first["answered_from"] == .null)
            bench.clock.advance(by: .seconds(240))
            let second = try await ask(bench)
            let source: JSONValue = ["call": first["id"] ?? .null, "age_seconds": 240]
            #expect(
                second["answered_from"] == source && second["reply"] == first["reply"],
                "\(first) \(second)"
            )
            let told = try await show(bench, second)
            #expect(told["attempts"]?.array?.isEmpty == true)
            let words = "Answered from \(first["id"]?.string ?? "-"), 4 min old. It is done by weather."
            #expect(told["explanation"]?.string == words)
            let fresh = try await ask(bench, [JSONMember("fresh", true)])
            #expect(fresh["answered_from"] == .null && bench.upstream.requests.count == 2)
        }
    }

    @Test func `what the provider sent is shown to who may write, without the credential`() async throws {
        try await withWeather { bench in
            let asked = try await ask(bench, [JSONMember("raw", true)])
            let raw = try #require(try await show(bench, asked, "?raw=true")["raw"])
            #expect(raw["status"]?.int64 == 200 && raw["encoding"]?.string == "utf-8")
            #expect(raw["body"]?.string == Self.answer && raw["cut"]?.bool == false)
            let fields: JSONValue = [["name": "content-type", "value": "application/json"]]
            #expect(raw["headers"] == fields)
            #expect(try await show(bench, asked)["raw"] == nil)
            #expect(try await show(bench, asked, "?raw=false")["raw"] == nil)
            let plain = try await ask(bench, [JSONMember("fresh", true)])
            #expect(try await show(bench, plain, "?raw=true")["raw"] == .null)
            let reader = try await bench.key("read")
            let id = try #require(asked["id"]?.string)
            #expect(try await bench.send(.get, "/api/calls/\(id)", key: reader).status == 200)
            #expect(try await bench.send(.get, "/api/calls/\(id)?raw=true", key: reader).status == 403)
        }
    }
}
