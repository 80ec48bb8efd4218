import Calls
import Domain
import Providers
import Sandbox
import Storage
import Testing
import UsherTesting

/// What providers sent can be looked at as it came.
@Suite struct RawAnswerTests {
    private static let stripe: (name: String, dialect: any CallDialect, credential: [String: String]) = (
        "stripe-main", StripeCalls(), ["key": StripeVendor.secretKeyDefault]
    )
    private static let account = IntegrationAccount(
        provider: .stripe,
        baseURL: "https://x.test",
        credential: ["key": Secret("sk_test_0123456789")]
    )

    private func run(_ body: (CallRig) async throws -> Void) async throws {
        try await CallRig.run([Self.stripe], vendors: ["stripe-main.test": StripeVendor()], body)
    }

    private func charge(
        _ token: String = "pm_card_visa",
        raw: Bool = false,
        key: String = "k"
    ) -> CallSubmission {
        CallSubmission(
            .paymentsCharge,
            input: [
                "amount": ["amount": 500, "currency": "EUR"], "sources": ["stripe": .string(token)],
            ],
            keepsRaw: raw,
            key: key
        )
    }

    @Test func `an answer is kept of what failed, and of what was asked for`() async throws {
        try await run { rig in
            let declined = try await rig.engine.submit(charge("pm_card_chargeDeclined"), owner: "platform")
            let attempt = try #require(try await rig.engine.attempts(of: declined.call.id).last)
            let raw = try #require(try await rig.engine.rawAnswer(of: declined.call.id))
            #expect(raw.status == 402 && raw.attempt == attempt.id && raw.receivedAt == rig.time.now)
            #expect(raw.headers.contains { $0.name == "content-type" && $0.value == "application/json" })
            let body = try JSONParser.parse(raw.body)
            #expect(body["error"]?["code"]?.string == "card_declined" && !raw.isCut && !raw.isWithheld)

            let plain = try await rig.engine.submit(charge(key: "plain"), owner: "platform")
            #expect(try await rig.engine.rawAnswer(of: plain.call.id) == nil)
            let asked = try await rig.engine.submit(charge(raw: true, key: "asked"), owner: "platform")
            #expect(try await rig.engine.find(asked.call.id)?.keepsRaw == true)
            let kept = try #require(try await rig.engine.rawAnswer(of: asked.call.id))
            #expect(kept.status == 200)
            #expect(try JSONParser.parse(kept.body)["id"]?.string == asked.call.reference)
            let sealed = try await rig.database.read { transaction in
                try transaction.query("SELECT answer FROM call_answers").map { try $0.blob(0) }
            }
            #expect(sealed.count == 2)
            #expect(sealed.allSatisfy { $0.firstRange(of: Array("stripe".utf8)) == nil })
        }
    }

    @Test func `of several attempts the last one's answer is kept, and none where there was none`()
        async throws
    {
        try await run { rig in
            rig.vendors.damage(
                "stripe-main.test",
                .failBefore(status: 503),
                path: "/v1/payment_intents",
                now: rig.time.now
            )
            async let pending = rig.engine.submit(charge(), owner: "platform")
            let isOver = try await rig.pass(atMost: .seconds(60)) {
                try await rig.engine.list(CallFilter(), before: nil, limit: 1).first?.state == .failed
            }
            #expect(isOver)
            let failed = try await pending.call.id
            let attempts = try await rig.engine.attempts(of: failed)
            #expect(attempts.count > 1)
            let raw = try #require(try await rig.engine.rawAnswer(of: failed))
            #expect(raw.status == 503 && raw.attempt == attempts.last?.id)
        }
    }

    @Test func `answers go after a week`() async throws {
        try await run { rig in
            let declined = try await rig.engine.submit(charge("pm_card_chargeDeclined"), owner: "platform")
            rig.time.advance(by: RawAnswer.life - .seconds(120))
            _ = try await rig.pass(atMost: .seconds(100), step: .seconds(1)) { false }
            #expect(try await rig.engine.rawAnswer(of: declined.call.id) != nil)
            let isGone = try await rig.pass(atMost: .seconds(200), step: .seconds(1)) {
                try await rig.engine.rawAnswer(of: declined.call.id) == nil
            }
            #expect(isGone)
        }
    }

    private func raw(_ headers: [(String, String)], _ body: [UInt8]) -> RawAnswer {
        let answer = ProviderAnswer(
            status: 200,
            headers: Headers(headers),
            body: body,
            at: Instant(seconds: 0)
        )
        return RawAnswer(answer, of: CallAttemptID(milliseconds: 1, 2, 3), Self.account)
    }

    @Test func `what repeats the credential is left out`() {
        let fields = [
            ("content-type", "text/plain"), ("set-cookie", "a=b"), ("connection", "close"),
            ("x-echo", "Bearer sk_test_0123456789"), ("request-id", "req_1"),
        ]
        let safe = raw(fields, Array("hello".utf8))
        #expect(safe.headers.map(\.name) == ["content-type", "request-id"])
        #expect(safe.body == Array("hello".utf8) && !safe.isWithheld && !safe.isCut)
        let telling = raw([], Array("no such key: sk_test_0123456789".utf8))
        #expect(telling.isWithheld && telling.body.isEmpty && !telling.isCut)
    }

    @Test(arguments: [(RawAnswer.bodyBytesMax, false), (RawAnswer.bodyBytesMax + 1, true)])
    func `a long body is cut`(bytes: Int, isCut: Bool) {
        let long = raw([], [UInt8](repeating: 0x61, count: bytes))
        #expect(long.isCut == isCut && long.body.count == RawAnswer.bodyBytesMax)
    }

    @Test(arguments: [(RawAnswer.headerBytesMax, false), (RawAnswer.headerBytesMax + 1, true)])
    func `too many fields are left out`(bytes: Int, isCut: Bool) {
        let long = raw([("a", String(repeating: "x", count: bytes - 2)), ("b", "")], [])
        #expect(long.isCut == isCut && long.headers.count == (isCut ? 1 : 2))
    }
}
