import Domain
import Gateway
import Providers
import Registry
import Signatures
import Testing
import UsherTesting

private let now = Instant(seconds: 1_795_000_000)
private let secretText = "whsec_" + Base64.encode(Array(0..<32))
private let address = Result { try ControlAddress("http://127.0.0.1:8080") }

private func chance() -> RandomSource {
    RandomSource { 0x1234_5678_9ABC_DEF0 }
}

private let yaml = """
    public_url: https://hooks.example.com
    sources:
      forms: {provider: generic, secrets: ["env:FORMS"], settings: {header: x-forms, prefix: "sha256=", id_pointer: /id}}
      pay-one: {provider: stripe, secrets: ["env:ONE"]}
      pay-two: {provider: stripe, secrets: ["env:TWO"]}
    """

private let resolver = SecretResolver(
    environment: {
        ["FORMS": "forms-secret-0123456789", "ONE": "whsec_one-0123456789", "TWO": "whsec_two-0123456789"][$0]
    },
    file: { _ throws(SecretResolutionError.Reason) in throw .unreadable("no files here") }
)

/// The settings a source needs, as `usher.yaml` has them.
private func settings(_ provider: ProviderName) -> String {
    switch provider {
    case .paypal: "{webhook_id: 8PT597110X687430LKGECATA}"
    case .awsSNS: #"{topics: ["arn:aws:sns:eu-central-1:123456789012:photos"]}"#
    case .generic: "{id_pointer: /id, type_pointer: /type}"
    default: "{}"
    }
}

/// A configuration with one source, its secret, and what its provider signs with.
private struct Partner {
    let configuration: Configuration
    let keys: SigningKeyRing
    let resolver: SecretResolver
    let dialect: WebhookDialect
    let verifying: VerificationKeys

    init(_ provider: ProviderName) async throws {
        let mail = SigningKeys.PrivateKey(pem: Secret(SendGridSignature.newPrivateKey(random: chance())))
        let isCertified = provider == .paypal || provider == .awsSNS
        let text = provider == .sendgrid ? SendGridSignature.publicKey(of: mail.pem) ?? "" : secretText
        let secrets = isCertified ? "[]" : #"["env:PARTNER"]"#
        let yaml = "{provider: \(provider), secrets: \(secrets), settings: \(settings(provider))}"
        configuration = try Configuration(
            "sources: {partner: \(yaml)}",
            file: "usher.yaml",
            rules: .registry
        )
        let key = Secret(WebhookCertificates.key)
        keys = SigningKeyRing([
            .sendgrid: mail, .paypal: .init(pem: key, certificateURL: WebhookCertificates.payPalURL),
            .awsSNS: .init(pem: key, certificateURL: WebhookCertificates.snsURL),
        ])
        resolver = SecretResolver(
            environment: { $0 == "PARTNER" ? text : nil },
            file: { _ throws(SecretResolutionError.Reason) in throw .unreadable("no files here") }
        )
        let source = try #require(configuration.sources.first)
        dialect = WebhookDialect(try WebhookSettings(source.providerSettings, for: provider))
        let isPayPal = provider == .paypal
        let certificate = try await CertificateChain.validate(
            pem: Array((isPayPal ? WebhookCertificates.payPal : WebhookCertificates.sns).utf8),
            anchors: TrustAnchors(pem: Array(WebhookCertificates.authority.utf8)),
            name: isPayPal ? PayPalSignature.certificateName : SNSMessage.certificateName,
            now: now
        )
        verifying = VerificationKeys(
            isCertified ? [] : [Secret(text)],
            certificate: isCertified ? certificate : nil
        )
    }
}

struct WebhookTriggerTests {
    @Test(arguments: WebhookTrigger.samples.map { [$0.provider, $0.type] })
    func `every sample is believed and understood by the dialect it is for`(_ sample: [String]) async throws {
        let provider = try ProviderName(name: sample[0])
        let partner = try await Partner(provider)
        let wish = WebhookTrigger.Wish(provider: sample[0], source: "partner")
        try wish.check(type: sample[1])
        let trigger = try WebhookTrigger(
            wish,
            configuration: partner.configuration,
            keys: partner.keys,
            resolver: partner.resolver
        )
        let webhook = try trigger.webhook(sample[1], now: now, random: chance())
        let index = try partner.dialect.verify(webhook.request, keys: partner.verifying, now: now)
        #expect(index == (provider == .paypal || provider == .awsSNS ? nil : 0))
        let url = "http://127.0.0.1:8080/api/integrations/webhooks/partner"
        #expect(webhook.request.url == url + webhook.querySuffix)
        #expect(webhook.querySuffix.hasPrefix("?wedding=") == (provider == .twilio))
        let content = try partner.dialect.read(
            webhook.request,
            keys: partner.verifying,
            secret: partner.verifying.secrets.first,
            now: now
        )
        #expect(content.events.map(\.type) == (webhook.isHandshake ? [] : [webhook.type]))
        #expect(webhook.isHandshake == (webhook.type == "calendar.sync"))
    }

    @Test func `every provider can be triggered`() {
        #expect(Set(WebhookTrigger.samples.map(\.provider)) == Set(WebhookTrigger.providers))
        #expect(WebhookTrigger.providers.count == 12)
    }

    @Test(arguments: [ProviderName.paypal, .awsSNS, .sendgrid])
    func `another server's provider has the private key alone`(provider: ProviderName) async throws {
        let partner = try await Partner(provider)
        let trigger = try WebhookTrigger(
            .init(provider: provider.rawValue),
            configuration: partner.configuration,
            resolver: partner.resolver
        )
        let type = try #require(trigger.types.first)
        #expect(throws: TriggerError.noSigningKey(provider: provider.rawValue)) {
            try trigger.webhook(type, now: now, random: chance())
        }
        #expect("\(TriggerError.noSigningKey(provider: "paypal"))".contains("only paypal itself"))
    }

    @Test(arguments: ["paypal", "aws-sns"])
    func `a secret is no key of a provider that has none`(_ provider: String) throws {
        let wish = WebhookTrigger.Wish(provider: provider, secret: secretText)
        #expect(throws: TriggerError.noSigningKey(provider: provider)) {
            try WebhookTrigger(wish, address: try address.get(), resolver: resolver)
        }
    }

    @Test func `a given secret stands in for the configuration's`() throws {
        let configuration = try Configuration(yaml, file: "usher.yaml", rules: .registry)
        let wish = WebhookTrigger.Wish(provider: "generic", secret: "another-secret-0123")
        let trigger = try WebhookTrigger(wish, configuration: configuration, resolver: resolver)
        let webhook = try trigger.webhook("booking.updated", now: now, random: chance())
        let source = try #require(configuration.sources.first { $0.name == trigger.source })
        let dialect = WebhookDialect(try WebhookSettings(source.providerSettings, for: .generic))
        let keys = VerificationKeys([Secret("another-secret-0123")])
        #expect(try dialect.verify(webhook.request, keys: keys, now: now) == 0)
    }

    @Test func `a provider that signs with a key of its own cannot be triggered without it`() throws {
        let pem = Secret(SendGridSignature.newPrivateKey(random: chance()))
        let secret = try #require(SendGridSignature.publicKey(of: pem))
        let wish = WebhookTrigger.Wish(provider: "sendgrid", source: "mails", secret: secret)
        let trigger = try WebhookTrigger(wish, address: try address.get(), resolver: resolver)
        #expect(throws: TriggerError.noSigningKey(provider: "sendgrid")) {
            try trigger.webhook("email.bounce", now: now, random: chance())
        }
        let other = WebhookTrigger.Wish(provider: "sendgrid", source: "mails", secret: secretText)
        #expect(throws: SecretError.notPublicKey(index: 0)) {
            try WebhookTrigger(other, address: try address.get(), resolver: resolver)
        }
    }

    @Test func `five kinds of Stripe's can be sent`() {
        #expect(WebhookTrigger.samples.filter { $0.provider == "stripe" }.count == 5)
    }

    @Test func `the configuration gives the source, its settings, its secret and the public URL`() throws {
        let configuration = try Configuration(yaml, file: "usher.yaml", rules: .registry)
        let forms = try WebhookTrigger(
            .init(provider: "generic"),
            configuration: configuration,
            resolver: resolver
        )
        let webhook = try forms.webhook("booking.updated", now: now, random: chance())
        #expect(forms.source.text == "forms")
        #expect(webhook.request.headers.first("x-forms")?.hasPrefix("sha256=") == true)
        #expect(webhook.request.url == "https://hooks.example.com/api/integrations/webhooks/forms")
    }

    @Test func `without a name it is the provider's first source, with one it is that`() throws {
        let configuration = try Configuration(yaml, file: "usher.yaml", rules: .registry)
        let first = try WebhookTrigger(
            .init(provider: "stripe"),
            configuration: configuration,
            resolver: resolver
        )
        #expect(first.source.text == "pay-one")
        let wish = WebhookTrigger.Wish(provider: "stripe", source: "pay-two")
        let second = try WebhookTrigger(wish, configuration: configuration, resolver: resolver)
        let request = try second.webhook("invoice.paid", now: now, random: chance()).request
        #expect(try StripeSignature.verify(request, secrets: [Secret("whsec_two-0123456789")], now: now) == 0)
        #expect(throws: TriggerError.noSource(provider: "stripe", name: "forms")) {
            try WebhookTrigger(
                .init(provider: "stripe", source: "forms"),
                configuration: configuration,
                resolver: resolver
            )
        }
    }

    @Test func `words that mean nothing are refused with what would`() {
        #expect(throws: TriggerError.self) {
            try WebhookTrigger.Wish(provider: "strip").check(type: "invoice.paid")
        }
        #expect(throws: TriggerError.self) {
            try WebhookTrigger.Wish(provider: "stripe").check(type: "invoice")
        }
        #expect(throws: TriggerError.invalidName("A b")) {
            try WebhookTrigger.Wish(provider: "stripe", source: "A b").check(type: "invoice.paid")
        }
        #expect("\(TriggerError.unknownProvider("x", known: ["stripe"]))".contains("stripe"))
    }
}

struct CurlCommandTests {
    @Test func `the command is signed for now and can be pasted`() throws {
        let request = CurlCommand.stripe(
            url: "http://127.0.0.1:8080/x",
            secret: Secret(secretText),
            now: now,
            random: chance()
        )
        #expect(try StripeSignature.verify(request, secrets: [Secret(secretText)], now: now) == 0)
        let text = CurlCommand.text(request)
        #expect(text.hasPrefix("curl -i 'http://127.0.0.1:8080/x' \\\n"))
        #expect(text.contains("-H 'stripe-signature: t=1795000000,v1="))
    }

    @Test func `a quote cannot end the word it stands in`() {
        let request = WebhookRequest(url: "http://h/", headers: Headers(), body: Array("it's; rm -rf /".utf8))
        #expect(CurlCommand.text(request).hasSuffix(#"--data-binary 'it'\''s; rm -rf /'"#))
    }
}

struct ApplyDocumentTests {
    @Test func `secrets are read here, everything else is as the file says`() throws {
        let configuration = try Configuration(yaml, file: "usher.yaml", rules: .registry)
        let document = try ApplyDocument.json(configuration, resolver: resolver)
        #expect(document.pointer("/sources/0/name") == "forms")
        #expect(document.pointer("/sources/0/settings/header") == "x-forms")
        #expect(document.pointer("/sources/1/secrets/0") == "whsec_one-0123456789")
        #expect(document.pointer("/destinations") == .array([]))
    }

    @Test func `a secret that is not here names its owner`() throws {
        let configuration = try Configuration(
            "sources: {pay: {provider: stripe, secrets: [env:GONE]}}",
            file: "usher.yaml",
            rules: .registry
        )
        #expect(throws: SecretResolutionError.self) {
            try ApplyDocument.json(configuration, resolver: resolver)
        }
    }
}
