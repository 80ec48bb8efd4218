import Domain
import Providers
import Registry
import Storage
import Testing
import Transport
import UsherTesting

struct ConsentFlowTests {
    private struct Scene {
        let bench: RegistryBench
        let upstream: ScriptedUpstream
        let flow: ConsentFlow

        /// Begins a flow and gives the parameters of the consent page's URL.
        func begin(_ vendor: String = "anna", template: String? = nil) async throws -> FormValues {
            let url = try await flow.begin(
                vendor: name(vendor),
                provider: .googleCalendar,
                template: template.map(name)
            )
            let parts = url.split(separator: "?", maxSplits: 1).map(String.init)
            try #require(parts.first == "https://accounts.example.com/auth" && parts.count == 2)
            return FormValues(parts[1])
        }
    }

    /// The pairs of a query, percent-decoded where these tests need it: not at all.
    private struct FormValues {
        let values: [String: String]

        init(_ text: String) {
            let pairs = text.split(separator: "&").map {
                $0.split(separator: "=", maxSplits: 1).map(String.init)
            }
            values = Dictionary(pairs.map { ($0[0], $0.count > 1 ? $0[1] : "") }) { first, _ in first }
        }

        subscript(name: String) -> String { values[name] ?? "" }
    }

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        try await withRegistry { bench in
            let upstream = ScriptedUpstream()
            upstream.answer { _ in tokens("at-1", life: 3_600, refresh: "rt-1") }
            let flow = ConsentFlow(
                database: bench.database,
                vault: bench.vault,
                registry: bench.registry,
                upstream: upstream.upstream,
                time: bench.clock.time,
                random: .seeded(7),
                publicURL: "https://hooks.example.com",
                addressPolicy: { AddressPolicy(allowPrivate: $0) }
            )
            try await bench.commit(.google("google", refresh: nil))
            try await body(Scene(bench: bench, upstream: upstream, flow: flow))
        }
    }

    @Test func `a consent becomes the vendor's own integration`() async throws {
        try await withScene { scene in
            let query = try await scene.begin()
            #expect(query["response_type"] == "code" && query["client_id"] == "client")
            #expect(query["code_challenge_method"] == "S256" && query["code_challenge"].count == 43)
            #expect(query["state"].count == 43 && query["access_type"] == "offline")
            let outcome = try await scene.flow.finish(.code("c-1", state: query["state"]))
            let made = try #require(scene.bench.integration("anna-google-calendar"))
            #expect(
                outcome
                    == .connected(integration: made.name, vendor: name("anna"), title: "google-calendar")
            )
            #expect(made.definition.vendor == name("anna") && made.consent == nil && made.owner == .api)
            #expect(made.account().text("refresh_token") == "rt-1")
            #expect(made.account().text("client_secret") == "hidden")
            let form = FormValues(
                String(decoding: try #require(scene.upstream.requests.first).body, as: UTF8.self)
            )
            #expect(form["code"] == "c-1" && form["code_verifier"].count == 43)
            #expect(scene.bench.registry.snapshot.route(for: .calendar).integrations.isEmpty)
        }
    }

    @Test func `a second consent renews the first, and keeps what else was said`() async throws {
        try await withScene { scene in
            _ = try await scene.flow.finish(.code("c", state: try await scene.begin()["state"]))
            let made = try #require(scene.bench.integration("anna-google-calendar"))
            var disabled = made.definition
            disabled.enabled = false
            var credential = made.credential
            credential["calendar"] = Secret("anna's")
            try await scene.bench.commit(.updateIntegration(disabled, credential))
            scene.upstream.answer { _ in tokens("at-2", life: 3_600, refresh: "rt-2") }
            _ = try await scene.flow.finish(.code("c", state: try await scene.begin()["state"]))
            let renewed = try #require(scene.bench.integration("anna-google-calendar"))
            #expect(renewed.id == made.id && !renewed.definition.enabled)
            #expect(renewed.account().text("refresh_token") == "rt-2")
            #expect(renewed.account().text("calendar") == "anna's")
        }
    }

    @Test func `the platform's own calendar is not the vendor's`() async throws {
        try await withScene { scene in
            let google = try #require(scene.bench.integration("google"))
            var credential = google.credential
            credential["calendar"] = Secret("platform")
            try await scene.bench.commit(.updateIntegration(google.definition, credential))
            _ = try await scene.flow.finish(.code("c", state: try await scene.begin()["state"]))
            let made = try #require(scene.bench.integration("anna-google-calendar"))
            #expect(made.credential.keys.sorted() == ["client_id", "client_secret", "refresh_token"])
        }
    }

    @Test func `a state ends once, and one that never began is unknown`() async throws {
        try await withScene { scene in
            let state = try await scene.begin()["state"]
            #expect(try await scene.flow.finish(.code("c", state: "other")) == .unknown)
            _ = try await scene.flow.finish(.code("c", state: state))
            scene.upstream.answer { _ in tokens("at-2", life: 3_600, refresh: "rt-stolen") }
            #expect(try await scene.flow.finish(.code("c", state: state)) == .unknown)
            #expect(scene.upstream.requests.count == 1)
            let made = try #require(scene.bench.integration("anna-google-calendar"))
            #expect(made.account().text("refresh_token") == "rt-1")
        }
    }

    @Test(arguments: [(ConsentFlow.life - .microseconds(1), true), (ConsentFlow.life, false)])
    func `a person has ten minutes`(_ age: Duration, _ isInTime: Bool) async throws {
        try await withScene { scene in
            let state = try await scene.begin()["state"]
            scene.bench.clock.advance(by: age)
            let outcome = try await scene.flow.finish(.code("c", state: state))
            #expect((outcome != .unknown) == isInTime)
            #expect(scene.upstream.requests.count == (isInTime ? 1 : 0))
            #expect((scene.bench.integration("anna-google-calendar") != nil) == isInTime)
        }
    }

    @Test func `a denied or failed consent changes nothing and ends the flow`() async throws {
        try await withScene { scene in
            let denied = try await scene.begin()["state"]
            #expect(
                try await scene.flow.finish(.denied("access_denied", state: denied))
                    == .denied(code: "access_denied")
            )
            #expect(try await scene.flow.finish(.code("c", state: denied)) == .unknown)
            scene.upstream.answer { _ in answer(400, #"{"error":"invalid_grant"}"#) }
            let failed = try await scene.begin()["state"]
            #expect(try await scene.flow.finish(.code("c", state: failed)) == .failed(code: "invalid_grant"))
            scene.upstream.answer { _ in tokens("at", life: 3_600) }
            let empty = try await scene.begin()["state"]
            #expect(
                try await scene.flow.finish(.code("c", state: empty)) == .failed(code: "no_refresh_token")
            )
            #expect(scene.bench.integration("anna-google-calendar") == nil)
            #expect(try await scene.bench.rows("SELECT 1 FROM pending_consents").isEmpty)
        }
    }

    @Test func `nothing begins without a client, a fitting name or a provider that asks`() async throws {
        try await withScene { scene in
            try await scene.bench.commit(.stripe("stripe"))
            await #expect(throws: RegistryError.self) {
                try await scene.flow.begin(vendor: name("anna"), provider: .microsoftGraph, template: nil)
            }
            await #expect(throws: RegistryError.self) {
                try await scene.flow.begin(vendor: name("anna"), provider: .stripe, template: nil)
            }
            await #expect(throws: RegistryError.self) {
                try await scene.begin(template: "stripe")
            }
            await #expect(throws: RegistryError.self) {
                try await scene.begin(String(repeating: "a", count: 60))
            }
            try await scene.bench.commit(.stripe("ben-google-calendar", vendor: "ben"))
            await #expect(throws: RegistryError.self) { try await scene.begin("ben") }
            #expect(try await scene.begin(template: "google")["client_id"] == "client")
        }
    }

    @Test func `so many flows may be open, and those that are over make room`() async throws {
        try await withScene { scene in
            for _ in 0..<ConsentFlow.pendingMax { _ = try await scene.begin() }
            await #expect(throws: RegistryError.tooMany(limit: ConsentFlow.pendingMax)) {
                try await scene.begin()
            }
            scene.bench.clock.advance(by: ConsentFlow.life)
            _ = try await scene.begin()
        }
    }

    @Test func `neither state nor verifier stands in the database`() async throws {
        try await withScene { scene in
            let state = try await scene.begin()["state"]
            let rows = try await scene.bench.rows("SELECT state_hash, verifier FROM pending_consents")
            let row = try #require(rows.first)
            for column in 0..<2 {
                let bytes = try row.blob(column)
                #expect(!bytes.indices.contains { bytes[$0...].starts(with: Array(state.utf8)) })
            }
            let hash = try row.blob(0)
            #expect(hash.count == 32)
        }
    }
}
