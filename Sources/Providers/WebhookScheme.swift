import Domain
import Signatures

/// How one provider's webhooks are believed, understood and answered.
///
/// One implementation a provider.
protocol WebhookScheme: Sendable {
    /// How the provider wants to be dealt with.
    var manners: WebhookManners { get }
    /// The answer to a request that the provider sends without a signature; nil for every other.
    func unsignedAnswer(_ request: WebhookRequest) -> UnsignedAnswer?
    /// The certificate that the request names, checked for being the provider's own; nil without certificates.
    func certificate(for request: WebhookRequest) throws(SignatureError) -> CertificateReference?
    /// Checks the signature; gives the index of the matching secret, nil for a scheme without secrets.
    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int?
    /// Throws unless the secrets may protect a source.
    func checkSecrets(_ secrets: [Secret]) throws(SecretError)
    /// Reads a verified webhook; `secret` is the one that matched.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent
    /// Reads a verified webhook whose parts are believed one by one, each by any of the keys.
    func read(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        secret: Secret?,
        now: Instant
    ) throws(DescriptionError) -> WebhookContent
    /// The request with which the provider would send `event`; nil when `keys` lack what it signs with.
    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest?
}

extension WebhookScheme {
    func unsignedAnswer(_ request: WebhookRequest) -> UnsignedAnswer? { nil }

    func certificate(for request: WebhookRequest) throws(SignatureError) -> CertificateReference? { nil }

    func read(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        secret: Secret?,
        now: Instant
    ) throws(DescriptionError) -> WebhookContent {
        try read(request, secret: secret)
    }
}
