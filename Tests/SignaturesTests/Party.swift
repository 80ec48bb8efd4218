import Domain
import Providers
import Signatures
import Testing

/// A provider with everything it signs with, for tests that all of them must pass.
struct Party: Sendable, CustomTestStringConvertible {
    static let now = Instant(seconds: 1_800_000_000)
    static let url = "https://hooks.example.com/api/integrations/webhooks/in"

    let dialect: WebhookDialect
    let signing: SigningKeys
    let secrets: [Secret]
    /// The header with the signature, and the one with the signing time.
    let signatureHeader: String
    let timestampHeader: String?
    /// Whether the signature covers the URL.
    var coversURL = false

    var testDescription: String { dialect.provider.rawValue }
    var keys: VerificationKeys { VerificationKeys(secrets) }

    /// Square, Twilio, SendGrid, Zoom and Cloudinary.
    static let all: [Party] = [
        shared(.square(NoSettings()), "0123456789abcdefghijkl", SquareSignature.header, nil, coversURL: true),
        shared(
            .twilio(NoSettings()),
            "0123456789abcdef0123456789abcdef",
            TwilioSignature.header,
            nil,
            coversURL: true
        ),
        sendgrid(seed: 3),
        shared(
            .zoom(ZoomSettings()),
            "0123456789abcdefghijkl",
            ZoomSignature.header,
            ZoomSignature.timestampHeader
        ),
        shared(
            .cloudinary(CloudinarySettings()),
            "0123456789abcdefghijklmnopq",
            CloudinarySignature.header,
            CloudinarySignature.timestampHeader
        ),
    ]

    /// A SendGrid source with the key pair of `seed`.
    static func sendgrid(seed: UInt64) -> Party {
        let pem = Secret(SendGridSignature.newPrivateKey(random: fixedRandom(seed)))
        let publicKey = Secret(SendGridSignature.publicKey(of: pem) ?? "")
        return Party(
            dialect: WebhookDialect(.sendgrid(SendGridSettings())),
            signing: SigningKeys([publicKey], privateKey: .init(pem: pem)),
            secrets: [publicKey],
            signatureHeader: SendGridSignature.header,
            timestampHeader: SendGridSignature.timestampHeader
        )
    }

    private static func shared(
        _ settings: WebhookSettings,
        _ secret: String,
        _ signatureHeader: String,
        _ timestampHeader: String?,
        coversURL: Bool = false
    ) -> Party {
        Party(
            dialect: WebhookDialect(settings),
            signing: SigningKeys([Secret(secret)]),
            secrets: [Secret(secret)],
            signatureHeader: signatureHeader,
            timestampHeader: timestampHeader,
            coversURL: coversURL
        )
    }

    /// The same party with other keys.
    func withOtherKeys() -> Party {
        guard dialect.provider != .sendgrid else { return .sendgrid(seed: 4) }
        let other = Secret("another-0123456789abcdef")
        return Party(
            dialect: dialect,
            signing: SigningKeys([other]),
            secrets: [other],
            signatureHeader: signatureHeader,
            timestampHeader: timestampHeader,
            coversURL: coversURL
        )
    }

    /// The first sample event, signed.
    func signed(at now: Instant = Party.now) throws -> WebhookRequest {
        let type = try SampleEvents.types(of: dialect.provider).first.required("a sample")
        let event = SampleEvents.make(type, of: dialect.provider, now: Self.now, random: fixedRandom(1))
        return try dialect.request(sending: event.required("event"), to: Self.url, keys: signing, now: now)
            .required("a signed request")
    }

    /// The answer of the verifier: nil when the request is believed.
    func refusal(
        _ request: WebhookRequest,
        keys: VerificationKeys? = nil,
        now: Instant = Party.now
    ) -> SignatureError? {
        do throws(SignatureError) {
            _ = try dialect.verify(request, keys: keys ?? self.keys, now: now)
            return nil
        } catch {
            return error
        }
    }
}

extension WebhookRequest {
    /// The request with another value of one header, or without it.
    func replacing(_ name: String, _ value: String?) -> WebhookRequest {
        let others = headers.fields.filter { $0.name != name }.map { ($0.name, $0.value) }
        return with(headers: others + (value.map { [(name, $0)] } ?? []))
    }

    /// The request with some parts changed.
    func with(
        url: String? = nil,
        headers: [(String, String)]? = nil,
        body: [UInt8]? = nil
    ) -> WebhookRequest {
        WebhookRequest(
            method: method,
            url: url ?? self.url,
            headers: headers.map { Headers($0) } ?? self.headers,
            body: body ?? self.body
        )
    }
}
