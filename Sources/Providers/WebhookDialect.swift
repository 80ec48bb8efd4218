package import Domain
package import Signatures

/// How one source's webhooks are believed, understood and answered.
///
/// A value without state: the same request, secrets and instant give the same answer.
package struct WebhookDialect: Sendable {
    /// Whose dialect it is.
    package let provider: ProviderName
    private let scheme: any WebhookScheme

    /// The dialect of `provider` with `settings`, which must be made for it.
    package static func dialect(
        for provider: ProviderName,
        settings: WebhookSettings
    ) throws(ProviderError) -> WebhookDialect {
        guard settings.provider == provider else {
            throw .otherProvider(expected: provider, found: settings.provider)
        }
        return WebhookDialect(settings)
    }

    /// The dialect that `settings` describe.
    package init(_ settings: WebhookSettings) {
        provider = settings.provider
        switch settings {
        case .stripe(let settings): scheme = StripeWebhooks(settings: settings)
        case .square: scheme = SquareWebhooks()
        case .paypal(let settings): scheme = PayPalWebhooks(settings: settings)
        case .twilio: scheme = TwilioWebhooks()
        case .sendgrid(let settings): scheme = SendGridWebhooks(settings: settings)
        case .zoom(let settings): scheme = ZoomWebhooks(settings: settings)
        case .cloudinary(let settings): scheme = CloudinaryWebhooks(settings: settings)
        case .awsSNS(let settings): scheme = SNSWebhooks(settings: settings)
        case .googleCalendar(let settings): scheme = GoogleCalendarWebhooks(settings: settings)
        case .microsoftGraph(let settings): scheme = GraphWebhooks(settings: settings)
        case .standardWebhooks(let settings): scheme = StandardWebhooks(settings: settings)
        case .generic(let settings): scheme = GenericWebhooks(settings: settings)
        }
    }

    /// How the provider wants to be dealt with.
    package var manners: WebhookManners { scheme.manners }

    /// The answer to a request that the provider sends without a signature, before any other check; nil for every
    /// other request.
    package func unsignedAnswer(_ request: WebhookRequest) -> UnsignedAnswer? {
        scheme.unsignedAnswer(request)
    }

    /// The certificate that `request` is to be verified with: its address is the provider's own, so that it may be
    /// fetched; nil for a scheme without certificates.
    package func certificate(for request: WebhookRequest) throws(SignatureError) -> CertificateReference? {
        try scheme.certificate(for: request)
    }

    /// Checks the signature over the raw bytes, every secret in constant time, then the signed time.
    /// - Returns: the index of the first secret that matches; nil for a scheme without secrets.
    package func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        try scheme.verify(request, keys: keys, now: now)
    }

    /// Throws unless there is what the scheme needs and every secret may protect a source: a source must not be
    /// enabled before.
    package func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try scheme.checkSecrets(secrets)
    }

    /// Reads a webhook that `verify` has accepted with `keys` at `now`; see `read(_:secret:)`.
    package func read(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        secret: Secret?,
        now: Instant
    ) throws(DescriptionError) -> WebhookContent {
        try scheme.read(request, keys: keys, secret: secret, now: now)
    }

    /// Reads a webhook that `verify` has accepted; a body that should be JSON must be strict JSON.
    /// - Parameter secret: the one that matched.
    package func read(
        _ request: WebhookRequest,
        secret: Secret? = nil
    ) throws(DescriptionError) -> WebhookContent {
        try scheme.read(request, secret: secret)
    }

    /// The request with which the provider would send `event` to `url` now, signed with every key it signs with; nil
    /// when `keys` lack one.
    package func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        scheme.request(sending: event, to: url, keys: keys, now: now)
    }
}
