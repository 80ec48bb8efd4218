import Domain
import Providers
import Signatures
import Testing

@Suite struct SampleEventsTests {
    private static let now = Instant(seconds: 1_800_000_000)
    /// Those with other settings or keys are tested in `CertifiedWebhooksTests` and `CalendarWebhooksTests`.
    private static let others: Set<ProviderName> = [.paypal, .awsSNS, .googleCalendar, .microsoftGraph]
    private static let all = ProviderName.allCases.filter { !others.contains($0) }.flatMap { provider in
        SampleEvents.types(of: provider).map { (provider, $0) }
    }

    private func make(
        _ provider: ProviderName,
        _ type: String,
        id: String? = nil,
        seed: UInt64 = 1
    ) throws -> SampleEvent {
        try #require(SampleEvents.make(type, of: provider, id: id, now: Self.now, random: fixedRandom(seed)))
    }

    private func secret(_ provider: ProviderName) -> Secret {
        Secret(
            provider == .standardWebhooks
                ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : "whsec_0123456789abcdef"
        )
    }

    /// What `provider` signs with and what its source verifies with.
    private func keys(_ provider: ProviderName) throws -> (signing: SigningKeys, verifying: VerificationKeys)
    {
        guard provider == .sendgrid else {
            let secrets = [secret(provider)]
            return (SigningKeys(secrets), VerificationKeys(secrets))
        }
        let pem = Secret(SendGridSignature.newPrivateKey(random: fixedRandom(7)))
        let publicKey = Secret(try #require(SendGridSignature.publicKey(of: pem)))
        return (SigningKeys([publicKey], privateKey: .init(pem: pem)), VerificationKeys([publicKey]))
    }

    @Test(arguments: all)
    func `is believed and understood by its own dialect`(provider: ProviderName, type: String) throws {
        let event = try make(provider, type, id: "given_1")
        let settings = try WebhookSettings(
            provider == .generic ? ["id_pointer": "/id", "type_pointer": "/type"] : [:],
            for: provider
        )
        let dialect = WebhookDialect(settings)
        let (signing, verifying) = try keys(provider)
        let signed = dialect.request(
            sending: event,
            to: "https://x.example/hook",
            keys: signing,
            now: Self.now
        )
        let request = try #require(signed)
        #expect(try dialect.verify(request, keys: verifying, now: Self.now) == 0)
        let description = try dialect.read(request).events[0]
        #expect(String(decoding: description.providerEventID, as: UTF8.self) == event.id)
        #expect(event.id == "given_1" || [.twilio, .zoom, .cloudinary].contains(provider))
        #expect(description.type == type)
        #expect(request.body == event.body)
        #expect(request.headers.first("content-type") == event.contentType)
        #expect(dialect.manners.methods.contains(request.method))
    }

    @Test(arguments: [ProviderName.square, .twilio, .sendgrid, .zoom, .cloudinary])
    func `keeps order, and can be signed only with a key`(provider: ProviderName) throws {
        let dialect = WebhookDialect(try WebhookSettings([:], for: provider))
        #expect(SampleEvents.types(of: provider).count >= 3)
        for type in SampleEvents.types(of: provider) {
            let event = try make(provider, type)
            let request = try #require(
                dialect.request(
                    sending: event,
                    to: "https://x.example",
                    keys: try keys(provider).signing,
                    now: Self.now
                )
            )
            let description = try dialect.read(request).events[0]
            #expect(description.orderingKey != nil)
            // Twilio signs no time.
            #expect(description.occurredAt == (provider == .twilio ? nil : Self.now))
            #expect(dialect.request(sending: event, to: "", keys: SigningKeys([]), now: Self.now) == nil)
        }
    }

    @Test func `carries the wedding where the provider has a place for it`() throws {
        let weddings = ["amara-jonas", "chloe-mateus", "priya-daniel", "soeren-ines"]
        let payment = try JSONParser.parse(try make(.square, "payment.updated").body)
        let reference = try #require(payment.pointer("/data/object/payment/reference_id")?.string)
        #expect(weddings.contains(reference))
        let query = try #require(try make(.twilio, "message.delivered").query)
        #expect(weddings.contains { query == "wedding=\($0)" })
        let mail = try JSONParser.parse(try make(.sendgrid, "email.bounce").body)
        #expect(weddings.contains(try #require(mail.pointer("/0/wedding_id")?.string)))
        let photograph = try JSONParser.parse(try make(.cloudinary, "upload").body)
        #expect(weddings.contains(try #require(photograph.pointer("/context/custom/wedding_id")?.string)))
    }

    @Test(arguments: [ProviderName.zoom, .googleCalendar, .microsoftGraph])
    func `names an object of the cast where the provider carries no wedding`(provider: ProviderName) throws {
        let known = SampleCast.couples.flatMap { couple in
            SampleCast.suppliers.flatMap { SampleCast.objects(wedding: couple.wedding, vendor: $0.vendor) }
        }
        let ids = known.filter { $0.provider == provider }.map(\.objectID)
        #expect(Set(ids).count == SampleCast.couples.count * SampleCast.suppliers.count)
        let rules = CorrelationRules.defaults(for: provider.rawValue)
        for type in SampleEvents.types(of: provider) {
            let event = try make(provider, type, seed: 9)
            let found = rules.candidates(body: event.body, headers: event.headers, url: "https://x")
            #expect(found.references.count == 1)
            #expect(found.references.allSatisfy { ids.contains($0.objectID) })
        }
    }

    @Test(arguments: all)
    func `repeats an event from its seed and no other`(provider: ProviderName, type: String) throws {
        #expect(try make(provider, type, seed: 5) == make(provider, type, seed: 5))
        #expect(try make(provider, type, seed: 5).id != make(provider, type, seed: 6).id)
    }

    @Test(arguments: SampleEvents.types(of: .stripe))
    func `looks like Stripe's: pretty JSON about one wedding`(type: String) throws {
        let event = try make(.stripe, type)
        let json = try JSONParser.parse(event.body)
        #expect(json.serialized(pretty: true) == event.body)
        #expect(event.body.starts(with: "{\n  \"id\": \"evt_1".utf8))
        #expect(json["created"]?.int64 == Self.now.seconds)
        #expect(json.pointer("/data/object/metadata/wedding_id")?.string?.isEmpty == false)
        #expect(json.pointer("/data/object/object")?.string.map { type.hasPrefix($0) } == true)
        #expect(event.body.count > 1_000 && event.body.count < 6_000)
    }

    @Test func `knows no other types`() {
        #expect(SampleEvents.make("nothing", of: .stripe, now: Self.now, random: fixedRandom(1)) == nil)
        #expect(SampleEvents.make("invoice.paid", of: .generic, now: Self.now, random: fixedRandom(1)) == nil)
    }

    @Test func `carries the id and the type in headers where a generic source wants them there`() throws {
        let settings = try WebhookSettings(
            ["auth": "basic", "id_header": "X-Id", "type_header": "X-Type"],
            for: .generic
        )
        let dialect = WebhookDialect(settings)
        let event = try make(.generic, "booking.updated", id: "b1")
        let secrets = [Secret("vendor:0123456789abcdef")]
        let signed = dialect.request(
            sending: event,
            to: "https://x.example",
            keys: SigningKeys(secrets),
            now: Self.now
        )
        let request = try #require(signed)
        #expect(try dialect.verify(request, keys: VerificationKeys(secrets), now: Self.now) == 0)
        #expect(try dialect.read(request).events[0].providerEventID == Array("b1".utf8))
        #expect(try dialect.read(request).events[0].type == "booking.updated")
    }

    @Test func `a source cannot be enabled with secrets of another kind`() throws {
        let standard = WebhookDialect(.standardWebhooks(StandardWebhooksSettings()))
        #expect(throws: SecretError.notBase64(index: 0)) {
            try standard.checkSecrets([Secret("not a signing secret")])
        }
        try standard.checkSecrets([secret(.standardWebhooks)])
        let basic = WebhookDialect(try WebhookSettings(["auth": "basic"], for: .generic))
        #expect(throws: SecretError.notUserAndPassword(index: 0)) {
            try basic.checkSecrets([Secret("0123456789abcdef")])
        }
    }
}
