import Domain
import Providers
import Signatures
import Testing

/// The signature and replay attacks of the security design that pure code decides, by their numbers there.
@Suite struct SignatureAttacks {
    private let now = Instant(seconds: 1_800_000_000)
    private let stripe = WebhookDialect(.stripe(StripeSettings()))
    private let standard = WebhookDialect(.standardWebhooks(StandardWebhooksSettings()))
    private let stripeSecret = Secret("whsec_0123456789abcdefghijkl")
    private let standardSecret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    private func sample(_ dialect: WebhookDialect) throws -> SampleEvent {
        let type = try #require(SampleEvents.types(of: dialect.provider).first)
        let random = fixedRandom(1)
        return try #require(SampleEvents.make(type, of: dialect.provider, now: now, random: random))
    }

    private func signed(_ dialect: WebhookDialect, _ secrets: [Secret]) throws -> WebhookRequest {
        try #require(
            dialect.request(
                sending: try sample(dialect),
                to: "https://hooks.example.com",
                keys: SigningKeys(secrets),
                now: now
            )
        )
    }

    private func stripeRequest(_ header: String, body: [UInt8] = Array("{}".utf8)) -> WebhookRequest {
        WebhookRequest(url: "", headers: Headers([("Stripe-Signature", header)]), body: body)
    }

    private func refuses(_ request: WebhookRequest, _ error: SignatureError) {
        #expect(throws: error) {
            try stripe.verify(request, keys: VerificationKeys([stripeSecret]), now: now)
        }
    }

    @Test func `1: no signature header`() throws {
        for dialect in [stripe, standard, WebhookDialect(.generic(GenericSettings()))] {
            let bare = WebhookRequest(url: "", headers: Headers(), body: Array("{}".utf8))
            let error = #expect(throws: SignatureError.self) {
                try dialect.verify(bare, keys: VerificationKeys([standardSecret]), now: now)
            }
            #expect(error?.code == "signature_missing")
            #expect(error?.isMalformed == false)
        }
    }

    @Test func `2: an empty signature header`() {
        refuses(stripeRequest(""), .missing(header: "stripe-signature"))
    }

    @Test func `3: the right code of parsed and re-serialised JSON`() throws {
        let request = try signed(stripe, [stripeSecret])
        let compact = try JSONParser.parse(request.body).serialized()
        let resent = WebhookRequest(url: "", headers: request.headers, body: compact)
        refuses(resent, .mismatch)
    }

    @Test(arguments: ["", "short", "whsec_789012345"])
    func `4: a code under an empty or short secret`(text: String) throws {
        let request = try signed(stripe, [Secret(text)])
        #expect(throws: SignatureError.noUsableSecret) {
            try stripe.verify(request, keys: VerificationKeys([Secret(text)]), now: now)
        }
        #expect(throws: SecretError.self) { try stripe.checkSecrets([Secret(text)]) }
        #expect(throws: SignatureError.mismatch) {
            try stripe.verify(request, keys: VerificationKeys([Secret(text), stripeSecret]), now: now)
        }
    }

    @Test func `4: no secret at all`() throws {
        let request = try signed(stripe, [Secret("")])
        #expect(throws: SignatureError.noUsableSecret) {
            try stripe.verify(request, keys: VerificationKeys([]), now: now)
        }
        #expect(throws: SecretError.none) { try stripe.checkSecrets([]) }
    }

    @Test func `5: two signature headers, one of them valid`() throws {
        let request = try signed(stripe, [stripeSecret])
        for other in ["t=1800000000,v1=00", "", request.headers.first("stripe-signature") ?? ""] {
            var headers = request.headers
            headers.append("STRIPE-SIGNATURE", other)
            let doubled = WebhookRequest(url: "", headers: headers, body: request.body)
            refuses(doubled, .ambiguous(header: "stripe-signature"))
        }
    }

    @Test func `6: a header with 10 000 signatures`() {
        let items = Array(repeating: "v1=00", count: 10_000).joined(separator: ",")
        refuses(
            stripeRequest("t=1800000000," + items),
            .malformed(header: "stripe-signature", reason: "too long")
        )
        let few = Array(repeating: "v1=00", count: 33).joined(separator: ",")
        refuses(
            stripeRequest("t=1800000000," + few),
            .malformed(header: "stripe-signature", reason: "too many signatures")
        )
    }

    @Test func `7: a valid code in upper-case hexadecimal`() throws {
        let header = StripeSignature.sign(Array("{}".utf8), secrets: [stripeSecret], timestamp: now)
        let code = try #require(header.split(separator: "=").last)
        refuses(stripeRequest("t=1800000000,v1=" + code.uppercased()), .mismatch)
    }

    @Test func `8: base64 with other last bits, more or less padding, or white space`() throws {
        let request = try signed(standard, [standardSecret])
        let signature = try #require(request.headers.first("webhook-signature"))
        let last = try #require(signature.dropLast().utf8.last)
        let changed = String(decoding: [last + 1], as: UTF8.self)
        let bare = String(signature.dropLast())
        let forgeries = [bare, bare + "==", bare.dropLast() + changed + "=", bare + "=\t", bare + "=A"]
        for forgery in forgeries {
            var headers = request.headers
            headers = Headers(
                headers.fields.filter { $0.name != "webhook-signature" }.map { ($0.name, $0.value) }
            )
            headers.append("webhook-signature", forgery)
            let forged = WebhookRequest(url: "", headers: headers, body: request.body)
            #expect(throws: SignatureError.self) {
                try standard.verify(forged, keys: VerificationKeys([standardSecret]), now: now)
            }
        }
    }

    @Test(arguments: ["v0", "v2", "V1", " v1", "v1 ", ""])
    func `9: other versions only`(version: String) {
        let header = StripeSignature.sign(Array("{}".utf8), secrets: [stripeSecret], timestamp: now)
        refuses(stripeRequest(String(header.dropLast(67)) + version + "=" + header.suffix(64)), .mismatch)
    }

    @Test func `11 and 12: another source's or tenant's valid signature`() throws {
        refuses(try signed(stripe, [Secret("whsec_of_another_source_0123")]), .mismatch)
    }

    @Test(arguments: ["{}", " ", "\n", "\u{0}"])
    func `13: bytes after the signed body`(addition: String) throws {
        let request = try signed(stripe, [stripeSecret])
        let body = request.body + Array(addition.utf8)
        refuses(WebhookRequest(url: "", headers: request.headers, body: body), .mismatch)
    }

    @Test func `17: a secret that was withdrawn`() throws {
        let withdrawn = Secret("whsec_withdrawn_0123456789")
        let request = try signed(stripe, [withdrawn])
        #expect(try stripe.verify(request, keys: VerificationKeys([stripeSecret, withdrawn]), now: now) == 1)
        refuses(request, .mismatch)
    }

    @Test func `18: an id with a dot, to move the boundary of the signed bytes`() throws {
        let body = Array("5.{}".utf8)
        let headers = StandardWebhooksSigner.headers(
            id: "msg",
            timestamp: now,
            body: body,
            secrets: [standardSecret]
        )
        let shifted = Headers([
            ("webhook-id", "msg.1800000000"), ("webhook-timestamp", "5"), ("webhook-signature", headers[2].1),
        ])
        let request = WebhookRequest(url: "", headers: shifted, body: Array("{}".utf8))
        let error = #expect(throws: SignatureError.self) {
            try standard.verify(request, keys: VerificationKeys([standardSecret]), now: Instant(seconds: 5))
        }
        #expect(error?.isMalformed == true)
    }

    @Test func `19 and 20: a repeat, with the same or a re-encoded header, is the same event`() throws {
        let first = try signed(stripe, [stripeSecret])
        let header = try #require(first.headers.first("stripe-signature"))
        let parts = header.split(separator: ",")
        let again = stripeRequest("x=1,\(parts[1]),\(parts[0])", body: first.body)
        #expect(try stripe.verify(again, keys: VerificationKeys([stripeSecret]), now: now) == 0)
        #expect(
            try stripe.read(again).events[0].providerEventID == stripe.read(first).events[0].providerEventID
        )
        let generic = WebhookDialect(.generic(GenericSettings()))
        let plain = WebhookRequest(url: "", headers: Headers([("X-Signature", "aa")]), body: first.body)
        let other = WebhookRequest(url: "", headers: Headers([("x-signature", "AA")]), body: first.body)
        #expect(
            try generic.read(plain).events[0].providerEventID == generic.read(other).events[0].providerEventID
        )
    }

    @Test(arguments: ["t=1,t=1800000000", "t=1800000000,t=1800000000", "t=1800000000,v0=1,t=1"])
    func `22: two timestamps`(start: String) {
        let code = StripeSignature.sign(Array("{}".utf8), secrets: [stripeSecret], timestamp: now).suffix(64)
        refuses(
            stripeRequest("\(start),v1=\(code)"),
            .malformed(header: "stripe-signature", reason: "two timestamps")
        )
    }

    @Test(arguments: [
        "+1800000000", " 1800000000", "1800000000 ", "1.8e9", "１８００００００００", "-1", "0x6b49d200",
        "1_800_000_000",
        "1800000000.0", "", "18000000000000000",
    ])
    func `23: timestamps that are not plain digits`(text: String) throws {
        let code = StripeSignature.sign(Array("{}".utf8), secrets: [stripeSecret], timestamp: now).suffix(64)
        let stripeError = #expect(throws: SignatureError.self) {
            try stripe.verify(
                stripeRequest("t=\(text),v1=\(code)"),
                keys: VerificationKeys([stripeSecret]),
                now: now
            )
        }
        #expect(stripeError?.isMalformed == true)
        let headers = Headers([
            ("webhook-id", "m"), ("webhook-timestamp", text), ("webhook-signature", "v1,\(code)"),
        ])
        #expect(throws: SignatureError.self) {
            try standard.verify(
                WebhookRequest(url: "", headers: headers, body: []),
                keys: VerificationKeys([standardSecret]),
                now: now
            )
        }
    }

    @Test func `52: bytes that are no text in a signature header`() {
        let error = SignatureError.malformed(header: "stripe-signature", reason: "not printable ASCII")
        refuses(stripeRequest("t=1800000000,v1=\u{FFFD}"), error)
        refuses(stripeRequest("t=1800000000\n,v1=00"), error)
    }
}
