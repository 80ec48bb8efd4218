import Domain
import Providers
import Sandbox
import Signatures
import Testing
import UsherTesting

private typealias Bench = VendorBench<PayPalVendor>

/// A bench with a token.
private func bench(settings: VendorSettings = VendorSettings()) -> Bench {
    var bench = Bench(PayPalVendor(settings: settings))
    let answer = bench.send(
        "POST",
        "/v1/oauth2/token",
        [("authorization", WireText.basic(PayPalVendor.clientIDDefault, PayPalVendor.clientSecretDefault))],
        body: "grant_type=client_credentials"
    )
    bench.headers = [
        ("authorization", "Bearer \(answer.text("/access_token"))"), ("prefer", "return=representation"),
    ]
    return bench
}

private func order(
    _ intent: String = "CAPTURE",
    vault: String? = "vault-1",
    value: String = "12.50"
) -> JSONValue {
    var members = [
        JSONMember("intent", .string(intent)),
        JSONMember(
            "purchase_units",
            [["amount": ["currency_code": "EUR", "value": .string(value)], "custom_id": "call_1"]]
        ),
    ]
    if let vault {
        members.append(
            JSONMember("payment_source", ["token": ["id": .string(vault), "type": "PAYMENT_METHOD_TOKEN"]])
        )
    }
    return .object(members)
}

private func key(_ key: String) -> [(String, String)] { [("paypal-request-id", key)] }

private let capturePath = "/purchase_units/0/payments/captures/0"

struct PayPalVendorTests {
    @Test func `a vaulted order is paid at once and carries the tag`() {
        var bench = bench()
        let answer = bench.json("/v2/checkout/orders", order(), key("k1"))
        #expect(answer.status == 201)
        #expect(answer.text("/status") == "COMPLETED")
        #expect(answer.text(capturePath + "/status") == "COMPLETED")
        #expect(answer.text(capturePath + "/amount/value") == "12.50")
        #expect(bench.vendor.effects == ["charge 1250"])
        #expect(bench.vendor.ledger[0].tag == "call_1")
        #expect(bench.vendor.ledger[0].id == answer.text(capturePath + "/id"))
        #expect(answer.headers.first("paypal-debug-id")?.isEmpty == false)
    }

    @Test func `an order waits for its payer`() {
        var bench = bench()
        let id = bench.json("/v2/checkout/orders", order(vault: nil)).text("/id")
        let early = bench.json("/v2/checkout/orders/\(id)/capture", [:], key("c"))
        #expect(early.status == 422)
        #expect(early.text("/details/0/issue") == "ORDER_NOT_APPROVED")
        #expect(bench.send("GET", "/checkoutnow?token=\(id)").status == 200)
        #expect(bench.json("/v2/checkout/orders/\(id)/capture", [:], key("c")).status == 201)
        let again = bench.json("/v2/checkout/orders/\(id)/capture", [:], key("d"))
        #expect(again.text("/details/0/issue") == "ORDER_ALREADY_CAPTURED")
        #expect(bench.json("/v2/checkout/orders/\(id)/authorize").status == 422)
        #expect(bench.vendor.effects == ["charge 1250"])
    }

    @Test func `an order that somebody else made can be changed and captured`() {
        var bench = bench()
        let path = "/v2/checkout/orders/APPROVED-9900-EUR-1"
        #expect(bench.send("GET", path).text("/status") == "APPROVED")
        let patch: JSONValue = [
            [
                "op": "add", "path": "/purchase_units/@reference_id=='default'/custom_id", "value": "call_7",
            ]
        ]
        #expect(bench.json(path, patch, method: "PATCH").status == 204)
        #expect(bench.json(path + "/capture", [:], key("k")).status == 201)
        #expect(bench.vendor.effects == ["charge 9900"])
        #expect(bench.vendor.ledger[0].tag == "call_7")
        let declined = bench.json("/v2/checkout/orders/DECLINED-9900-EUR-1/capture", [:], key("k"))
        #expect(declined.text("/details/0/issue") == "INSTRUMENT_DECLINED")
        #expect(bench.send("GET", "/v2/checkout/orders/NOBODY").text("/name") == "RESOURCE_NOT_FOUND")
    }

    @Test(arguments: [
        ("vault-declined", 422, "INSTRUMENT_DECLINED"), ("vault-missing", 422, "TOKEN_ID_NOT_FOUND"),
    ])
    func `what is vaulted may not pay`(_ vault: String, _ status: Int, _ issue: String) {
        var bench = bench()
        let answer = bench.json("/v2/checkout/orders", order(vault: vault), key("k1"))
        #expect(answer.status == status)
        #expect(answer.text("/details/0/issue") == issue)
        #expect(bench.vendor.effects.isEmpty)
    }

    @Test func `a 201 can hold a declined or a pending capture`() {
        var bench = bench()
        let denied = bench.json("/v2/checkout/orders", order(vault: "vault-denied"), key("k1"))
        #expect(denied.status == 201)
        #expect(denied.text(capturePath + "/status") == "DECLINED")
        let pending = bench.json("/v2/checkout/orders", order(vault: "vault-pending"), key("k2"))
        #expect(pending.text(capturePath + "/status") == "PENDING")
        #expect(bench.vendor.effects.isEmpty)
        bench.now = bench.now + PayPalVendor.pendingTime
        let id = pending.text(capturePath + "/id")
        #expect(bench.send("GET", "/v2/payments/captures/\(id)").text("/status") == "COMPLETED")
        #expect(bench.vendor.effects == ["charge 1250"])
    }

    @Test func `the payer may have to act first`() {
        var bench = bench()
        let answer = bench.json("/v2/checkout/orders", order(vault: "vault-payer-action"), key("k"))
        #expect(answer.text("/status") == "PAYER_ACTION_REQUIRED")
        let capture = bench.json("/v2/checkout/orders/\(answer.text("/id"))/capture", [:], key("c"))
        #expect(capture.text("/details/0/issue") == "PAYER_ACTION_REQUIRED")
    }

    @Test func `a repeated request id is 200 with the latest state, for six hours at orders`() {
        var bench = bench()
        let first = bench.json("/v2/checkout/orders", order(), key("k1"))
        let capture = first.text(capturePath + "/id")
        _ = bench.json("/v2/payments/captures/\(capture)/refund", [:], key("r"))
        bench.now = bench.now + .seconds(6 * 3_600 - 1)
        let second = bench.json("/v2/checkout/orders", order(), key("k1"))
        #expect(second.status == 200)
        #expect(second.text("/id") == first.text("/id"))
        #expect(second.text(capturePath + "/status") == "REFUNDED")
        bench.now = bench.now + .seconds(1)
        #expect(bench.json("/v2/checkout/orders", order(), key("k1")).status == 201)
        #expect(bench.vendor.effects == ["charge 1250", "refund 1250", "charge 1250"])
    }

    @Test func `payments remember a request id for 45 days`() {
        var bench = bench()
        let order = bench.json("/v2/checkout/orders", order("AUTHORIZE"), key("k1"))
        let id = order.text("/purchase_units/0/payments/authorizations/0/id")
        let body: JSONValue = ["amount": ["currency_code": "EUR", "value": "2.50"]]
        let first = bench.json("/v2/payments/authorizations/\(id)/capture", body, key("c1"))
        #expect(first.status == 201)
        let second = bench.json("/v2/payments/authorizations/\(id)/capture", body, key("c1"))
        #expect(second.status == 200)
        #expect(second.text("/id") == first.text("/id"))
        #expect(bench.json("/v2/payments/authorizations/\(id)/capture", body, key("c2")).status == 201)
        #expect(bench.vendor.effects == ["authorization 1250", "capture 250", "capture 250"])
        #expect(bench.vendor.ledger[1].of == id)
        #expect(PayPalVendor.paymentKeyLifetime == .seconds(45 * 86_400))
    }

    @Test func `the same id with another body, or while it is at work, is refused`() {
        var bench = bench()
        bench.vendor.conditions.answersAfter = .seconds(3)
        #expect(bench.json("/v2/checkout/orders", order(), key("k1")).status == 201)
        bench.vendor.conditions = VendorConditions()
        let early = bench.json("/v2/checkout/orders", order(), key("k1"))
        #expect(early.status == 409)
        #expect(early.text("/details/0/issue") == "PREVIOUS_REQUEST_IN_PROGRESS")
        bench.now = bench.now + .seconds(3)
        let other = bench.json("/v2/checkout/orders", order(value: "99.00"), key("k1"))
        #expect(other.text("/details/0/issue") == "DUPLICATE_REQUEST_ID")
        let none = bench.json("/v2/checkout/orders", order())
        #expect(none.text("/details/0/issue") == "PAYPAL_REQUEST_ID_REQUIRED")
    }

    @Test func `what is done already says so`() {
        var bench = bench()
        let held = { (bench: inout Bench, name: String) -> String in
            bench.json("/v2/checkout/orders", order("AUTHORIZE"), key(name))
                .text("/purchase_units/0/payments/authorizations/0/id")
        }
        let (first, second) = (held(&bench, "a"), held(&bench, "b"))
        #expect(bench.json("/v2/payments/authorizations/\(first)/void", [:], key("v")).status == 200)
        let again = bench.json("/v2/payments/authorizations/\(first)/void", [:], key("w"))
        #expect(again.text("/details/0/issue") == "PREVIOUSLY_VOIDED")
        let capture = bench.json("/v2/payments/authorizations/\(second)/capture", [:], key("c")).text("/id")
        let more = bench.json("/v2/payments/authorizations/\(second)/capture", [:], key("d"))
        #expect(more.text("/details/0/issue") == "AUTHORIZATION_ALREADY_CAPTURED")
        #expect(bench.json("/v2/payments/captures/\(capture)/refund", [:], key("r")).status == 201)
        let third = bench.json("/v2/payments/captures/\(capture)/refund", [:], key("s"))
        #expect(third.text("/details/0/issue") == "CAPTURE_FULLY_REFUNDED")
        #expect(
            bench.vendor.effects == [
                "authorization 1250", "authorization 1250", "void 1250", "capture 1250", "refund 1250",
            ]
        )
        #expect(bench.vendor.ledger[4].of == capture)
    }

    @Test(arguments: [
        ("EUR", "1.234", "DECIMAL_PRECISION"), ("JPY", "10.00", "DECIMALS_NOT_SUPPORTED"),
        ("HUF", "10.00", "DECIMALS_NOT_SUPPORTED"), ("EUR", "0.00", "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ("EUR", "-1", "INVALID_PARAMETER_SYNTAX"), ("KWD", "1", "CURRENCY_NOT_SUPPORTED"),
    ])
    func `amounts are decimals of their currency`(_ currency: String, _ value: String, _ issue: String) {
        var bench = bench()
        let body: JSONValue = [
            "intent": "CAPTURE",
            "purchase_units": [["amount": ["currency_code": .string(currency), "value": .string(value)]]],
        ]
        #expect(bench.json("/v2/checkout/orders", body).text("/details/0/issue") == issue)
    }

    @Test func `an invoice is paid once`() {
        var bench = bench()
        let body: JSONValue = [
            "intent": "CAPTURE",
            "purchase_units": [
                ["amount": ["currency_code": "EUR", "value": "5.00"], "invoice_id": "inv-1"]
            ], "payment_source": ["paypal": ["vault_id": "v1"]],
        ]
        #expect(bench.json("/v2/checkout/orders", body, key("a")).status == 201)
        let second = bench.json("/v2/checkout/orders", body, key("b"))
        #expect(second.text("/details/0/issue") == "DUPLICATE_INVOICE_ID")
    }

    @Test func `a token is good for nine hours`() {
        var bench = bench()
        #expect(bench.send("GET", "/v1/notifications/webhooks").status == 200)
        bench.now = bench.now + PayPalVendor.tokenLifetime
        let expired = bench.send("GET", "/v1/notifications/webhooks")
        #expect(expired.status == 401)
        #expect(expired.text("/name") == "AUTHENTICATION_FAILURE")
        let refused = bench.send(
            "POST",
            "/v1/oauth2/token",
            [("authorization", WireText.basic("nobody", "nothing"))],
            body: "grant_type=client_credentials"
        )
        #expect(bench.vendor.effects.isEmpty)
        #expect(refused.status == 401 || refused.text("/error") == "invalid_client")
    }

    @Test func `a minimal answer has id, state and links only`() {
        var bench = bench()
        bench.headers.removeLast()
        let answer = bench.json("/v2/checkout/orders", order(), key("k1"))
        #expect(answer.json.object?.map(\.name) == ["id", "status", "links"])
    }

    @Test func `webhooks are signed, and events can be listed and resent`() throws {
        let key = SigningKeys.PrivateKey(
            pem: Secret(WebhookCertificates.key),
            certificateURL: WebhookCertificates.payPalURL
        )
        var bench = bench(
            settings: VendorSettings(
                webhookURL: "http://app/hooks",
                webhookKeys: SigningKeys([], privateKey: key),
                webhookID: "WH-1"
            )
        )
        _ = bench.json("/v2/checkout/orders", order(), [("paypal-request-id", "k1")])
        let webhook = try #require(bench.vendor.takeWebhooks(now: bench.now).first)
        let expected = PayPalSignature.sign(
            webhook.body,
            webhookID: "WH-1",
            transmissionID: webhook.headers.first("paypal-transmission-id") ?? "",
            pem: Secret(WebhookCertificates.key),
            certificateURL: WebhookCertificates.payPalURL,
            now: bench.now
        )
        let signature = webhook.headers.first("paypal-transmission-sig")
        #expect(signature != nil && signature == expected?.first { $0.0 == "paypal-transmission-sig" }?.1)
        let list = bench.send("GET", "/v1/notifications/webhooks-events?event_type=PAYMENT.CAPTURE.COMPLETED")
        #expect(list.text("/events/0/id") == webhook.id)
        let path = "/v1/notifications/webhooks-events/\(webhook.id)/resend"
        #expect(bench.json(path).status == 202)
        #expect(bench.vendor.takeWebhooks(now: bench.now).map(\.id) == [webhook.id])
    }
}
