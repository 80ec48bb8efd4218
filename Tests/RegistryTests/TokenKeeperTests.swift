import Domain
import Providers
import Registry
import Storage
import Synchronization
import Testing
import Transport
import UsherTesting

struct TokenKeeperTests {
    /// A token endpoint that counts, and one or more nodes that ask it.
    private struct Scene {
        let bench: RegistryBench
        let upstream: ScriptedUpstream

        func keeper() -> TokenKeeper {
            TokenKeeper(
                database: bench.database,
                vault: bench.vault,
                registry: bench.registry,
                upstream: upstream.upstream,
                time: bench.clock.time,
                addressPolicy: { AddressPolicy(allowPrivate: $0) }
            )
        }

        func integration(_ name: String) throws -> Integration {
            try #require(bench.integration(name))
        }

        func token(_ keeper: TokenKeeper, _ name: String) async throws -> String? {
            try await keeper.token(for: try integration(name)).map {
                String(decoding: $0.bytes, as: UTF8.self)
            }
        }

        func expect(
            _ expected: String?,
            _ keeper: TokenKeeper,
            _ name: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let token = try await token(keeper, name)
            #expect(token == expected, sourceLocation: sourceLocation)
        }

        /// The form fields of every request so far.
        var forms: [String] { upstream.requests.map { String(decoding: $0.body, as: UTF8.self) } }
    }

    private func withScene(_ body: (Scene) async throws -> Void) async throws {
        try await withRegistry { bench in
            let upstream = ScriptedUpstream()
            let count = Atomic(0)
            upstream.answer { _ in
                tokens("at-\(count.add(1, ordering: .relaxed).newValue)", life: 3_600)
            }
            try await bench.commit(.paypal("paypal"), .stripe("stripe"), .google("google", refresh: "rt-0"))
            try await body(Scene(bench: bench, upstream: upstream))
        }
    }

    @Test func `a provider without tokens needs none`() async throws {
        try await withScene { scene in
            try await scene.expect(nil, scene.keeper(), "stripe")
            #expect(scene.upstream.requests.isEmpty)
        }
    }

    @Test func `one exchange serves a hundred callers at a time`() async throws {
        try await withScene { scene in
            let keeper = scene.keeper()
            let integration = try scene.integration("paypal")
            let tokens = try await withThrowingTaskGroup(of: Secret?.self) { group in
                for _ in 0..<100 { group.addTask { try await keeper.token(for: integration) } }
                return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1?.bytes ?? []) }
            }
            #expect(tokens == [Array("at-1".utf8)])
            #expect(scene.upstream.requests.count == 1)
            #expect(scene.upstream.requests.first?.url.text == "https://api.example.com/v1/oauth2/token")
        }
    }

    @Test func `a token outlives the process, sealed`() async throws {
        try await withScene { scene in
            try await scene.expect("at-1", scene.keeper(), "paypal")
            try await scene.expect("at-1", scene.keeper(), "paypal")
            #expect(scene.upstream.requests.count == 1)
            let row = try #require(
                try await scene.bench.rows("SELECT sealed FROM integration_tokens").first
            )
            let sealed = try row.blob(0)
            #expect(!sealed.indices.contains { sealed[$0...].starts(with: Array("at-1".utf8)) })
        }
    }

    @Test func `a due token is used while a new one is fetched behind it`() async throws {
        try await withScene { scene in
            let keeper = scene.keeper()
            try await scene.expect("at-1", keeper, "paypal")
            scene.bench.clock.advance(by: .seconds(3_300))
            try await scene.expect("at-1", keeper, "paypal")
            await scene.upstream.waitForRequests(2)
            scene.bench.clock.advance(by: .seconds(400))
            try await scene.expect("at-2", keeper, "paypal")
            #expect(scene.upstream.requests.count == 2)
        }
    }

    @Test func `a failing refresh is not seen while the old token lives, and is not repeated at once`()
        async throws
    {
        try await withScene { scene in
            let keeper = scene.keeper()
            _ = try await scene.token(keeper, "paypal")
            scene.upstream.answer { _ in .status(503) }
            scene.bench.clock.advance(by: .seconds(3_600))
            for _ in 0..<3 {
                await #expect(throws: TokenFailure(.unavailable, code: "http_503")) {
                    try await scene.token(keeper, "paypal")
                }
            }
            #expect(scene.upstream.requests.count == 2)
            scene.bench.clock.advance(by: TokenKeeper.failureHold)
            scene.upstream.answer { _ in tokens("at-9", life: 3_600) }
            try await scene.expect("at-9", keeper, "paypal")
        }
    }

    @Test func `a refused client is held longer than a passing failure`() async throws {
        try await withScene { scene in
            let keeper = scene.keeper()
            scene.upstream.answer { _ in answer(401, #"{"error":"invalid_client"}"#) }
            for _ in 0..<2 {
                await #expect(throws: TokenFailure(.clientRejected, code: "invalid_client")) {
                    try await scene.token(keeper, "paypal")
                }
                scene.bench.clock.advance(by: TokenKeeper.failureHold)
            }
            #expect(scene.upstream.requests.count == 1)
            #expect(scene.bench.integration("paypal")?.consent == nil)
        }
    }

    @Test func `a refresh token that was replaced is used from then on, by other processes too`()
        async throws
    {
        try await withScene { scene in
            scene.upstream.answer { _ in tokens("at-1", life: 3_600, refresh: "rt-1") }
            let keeper = scene.keeper()
            try await scene.expect("at-1", keeper, "google")
            #expect(scene.forms.last?.contains("refresh_token=rt-0") == true)
            scene.bench.clock.advance(by: .seconds(4_000))
            scene.upstream.answer { _ in tokens("at-2", life: 3_600, refresh: nil) }
            try await scene.expect("at-2", scene.keeper(), "google")
            #expect(scene.forms.last?.contains("refresh_token=rt-1") == true)
            scene.bench.clock.advance(by: .seconds(4_000))
            _ = try await scene.token(scene.keeper(), "google")
            #expect(scene.forms.last?.contains("refresh_token=rt-1") == true)
        }
    }

    @Test func `two nodes make one exchange, and the second reads what the first stored`() async throws {
        try await withScene { scene in
            let (first, second) = (scene.keeper(), scene.keeper())
            let gate = Gate()
            scene.upstream.answer { _ in
                await gate.pass()
                return tokens("at-1", life: 3_600, refresh: "rt-1")
            }
            let integration = try scene.integration("google")
            async let one = first.token(for: integration)
            await scene.upstream.waitForRequests(1)
            async let two = second.token(for: integration)
            await scene.bench.clock.waitForSleepers(1)
            gate.open()
            #expect(try await one?.bytes == Array("at-1".utf8))
            scene.bench.clock.advance(by: TokenKeeper.pollInterval)
            #expect(try await two?.bytes == Array("at-1".utf8))
            #expect(scene.upstream.requests.count == 1)
        }
    }

    @Test func `the claim of a node that died ends`() async throws {
        try await withScene { scene in
            try await scene.bench.execute(
                """
                INSERT INTO integration_tokens (integration_id, version, claimed_until)
                SELECT id, 0, $1 FROM integrations WHERE name = 'paypal'
                """,
                [.instant(scene.bench.clock.now + .milliseconds(900))]
            )
            let keeper = scene.keeper()
            let integration = try scene.integration("paypal")
            async let token = keeper.token(for: integration)
            for _ in 0..<2 {
                await scene.bench.clock.waitForSleepers(1)
                scene.bench.clock.advance(by: TokenKeeper.pollInterval)
            }
            #expect(try await token?.bytes == Array("at-1".utf8))
        }
    }

    @Test func `a withdrawn consent is noted once and asked for no more, until the credential changes`()
        async throws
    {
        try await withScene { scene in
            scene.upstream.answer { _ in answer(400, #"{"error":"invalid_grant"}"#) }
            let keeper = scene.keeper()
            let failure = TokenFailure(.consentNeeded, code: "invalid_grant")
            await #expect(throws: failure) { try await scene.token(keeper, "google") }
            let need = ConsentNeed(since: scene.bench.clock.now, reason: "invalid_grant")
            #expect(scene.bench.integration("google")?.consent == need)
            scene.bench.clock.advance(by: .seconds(3_600))
            await #expect(throws: failure) { try await scene.token(scene.keeper(), "google") }
            #expect(scene.upstream.requests.count == 1)

            let definition = try scene.integration("google").definition
            let credential = [
                "client_id": Secret("client"), "client_secret": Secret("hidden"),
                "refresh_token": Secret("rt-new"),
            ]
            try await scene.bench.commit(.updateIntegration(definition, credential))
            #expect(scene.bench.integration("google")?.consent == nil)
            scene.upstream.answer { _ in tokens("at-new", life: 3_600) }
            try await scene.expect("at-new", keeper, "google")
            #expect(scene.forms.last?.contains("refresh_token=rt-new") == true)
        }
    }

    @Test func `tokens got with a credential that was replaced meanwhile are thrown away`() async throws {
        try await withScene { scene in
            let keeper = scene.keeper()
            let gate = Gate()
            scene.upstream.answer { _ in
                await gate.pass()
                return tokens("at-old", life: 3_600, refresh: "rt-old")
            }
            let integration = try scene.integration("google")
            let caller = Task { try await keeper.token(for: integration) }
            await scene.upstream.waitForRequests(1)
            scene.bench.clock.advance(by: .seconds(1))
            let credential = [
                "client_id": Secret("client"), "client_secret": Secret("hidden"),
                "refresh_token": Secret("rt-new"),
            ]
            try await scene.bench.commit(.updateIntegration(integration.definition, credential))
            gate.open()
            await #expect(throws: TokenFailure(.unavailable, code: "credential_changed")) {
                try await caller.value
            }
            scene.upstream.answer { _ in tokens("at-new", life: 3_600) }
            try await scene.expect("at-new", keeper, "google")
            #expect(scene.forms.last?.contains("refresh_token=rt-new") == true)
        }
    }

    @Test func `a caller who gives up does not lose the new refresh token`() async throws {
        try await withScene { scene in
            let keeper = scene.keeper()
            let gate = Gate()
            scene.upstream.answer { _ in
                await gate.pass()
                return tokens("at-1", life: 3_600, refresh: "rt-1")
            }
            let integration = try scene.integration("google")
            let caller = Task { try await keeper.token(for: integration) }
            await scene.upstream.waitForRequests(1)
            caller.cancel()
            gate.open()
            _ = try? await caller.value
            try await scene.expect("at-1", scene.keeper(), "google")
            #expect(scene.upstream.requests.count == 1)
        }
    }

    @Test func `a token that was not accepted is replaced, a brand-new one is not`() async throws {
        try await withScene { scene in
            let keeper = scene.keeper()
            let integration = try scene.integration("paypal")
            let first = try #require(try await keeper.token(for: integration))
            try await keeper.invalidate(first, of: integration)
            try await scene.expect("at-1", keeper, "paypal")
            scene.bench.clock.advance(by: TokenKeeper.youngest)
            try await keeper.invalidate(first, of: integration)
            try await scene.expect("at-2", keeper, "paypal")
            try await keeper.invalidate(first, of: integration)
            try await scene.expect("at-2", scene.keeper(), "paypal")
        }
    }

    @Test func `an older row put back does not open`() async throws {
        try await withScene { scene in
            _ = try await scene.token(scene.keeper(), "paypal")
            try await scene.bench.execute("UPDATE integration_tokens SET version = version + 1")
            await #expect(throws: (any Error).self) {
                try await scene.token(scene.keeper(), "paypal")
            }
        }
    }
}

/// Holds requests back until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

func answer(_ status: Int, _ body: String) -> OutgoingResponse {
    OutgoingResponse(
        status: status,
        headers: Headers([("content-type", "application/json")]),
        body: Array(body.utf8)
    )
}

func tokens(_ access: String, life: Int, refresh: String? = nil) -> OutgoingResponse {
    var json: [JSONMember] = [
        JSONMember("access_token", .string(access)), JSONMember("token_type", "Bearer"),
        JSONMember("expires_in", .integer(life)),
    ]
    if let refresh { json.append(JSONMember("refresh_token", .string(refresh))) }
    return answer(200, String(decoding: JSONValue.object(json).serialized(), as: UTF8.self))
}
