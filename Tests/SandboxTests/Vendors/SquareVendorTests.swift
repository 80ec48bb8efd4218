import Domain
import Providers
import Sandbox
import Signatures
import Testing

private typealias Bench = VendorBench<SquareVendor>

private func bench(settings: VendorSettings = VendorSettings()) -> Bench {
    Bench(
        SquareVendor(settings: settings),
        headers: [
            ("authorization", "Bearer \(SquareVendor.accessTokenDefault)"), ("square-version", "2026-09-16"),
        ]
    )
}

private func payment(_ key: String, source: String = "cnon:card-nonce-ok", holds: Bool = false) -> JSONValue {
    [
        "source_id": .string(source), "idempotency_key": .string(key), "autocomplete": .bool(!holds),
        "amount_money": ["amount": 1_250, "currency": "EUR"], "reference_id": "call_1",
    ]
}

private func money(_ amount: Int64) -> JSONValue { ["amount": .integer(amount), "currency": "EUR"] }

struct SquareVendorTests {
    @Test func `a payment takes the money and carries the tag in its reference`() {
        var bench = bench()
        let answer = bench.json("/v2/payments", payment("k1"))
        #expect(answer.status == 200)
        #expect(answer.text("/payment/status") == "COMPLETED")
        #expect(answer.headers.first("square-version") == "2026-09-16")
        #expect(bench.vendor.effects == ["charge 1250"])
        #expect(bench.vendor.ledger[0].tag == "call_1")
        let id = answer.text("/payment/id")
        #expect(bench.send("GET", "/v2/payments/\(id)").text("/payment/reference_id") == "call_1")
    }

    @Test func `the same key and body get the first answer, another body is refused`() {
        var bench = bench()
        let first = bench.json("/v2/payments", payment("k1"))
        bench.now = bench.now + .seconds(100 * 86_400)
        #expect(bench.json("/v2/payments", payment("k1")).body == first.body)
        let other = bench.json("/v2/payments", payment("k1", holds: true))
        #expect(other.status == 400)
        #expect(other.text("/errors/0/code") == "IDEMPOTENCY_KEY_REUSED")
        #expect(bench.vendor.effects.count == 1)
        #expect(bench.json("/v2/payments", payment(String(repeating: "k", count: 46))).status == 400)
    }

    @Test(arguments: [
        ("cnon:card-nonce-declined", 402, "GENERIC_DECLINE"),
        ("cnon:card-nonce-rejected-cvv", 402, "CVV_FAILURE"),
        ("cnon:card-nonce-requires-verification", 402, "CARD_DECLINED_VERIFICATION_REQUIRED"),
        ("cnon:card-nonce-already-used", 400, "CARD_TOKEN_USED"), ("visa", 404, "NOT_FOUND"),
    ])
    func `a source that does not pay says why`(_ source: String, _ status: Int, _ code: String) {
        var bench = bench()
        let answer = bench.json("/v2/payments", payment("k1", source: source))
        #expect(answer.status == status)
        #expect(answer.text("/errors/0/code") == code)
        #expect(bench.vendor.effects.isEmpty)
    }

    @Test func `a declined payment is kept as failed`() {
        var bench = bench()
        let answer = bench.json("/v2/payments", payment("k1", source: "cnon:card-nonce-declined"))
        let id = answer.text("/payment/id")
        #expect(bench.send("GET", "/v2/payments/\(id)").text("/payment/status") == "FAILED")
        #expect(bench.send("GET", "/v2/payments").text("/payments/0/id") == id)
    }

    @Test func `cancelling by key voids what the key made, once, and nothing is no error`() {
        var bench = bench()
        let nothing = bench.json("/v2/payments/cancel", ["idempotency_key": "k1"])
        #expect(nothing.status == 200)
        #expect(bench.vendor.effects.isEmpty)
        let id = bench.json("/v2/payments", payment("k1")).text("/payment/id")
        for _ in 0..<2 { #expect(bench.json("/v2/payments/cancel", ["idempotency_key": "k1"]).status == 200) }
        #expect(bench.send("GET", "/v2/payments/\(id)").text("/payment/status") == "CANCELED")
        #expect(bench.vendor.effects == ["charge 1250", "void 1250"])
    }

    @Test func `held money is lowered, completed, cancelled, or lapses`() {
        var bench = bench()
        let held = ["a", "b", "c"].map {
            bench.json("/v2/payments", payment($0, holds: true)).text("/payment/id")
        }
        let lower: JSONValue = ["idempotency_key": "u", "payment": ["amount_money": money(1_000)]]
        #expect(bench.json("/v2/payments/\(held[0])", lower, method: "PUT").status == 200)
        let stale = bench.json("/v2/payments/\(held[0])/complete", ["version_token": "old"])
        #expect(stale.text("/errors/0/code") == "VERSION_MISMATCH")
        #expect(bench.json("/v2/payments/\(held[0])/complete").text("/payment/status") == "COMPLETED")
        #expect(bench.json("/v2/payments/\(held[0])/complete").status == 400)
        #expect(bench.json("/v2/payments/\(held[1])/cancel").text("/payment/status") == "CANCELED")
        bench.now = bench.now + SquareVendor.delayDefault
        #expect(bench.send("GET", "/v2/payments/\(held[2])").text("/payment/status") == "CANCELED")
        #expect(bench.vendor.effects.suffix(3) == ["capture 1000", "void 1250", "void 1250"])
    }

    @Test func `a hold may ask to be completed after its own delay`() {
        var bench = bench()
        guard case .object(let members) = payment("a", holds: true) else { return }
        let more = [JSONMember("delay_duration", "PT36H"), JSONMember("delay_action", "COMPLETE")]
        let id = bench.json("/v2/payments", .object(members + more)).text("/payment/id")
        bench.now = bench.now + .seconds(36 * 3_600)
        #expect(bench.send("GET", "/v2/payments/\(id)").text("/payment/status") == "COMPLETED")
    }

    @Test func `refunds are pending first and add up to the payment`() {
        var bench = bench()
        let id = bench.json("/v2/payments", payment("k1")).text("/payment/id")
        let refund = { (key: String, amount: Int64) -> JSONValue in
            ["idempotency_key": .string(key), "payment_id": .string(id), "amount_money": money(amount)]
        }
        let first = bench.json("/v2/refunds", refund("r1", 1_000))
        #expect(first.text("/refund/status") == "PENDING")
        bench.now = bench.now + SquareVendor.refundTime
        let path = "/v2/refunds/\(first.text("/refund/id"))"
        #expect(bench.send("GET", path).text("/refund/status") == "COMPLETED")
        #expect(bench.json("/v2/refunds", refund("r1", 1_000)).body == first.body)
        #expect(
            bench.json("/v2/refunds", refund("r2", 251)).text("/errors/0/code") == "REFUND_AMOUNT_INVALID"
        )
        #expect(bench.vendor.effects == ["charge 1250", "refund 1000"])
        #expect(bench.vendor.ledger[1].of == id)
    }

    @Test func `a bank transfer is pending for a minute`() {
        var bench = bench()
        let id = bench.json("/v2/payments", payment("k1", source: "bnon:bank-nonce-ok")).text("/payment/id")
        #expect(bench.send("GET", "/v2/payments/\(id)").text("/payment/status") == "PENDING")
        #expect(bench.vendor.effects.isEmpty)
        bench.now = bench.now + SquareVendor.pendingTime
        #expect(bench.send("GET", "/v2/payments/\(id)").text("/payment/status") == "COMPLETED")
        #expect(bench.vendor.effects == ["charge 1250"])
    }

    @Test func `the list filters by time and not by reference`() {
        var bench = bench()
        _ = bench.json("/v2/payments", payment("k1"))
        bench.now = bench.now + .seconds(60)
        let from = "\(bench.now)"
        let id = bench.json("/v2/payments", payment("k2")).text("/payment/id")
        let list = bench.send("GET", "/v2/payments?begin_time=\(from)&location_id=\(SquareVendor.location)")
        #expect(list.json["payments"]?.array?.count == 1)
        #expect(list.text("/payments/0/id") == id)
        #expect(bench.send("GET", "/v2/payments?reference_id=call_1").status == 400)
        let page = bench.send("GET", "/v2/payments?limit=1")
        let next = bench.send("GET", "/v2/payments?limit=1&cursor=\(page.text("/cursor"))")
        #expect(next.text("/payments/0/id") != id)
        #expect(next.text("/cursor").isEmpty)
    }

    @Test func `wrong tokens, versions and ids are refused in Square's words`() {
        var bench = bench()
        #expect(bench.send("GET", "/v2/payments/x").text("/errors/0/code") == "NOT_FOUND")
        #expect(bench.json("/v2/payments", ["idempotency_key": "k"]).text("/errors/0/field") == "source_id")
        bench.headers[1].1 = "newest"
        #expect(
            bench.send("GET", "/v2/merchants/me").text("/errors/0/code") == "INVALID_SQUARE_VERSION_FORMAT"
        )
        bench.headers = [("authorization", "Bearer other")]
        let refused = bench.send("GET", "/v2/merchants/me")
        #expect(refused.status == 401)
        #expect(refused.text("/errors/0/category") == "AUTHENTICATION_ERROR")
    }

    @Test func `over its limit Square says so without a time`() {
        var bench = bench()
        let answers = (0..<61).map { _ in bench.send("GET", "/v2/locations") }
        #expect(answers[59].status == 200)
        #expect(answers[60].status == 429)
        #expect(answers[60].text("/errors/0/code") == "RATE_LIMITED")
        #expect(answers[60].headers.first("retry-after") == nil)
    }

    @Test func `webhooks are signed over the URL, and events can be searched`() throws {
        let secret = Secret("square-signature-key")
        var bench = bench(
            settings: VendorSettings(webhookURL: "http://app/hooks", webhookKeys: SigningKeys([secret]))
        )
        _ = bench.json("/v2/payments", payment("k1"))
        let webhook = try #require(bench.vendor.takeWebhooks(now: bench.now).first)
        let request = WebhookRequest(url: webhook.url, headers: webhook.headers, body: webhook.body)
        #expect(try SquareSignature.verify(request, secrets: [secret], now: bench.now) == 0)
        let search: JSONValue = ["query": ["filter": ["event_types": ["payment.created"]]]]
        #expect(bench.json("/v2/events", search).text("/events/0/event_id") == webhook.id)
        #expect(bench.json("/v2/events/disable", method: "PUT").status == 200)
        #expect(bench.json("/v2/events", search).status == 400)
    }
}
