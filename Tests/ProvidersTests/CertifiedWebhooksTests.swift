import Domain
import Providers
import Signatures
import Testing
import UsherTesting

/// What PayPal's and SNS's schemes have in common: events signed under a certificate.
@Suite struct CertifiedWebhooksTests {
    private static let now = Instant(seconds: 1_800_000_000)
    private static let topic = "arn:aws:sns:eu-central-1:123456789012:photos"
    private static let payPal = WebhookDialect(.paypal(PayPalSettings(webhookID: "8PT597110X687430LKGECATA")))
    private static let sns = WebhookDialect(.awsSNS(SNSSettings(topics: [topic])))
    private static let samples = [payPal, sns].flatMap { dialect in
        SampleEvents.types(of: dialect.provider).map { (dialect.provider, $0) }
    }

    private func dialect(_ provider: ProviderName) -> WebhookDialect {
        provider == .paypal ? Self.payPal : Self.sns
    }

    private func signing(_ provider: ProviderName, url: String? = nil) -> SigningKeys {
        let own = provider == .paypal ? WebhookCertificates.payPalURL : WebhookCertificates.snsURL
        return SigningKeys(
            [],
            privateKey: .init(pem: Secret(WebhookCertificates.key), certificateURL: url ?? own)
        )
    }

    private func keys(_ provider: ProviderName) async throws -> VerificationKeys {
        let isPayPal = provider == .paypal
        let key = try await CertificateChain.validate(
            pem: Array((isPayPal ? WebhookCertificates.payPal : WebhookCertificates.sns).utf8),
            anchors: TrustAnchors(pem: Array(WebhookCertificates.authority.utf8)),
            name: isPayPal ? PayPalSignature.certificateName : SNSMessage.certificateName,
            now: Self.now
        )
        return VerificationKeys([], certificate: key)
    }

    private func signed(_ provider: ProviderName, _ type: String, url: String? = nil) throws -> WebhookRequest
    {
        let sample = SampleEvents.make(
            type,
            of: provider,
            id: "given-1",
            now: Self.now,
            random: fixedRandom(1)
        )
        let event = try #require(sample)
        let keys = signing(provider, url: url)
        let request = dialect(provider).request(
            sending: event,
            to: "https://x.example",
            keys: keys,
            now: Self.now
        )
        return try #require(request)
    }

    @Test(arguments: samples)
    func `believes and understands its samples`(provider: ProviderName, type: String) async throws {
        let request = try signed(provider, type)
        let reference = try #require(try dialect(provider).certificate(for: request))
        #expect(reference.url.hasPrefix("https://"))
        let keys = try await keys(provider)
        #expect(try dialect(provider).verify(request, keys: keys, now: Self.now) == nil)
        let event = try #require(try dialect(provider).read(request).events.first)
        #expect(event.providerEventID == Array("given-1".utf8))
        #expect(event.type == type)
        #expect(event.occurredAt != nil)
        #expect((event.orderingKey != nil) == (type != "sns.notification"))
        #expect(event.part == nil)
    }

    @Test(arguments: samples)
    func `believes nothing without, with another or with an old certificate`(
        provider: ProviderName,
        type: String
    ) async throws {
        let request = try signed(provider, type)
        #expect(throws: SignatureError.certificateNotValid) {
            try dialect(provider).verify(request, keys: VerificationKeys([]), now: Self.now)
        }
        let keys = try await keys(provider)
        let late = try #require(Instant("2124-01-01T00:00:01Z"))
        #expect(throws: SignatureError.certificateNotValid) {
            try dialect(provider).verify(request, keys: keys, now: late)
        }
        var body = request.body
        body[body.count / 2] ^= 1
        let changed = WebhookRequest(url: "", headers: request.headers, body: body)
        #expect(throws: SignatureError.self) {
            try dialect(provider).verify(changed, keys: keys, now: Self.now)
        }
    }

    @Test(arguments: [
        (ProviderName.paypal, "https://api.paypal.com.evil.test/v1/notifications/certs/CERT-1"),
        (.paypal, "https://api.paypal.com/v1/notifications/certs/../../x"),
        (.paypal, "https://api.paypal.com/v1/notifications/certs/"),
        (.paypal, "https://api.paypal.com:8443/v1/notifications/certs/CERT-1"),
        (.paypal, "https://u@api.paypal.com/v1/notifications/certs/CERT-1"),
        (.paypal, "http://api.paypal.com/v1/notifications/certs/CERT-1"),
        (.paypal, "https://api.paypal.com/v1/notifications/certs/CERT-1?u=x"),
        (.awsSNS, "https://sns.amazonaws.com.evil.test/x.pem"),
        (.awsSNS, "https://sns.eu-central-1.amazonaws.com.evil.test/x.pem"),
        (.awsSNS, "https://sns.eu-central-1.amazonaws.com:8443/x.pem"),
        (.awsSNS, "https://sns.eu-central-1.amazonaws.com@evil.test/x.pem"),
        (.awsSNS, "https://sns.eu-central-1.amazonaws.com\\@evil.test/x.pem"),
        (.awsSNS, "https://sns.eu-central-1.amazonaws.com/x.pem?u=.pem"),
        (.awsSNS, "https://169.254.169.254/x.pem"),
        (.awsSNS, "http://sns.eu-central-1.amazonaws.com/x.pem"),
    ])
    func `16: names no certificate elsewhere, so that nothing is fetched`(
        provider: ProviderName,
        url: String
    ) throws {
        let type = try #require(SampleEvents.types(of: provider).first)
        let request = try signed(provider, type, url: url)
        #expect(throws: SignatureError.foreignCertificate) {
            try dialect(provider).certificate(for: request)
        }
        #expect(!SignatureError.foreignCertificate.isMalformed)
    }

    @Test func `takes certificates of the chosen world only`() throws {
        let live = WebhookDialect(.paypal(PayPalSettings(webhookID: "W", environment: .live)))
        let url = "https://api-m.sandbox.paypal.com/v1/notifications/certs/CERT-1"
        let request = try signed(.paypal, "PAYMENT.CAPTURE.COMPLETED", url: url)
        #expect(try Self.payPal.certificate(for: request)?.url == url)
        #expect(throws: SignatureError.foreignCertificate) { try live.certificate(for: request) }
    }

    @Test func `21: believes PayPal's time for seven days back and five minutes ahead`() async throws {
        let request = try signed(.paypal, "PAYMENT.CAPTURE.COMPLETED")
        let keys = try await keys(.paypal)
        for offset in [604_800, -300] {
            let now = Self.now + .seconds(offset)
            #expect(try Self.payPal.verify(request, keys: keys, now: now) == nil)
        }
        #expect(throws: SignatureError.tooOld) {
            try Self.payPal.verify(request, keys: keys, now: Self.now + .seconds(604_801))
        }
        #expect(throws: SignatureError.tooNew) {
            try Self.payPal.verify(request, keys: keys, now: Self.now - .seconds(301))
        }
    }

    @Test(arguments: [
        (PayPalSignature.idHeader, "a|b"), (PayPalSignature.timeHeader, "yesterday"),
        (PayPalSignature.signatureHeader, "YWJ="), (PayPalSignature.algorithmHeader, "SHA1withRSA"),
    ])
    func `refuses what breaks PayPal's grammar, and doubled headers`(name: String, value: String) throws {
        let request = try signed(.paypal, "PAYMENT.CAPTURE.COMPLETED")
        let others = request.headers.fields.filter { $0.name != name }.map { ($0.name, $0.value) }
        let broken = WebhookRequest(url: "", headers: Headers(others + [(name, value)]), body: request.body)
        let error = #expect(throws: SignatureError.self) { try Self.payPal.certificate(for: broken) }
        #expect(error?.code == "signature_malformed")
        #expect(throws: SignatureError.ambiguous(header: name)) {
            try Self.payPal.certificate(for: request.adding([(name, value)]))
        }
        let bare = WebhookRequest(url: "", headers: Headers(others), body: request.body)
        #expect(throws: SignatureError.missing(header: name)) { try Self.payPal.certificate(for: bare) }
    }

    @Test func `wants no secrets`() throws {
        for dialect in [Self.payPal, Self.sns] {
            try dialect.checkSecrets([])
            #expect(throws: SecretError.notWanted) { try dialect.checkSecrets([Secret("0123456789abcdef")]) }
            #expect(
                dialect.request(
                    sending: SampleEvent(
                        provider: dialect.provider,
                        id: "x",
                        type: "x",
                        body: Array("{}".utf8)
                    ),
                    to: "",
                    keys: SigningKeys([]),
                    now: Self.now
                ) == nil
            )
        }
    }

    private func envelope(_ changes: [String: String]) -> WebhookRequest {
        var members = [
            "Type": "Notification", "MessageId": "m-1", "TopicArn": Self.topic, "Message": "x",
            "Timestamp": "2027-01-15T08:00:00.000Z", "SignatureVersion": "2", "Signature": "YWJj",
            "SigningCertURL": WebhookCertificates.snsURL,
        ]
        members.merge(changes) { $1 }
        let json = JSONValue.object(
            members.filter { $0.value != "-" }.map { JSONMember($0.key, .string($0.value)) }
        )
        return WebhookRequest(url: "", headers: Headers(), body: json.serialized())
    }

    @Test(arguments: [
        (["Type": "Other"], "signature_body_malformed"),
        (["SignatureVersion": "3"], "signature_body_malformed"),
        (["Signature": "YWJ="], "signature_body_malformed"), (["Signature": "-"], "signature_field_missing"),
        (["Type": "SubscriptionConfirmation"], "signature_field_missing"),
        (["TopicArn": "arn:aws:sns:eu-central-1:999999999999:photos"], "signature_not_for_source"),
    ])
    func `refuses an envelope before anything is fetched`(changes: [String: String], code: String) {
        let error = #expect(throws: SignatureError.self) {
            try Self.sns.certificate(for: envelope(changes))
        }
        #expect(error?.code == code)
    }

    @Test func `refuses raw delivery and names that stand there twice`() {
        let raw = envelope([:]).adding([("x-amz-sns-rawdelivery", "true")])
        let twice = WebhookRequest(
            url: "",
            headers: Headers(),
            body: envelope([:]).body.dropLast() + Array(#","Message":"y"}"#.utf8)
        )
        for request in [raw, twice] {
            let error = #expect(throws: SignatureError.self) { try Self.sns.certificate(for: request) }
            #expect(error?.isMalformed == true)
        }
    }

    @Test(arguments: [
        (
            #"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#, "s3:TestEvent", Priority.low,
            nil as String?
        ),
        (
            #"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"a%2Bb+c.jpg"}}}]}"#,
            "s3:ObjectCreated:Put", .normal, "b/a+b c.jpg"
        ),
        (
            #"{"Records":[{"eventSource":"aws:s3","eventName":"LifecycleExpiration:Delete"}]}"#,
            "s3:LifecycleExpiration:Delete", .low, nil
        ),
        (#"{"Records":[{"eventSource":"aws:ses","eventName":"x"}]}"#, "sns.notification", .normal, nil),
        (#"{"Records":[]}"#, "sns.notification", .normal, nil),
        ("hello", "sns.notification", .normal, nil),
        ("", "sns.notification", .normal, nil),
    ])
    func `looks into what was published`(
        message: String,
        type: String,
        priority: Priority,
        order: String?
    ) throws {
        let event = try #require(try Self.sns.read(envelope(["Message": message])).events.first)
        #expect(event.type == type)
        #expect(event.priority == priority)
        #expect(event.orderingKey == order.map { Array($0.utf8) })
    }

    @Test func `confirms at SNS only, and reports the end of a subscription`() throws {
        let url = "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&Token=1"
        let confirmation = ["Type": "SubscriptionConfirmation", "Token": "1", "SubscribeURL": url]
        #expect(
            try Self.sns.read(envelope(confirmation))
                == .confirmation(url: url, .noContent, .snsSubscription)
        )
        var evil = confirmation
        evil["SubscribeURL"] = "https://sns.eu-central-1.amazonaws.com.evil.test/"
        #expect(throws: DescriptionError.invalid("`SubscribeURL`")) { try Self.sns.read(envelope(evil)) }
        var end = confirmation
        end["Type"] = "UnsubscribeConfirmation"
        let event = try #require(try Self.sns.read(envelope(end)).events.first)
        #expect(event.type == "sns.unsubscribed" && event.priority == .high)
    }

    @Test(arguments: [
        (ProviderName.paypal, #"{}"#, "settings_invalid"),
        (.paypal, #"{"webhook_id":""}"#, "settings_invalid"),
        (.paypal, #"{"webhook_id":"a|b"}"#, "settings_invalid"),
        (.paypal, #"{"webhook_id":"W","environment":"test"}"#, "settings_invalid"),
        (.paypal, #"{"webhook_id":"W","x":1}"#, "settings_unknown_key"),
        (.awsSNS, #"{}"#, "settings_invalid"),
        (.awsSNS, #"{"topics":[]}"#, "settings_invalid"),
        (.awsSNS, #"{"topics":["photos"]}"#, "settings_invalid"),
        (.awsSNS, #"{"topics":["arn:aws:sqs:eu-central-1:1:a"]}"#, "settings_invalid"),
        (.awsSNS, #"{"topics":["arn:aws:sns:r:1:a","arn:aws:sns:r:1:a"]}"#, "settings_invalid"),
    ])
    func `says what is wrong with its settings`(provider: ProviderName, text: String, code: String) throws {
        let json = try JSONParser.parse(Array(text.utf8))
        let error = #expect(throws: ProviderError.self) { try WebhookSettings(json, for: provider) }
        #expect(error?.code == code)
    }

    @Test(arguments: [
        (ProviderName.paypal, #"{"webhook_id":"W"}"#),
        (.paypal, #"{"webhook_id":"W","environment":"sandbox"}"#),
        (.awsSNS, #"{"topics":["arn:aws-cn:sns:cn-north-1:123456789012:photos"]}"#),
    ])
    func `reads what it writes`(provider: ProviderName, text: String) throws {
        let settings = try WebhookSettings(try JSONParser.parse(Array(text.utf8)), for: provider)
        #expect(settings.json.serialized() == Array(text.utf8))
        #expect(try WebhookSettings(settings.json, for: provider) == settings)
    }

    private func isBelieved(
        _ request: WebhookRequest,
        _ provider: ProviderName,
        _ keys: VerificationKeys
    ) -> Bool {
        do {
            return try dialect(provider).verify(request, keys: keys, now: Self.now) == nil
        } catch {
            return false
        }
    }

    @Test(arguments: [UInt64(1), 2])
    func `no mutation crashes a verifier or gets a changed body believed`(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        var believed = 0
        for provider in [ProviderName.paypal, .awsSNS] {
            let keys = try await keys(provider)
            let type = try #require(SampleEvents.types(of: provider).first)
            let original = try signed(provider, type)
            let signed = try? SNSMessage(original.body).signedBytes
            for round in 0..<4_000 {
                var body = original.body
                for _ in 0...Int(random.next() % 2) {
                    let place = Int(random.next() % UInt64(body.count))
                    switch random.next() % 3 {
                    case 0: body[place] ^= 1 << UInt8(random.next() & 7)
                    case 1: body.remove(at: place)
                    default: body.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                    }
                }
                let request = WebhookRequest(url: "", headers: original.headers, body: body)
                let isBelieved = isBelieved(request, provider, keys)
                believed += isBelieved ? 1 : 0
                _ = try? dialect(provider).read(request)
                let isSame =
                    provider == .paypal
                    ? body == original.body : (try? SNSMessage(body).signedBytes) == signed
                #expect(!isBelieved || isSame, "seed \(seed), round \(round), \(provider)")
            }
        }
        // SNS signs values: white space and fields that are not signed may change.
        #expect(believed > 0)
    }
}
