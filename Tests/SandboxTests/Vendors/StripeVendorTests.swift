import Domain
import Providers
import Sandbox
import Signatures
import Testing

private typealias Bench = VendorBench<StripeVendor>

private func bench(settings: VendorSettings = VendorSettings()) -> Bench {
    Bench(
        StripeVendor(settings: settings),
        headers: [("authorization", "Bearer \(StripeVendor.secretKeyDefault)")]
    )
}

private func charge(_ method: String = "pm_card_visa", _ more: [(String, String)] = []) -> [(String, String)]
{
    [
        ("amount", "1250"), ("currency", "eur"), ("payment_method", method), ("confirm", "true"),
        ("metadata[usher_call]", "call_1"),
    ] + more
}

struct StripeVendorTests {
    @Test func `a confirmed intent takes the money and carries the tag`() {
        var bench = bench()
        let answer = bench.form("/v1/payment_intents", charge())
        #expect(answer.status == 200)
        #expect(answer.text("/status") == "succeeded")
        #expect(answer.text("/latest_charge").hasPrefix("ch_"))
        #expect(bench.vendor.effects == ["charge 1250"])
        #expect(bench.vendor.ledger[0].tag == "call_1")
        #expect(bench.vendor.ledger[0].id == answer.text("/id"))
        #expect(answer.headers.first("request-id")?.hasPrefix("req_") == true)
    }

    @Test func `an intent can be made first and confirmed later, once`() {
        var bench = bench()
        let made = bench.form(
            "/v1/payment_intents",
            [("amount", "900"), ("currency", "eur"), ("payment_method", "pm_card_visa")]
        )
        #expect(made.text("/status") == "requires_confirmation")
        #expect(bench.vendor.effects.isEmpty)
        let path = "/v1/payment_intents/\(made.text("/id"))/confirm"
        #expect(bench.form(path, []).text("/status") == "succeeded")
        let again = bench.form(path, [])
        #expect(again.status == 400)
        #expect(again.text("/error/code") == "payment_intent_unexpected_state")
        #expect(bench.vendor.effects == ["charge 900"])
    }

    @Test(arguments: [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", ""),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", ""),
    ])
    func `a declined card is 402 with the bank's reason, and no money moves`(
        _ method: String,
        _ code: String,
        _ reason: String
    ) {
        var bench = bench()
        let answer = bench.form("/v1/payment_intents", charge(method))
        #expect(answer.status == 402)
        #expect(answer.text("/error/type") == "card_error")
        #expect(answer.text("/error/code") == code)
        #expect(answer.text("/error/decline_code") == reason)
        #expect(answer.text("/error/payment_intent/status") == "requires_payment_method")
        #expect(bench.vendor.effects.isEmpty)
    }

    @Test func `3-D Secure is no payment, and off session it is a decline`() {
        var bench = bench()
        let answer = bench.form("/v1/payment_intents", charge("pm_card_authenticationRequired"))
        #expect(answer.status == 200)
        #expect(answer.text("/status") == "requires_action")
        let absent = bench.form(
            "/v1/payment_intents",
            charge("pm_card_authenticationRequired", [("off_session", "true")])
        )
        #expect(absent.status == 402)
        #expect(absent.text("/error/code") == "authentication_required")
        #expect(bench.vendor.effects.isEmpty)
    }

    @Test func `a bank debit is processed for a minute`() {
        var bench = bench()
        let id = bench.form("/v1/payment_intents", charge("pm_usBankAccount_success")).text("/id")
        #expect(bench.send("GET", "/v1/payment_intents/\(id)").text("/status") == "processing")
        bench.now = bench.now + .seconds(60)
        #expect(bench.send("GET", "/v1/payment_intents/\(id)").text("/status") == "succeeded")
        #expect(bench.vendor.effects == ["charge 1250"])
    }

    @Test func `held money is captured, released, or lapses after a week`() {
        var bench = bench()
        let held = (0..<3).map { _ in
            bench.form("/v1/payment_intents", charge("pm_card_visa", [("capture_method", "manual")])).text(
                "/id"
            )
        }
        let captured = bench.form("/v1/payment_intents/\(held[0])/capture", [("amount_to_capture", "1000")])
        #expect(captured.text("/status") == "succeeded")
        #expect(captured.json["amount_received"]?.int64 == 1_000)
        #expect(bench.form("/v1/payment_intents/\(held[1])/cancel", []).text("/status") == "canceled")
        bench.now = bench.now + StripeVendor.authorizationLifetime
        #expect(
            bench.send("GET", "/v1/payment_intents/\(held[2])").text("/cancellation_reason") == "automatic"
        )
        #expect(
            bench.vendor.effects == [
                "authorization 1250", "authorization 1250", "authorization 1250", "capture 1000", "void 1250",
                "void 1250",
            ]
        )
        #expect(bench.form("/v1/payment_intents/\(held[0])/cancel", []).status == 400)
    }

    @Test func `refunds add up to the charge and no further`() {
        var bench = bench()
        let id = bench.form("/v1/payment_intents", charge()).text("/id")
        let part = bench.form(
            "/v1/refunds",
            [
                ("payment_intent", id), ("amount", "250"), ("metadata[usher_call]", "call_2"),
                ("expand[]", "charge"),
            ]
        )
        #expect(part.text("/status") == "succeeded")
        #expect(part.json.pointer("/charge/amount_refunded")?.int64 == 250)
        #expect(bench.form("/v1/refunds", [("payment_intent", id), ("amount", "1001")]).status == 400)
        #expect(bench.form("/v1/refunds", [("payment_intent", id)]).json["amount"]?.int64 == 1_000)
        let third = bench.form("/v1/refunds", [("payment_intent", id)])
        #expect(third.text("/error/code") == "charge_already_refunded")
        #expect(bench.vendor.effects == ["charge 1250", "refund 250", "refund 1000"])
        #expect(bench.vendor.ledger[1].of == id)
        #expect(bench.vendor.ledger[1].tag == "call_2")
    }

    @Test func `the same key gets the same answer, marked as replayed, for 24 hours`() {
        var bench = bench()
        let first = bench.form("/v1/payment_intents", charge(), key: "k1")
        bench.now = bench.now + .seconds(86_399)
        let second = bench.form("/v1/payment_intents", charge(), key: "k1")
        #expect(second.body == first.body)
        #expect(second.headers.first("idempotent-replayed") == "true")
        #expect(second.headers.first("original-request") == first.headers.first("request-id"))
        #expect(bench.vendor.effects.count == 1)
        bench.now = bench.now + .seconds(1)
        let third = bench.form("/v1/payment_intents", charge(), key: "k1")
        #expect(third.text("/id") != first.text("/id"))
        #expect(bench.vendor.effects.count == 2)
    }

    @Test func `a key is bound to its parameters`() {
        var bench = bench()
        _ = bench.form("/v1/payment_intents", charge(), key: "k1")
        let other = bench.form("/v1/payment_intents", charge("pm_card_mastercard"), key: "k1")
        #expect(other.status == 400)
        #expect(other.text("/error/type") == "idempotency_error")
    }

    @Test func `a key whose answer is on its way is in use`() {
        var bench = bench()
        bench.vendor.conditions.answersAfter = .seconds(5)
        _ = bench.form("/v1/payment_intents", charge(), key: "k1")
        bench.vendor.conditions = VendorConditions()
        let early = bench.form("/v1/payment_intents", charge(), key: "k1")
        #expect(early.status == 409)
        #expect(early.text("/error/code") == "idempotency_key_in_use")
        bench.now = bench.now + .seconds(5)
        #expect(bench.form("/v1/payment_intents", charge(), key: "k1").status == 200)
        #expect(bench.vendor.effects.count == 1)
    }

    @Test func `declines and 500s are stored under their key, bad requests are not`() {
        var bench = bench()
        #expect(bench.form("/v1/payment_intents", charge("pm_card_chargeDeclined"), key: "a").status == 402)
        let again = bench.form("/v1/payment_intents", charge("pm_card_chargeDeclined"), key: "a")
        #expect(again.headers.first("idempotent-replayed") == "true")

        bench.vendor.conditions.storedFailure = .init(status: 500, takesEffect: true)
        #expect(bench.form("/v1/payment_intents", charge(), key: "b").status == 500)
        bench.vendor.conditions = VendorConditions()
        #expect(bench.form("/v1/payment_intents", charge(), key: "b").status == 500)
        #expect(bench.vendor.effects == ["charge 1250"])

        #expect(bench.form("/v1/payment_intents", [("amount", "5")], key: "c").status == 400)
        #expect(bench.form("/v1/payment_intents", charge(), key: "c").status == 200)
    }

    @Test func `an endpoint lets 25 requests a second through`() {
        var bench = bench()
        let statuses = (0..<26).map { _ in bench.send("GET", "/v1/balance").status }
        #expect(statuses == Array(repeating: 200, count: 25) + [429])
        let refused = bench.send("GET", "/v1/balance")
        #expect(refused.headers.first("stripe-rate-limited-reason") == "endpoint-rate")
        #expect(refused.headers.first("retry-after") == nil)
        #expect(refused.text("/error/code") == "rate_limit")
        #expect(bench.send("GET", "/v1/refunds").status == 200)
        bench.now = bench.now + .milliseconds(40)
        #expect(bench.send("GET", "/v1/balance").status == 200)
    }

    @Test func `the search finds by tag, newest first, and hidden things not yet`() {
        var bench = bench()
        let id = bench.form("/v1/payment_intents", charge()).text("/id")
        let query = WireText.form([("query", "metadata['usher_call']:'call_1' AND status:'succeeded'")])
        let found = bench.send("GET", "/v1/payment_intents/search?\(query)")
        #expect(found.json.pointer("/data/0/id")?.string == id)
        bench.vendor.conditions.lookUpDelay = .seconds(90)
        #expect(bench.send("GET", "/v1/payment_intents/search?\(query)").json["data"]?.array?.isEmpty == true)
        #expect(bench.send("GET", "/v1/payment_intents/\(id)").status == 404)
        bench.now = bench.now + .seconds(90)
        #expect(bench.send("GET", "/v1/payment_intents/\(id)").status == 200)
        #expect(bench.send("GET", "/v1/payment_intents/search?query=nonsense").status == 400)
    }

    @Test(arguments: [
        ([("amount", "5"), ("currency", "EUR")], "currency"), ([("currency", "eur")], "amount"),
        ([("amount", "0"), ("currency", "eur")], "amount"),
        ([("amount", "1.5"), ("currency", "eur")], "amount"),
        ([("amount", "5"), ("currency", "eur"), ("colour", "red")], "colour"),
        ([("amount", "5"), ("currency", "eur"), ("payment_method", "visa")], "payment_method"),
    ])
    func `a parameter that is wrong is named`(_ pairs: [(String, String)], _ parameter: String) {
        var bench = bench()
        let answer = bench.form("/v1/payment_intents", pairs)
        #expect(answer.status == 400)
        #expect(answer.text("/error/param") == parameter)
        #expect(answer.text("/error/type") == "invalid_request_error")
    }

    @Test func `what is unknown is 404, and a wrong key 401`() {
        var bench = bench()
        let missing = bench.send("GET", "/v1/payment_intents/pi_1")
        #expect(missing.status == 404)
        #expect(missing.text("/error/code") == "resource_missing")
        #expect(bench.send("GET", "/v1/nothing").status == 404)
        bench.headers = [("authorization", "Bearer sk_test_other_secret")]
        let refused = bench.send("GET", "/v1/balance")
        #expect(refused.status == 401)
        #expect(!String(decoding: refused.body, as: UTF8.self).contains("other_secret"))
    }

    @Test func `webhooks are signed, listed, and known to be delivered`() throws {
        let secret = Secret("whsec_0123456789abcdef")
        var bench = bench(
            settings: VendorSettings(webhookURL: "http://app/hooks", webhookKeys: SigningKeys([secret]))
        )
        _ = bench.form("/v1/payment_intents", charge(), key: "k9")
        let webhooks = bench.vendor.takeWebhooks(now: bench.now)
        #expect(webhooks.count == 3)
        #expect(bench.vendor.takeWebhooks(now: bench.now).isEmpty)
        for webhook in webhooks {
            let request = WebhookRequest(url: webhook.url, headers: webhook.headers, body: webhook.body)
            #expect(try StripeSignature.verify(request, secrets: [secret], now: bench.now) == 0)
        }
        let late = bench.now + .seconds(3_600)
        let again = bench.vendor.signedAgain(webhooks[0], now: late)
        let request = WebhookRequest(url: again.url, headers: again.headers, body: again.body)
        #expect(try StripeSignature.verify(request, secrets: [secret], now: late) == 0)

        bench.vendor.webhookDelivered(webhooks[0].id)
        let missed = bench.send("GET", "/v1/events?delivery_success=false&types[]=payment_intent.*")
        let types = missed.json["data"]?.array?.compactMap { $0["type"]?.string }
        #expect(types == ["payment_intent.succeeded"])
        #expect(missed.json.pointer("/data/0/request/idempotency_key")?.string == "k9")
    }

    @Test func `events are paged, and forgotten after 30 days`() {
        var bench = bench()
        for _ in 0..<4 { _ = bench.form("/v1/payment_intents", charge()) }
        let first = bench.send("GET", "/v1/events?limit=5")
        #expect(first.json["has_more"]?.bool == true)
        let last = first.json.pointer("/data/4/id")?.string ?? ""
        let second = bench.send("GET", "/v1/events?limit=100&starting_after=\(last)")
        #expect(second.json["data"]?.array?.count == 7)
        #expect(bench.send("GET", "/v1/events/\(last)").text("/id") == last)
        bench.now = bench.now + .seconds(30 * 86_400)
        #expect(bench.send("GET", "/v1/events").json["data"]?.array?.isEmpty == true)
    }
}
