import Domain
import Gateway
import Providers
import Registry
import Signatures
import Testing

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

struct WebhookTriggerTests {
    @Test(arguments: WebhookTrigger.samples.map { [$0.provider, $0.type] })
    func `every sample is believed and understood by the dialect it is for`(_ sample: [String]) throws {
        let provider = try ProviderName(name: sample[0])
        // SendGrid's secret is a public key: what signs is not at hand.
        guard provider != .sendgrid else { return }
        let wish = WebhookTrigger.Wish(provider: sample[0], source: "partner", secret: secretText)
        try wish.check(type: sample[1])
        let trigger = try WebhookTrigger(wish, address: try address.get(), resolver: resolver)
        let webhook = try trigger.webhook(sample[1], now: now, random: chance())
        let dialect = WebhookDialect(try WebhookSettings(.object([]), for: provider))
        #expect(
            try dialect.verify(webhook.request, keys: VerificationKeys([Secret(secretText)]), now: now) == 0
        )
        let url = "http://127.0.0.1:8080/api/integrations/webhooks/partner"
        #expect(webhook.request.url == url + webhook.querySuffix)
        #expect(webhook.querySuffix.hasPrefix("?wedding=") == (provider == .twilio))
        if provider != .generic {
            #expect(try dialect.read(webhook.request).events[0].type == webhook.type)
        }
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

struct DemonstrationFilesTests {
    @Test func `the demonstration's configuration is a valid one`() throws {
        let files = DemonstrationFiles(folder: "./usher-data")
        let listen = try #require(ListenAddress("127.0.0.1:8080"))
        let text = files.yaml(listen: listen, application: "http://127.0.0.1:3000/hooks")
        let configuration = try Configuration(text, file: "demo.yaml", rules: .registry)
        #expect(configuration.sources.map(\.name.text).sorted() == ["forms", "partner", "stripe"])
        #expect(configuration.destinations.map(\.url) == ["http://127.0.0.1:3000/hooks"])
        #expect(files.stripeURL(listenURL: "http://h") == "http://h/api/integrations/webhooks/stripe")
    }
}
