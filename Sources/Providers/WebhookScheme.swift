import Domain
import Signatures

/// How one provider's webhooks are believed, understood and answered.
///
/// One implementation a provider.
protocol WebhookScheme: Sendable {
    /// What to answer once the webhook is durable.
    var acknowledgement: Acknowledgement { get }
    /// Checks the signature; gives the index of the matching secret.
    func verify(_ request: WebhookRequest, secrets: [Secret], now: Instant) throws(SignatureError) -> Int
    /// Throws unless the secrets may protect a source.
    func checkSecrets(_ secrets: [Secret]) throws(SecretError)
    /// Reads a verified webhook.
    func describe(_ request: WebhookRequest) throws(DescriptionError) -> EventDescription
    /// The headers, beside `Content-Type`, with which the provider would send `event`.
    func sign(_ event: SampleEvent, url: String, secrets: [Secret], now: Instant) -> [(String, String)]
}
