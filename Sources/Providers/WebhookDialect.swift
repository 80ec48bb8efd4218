package import Domain
package import Signatures

/// How one source's webhooks are believed, understood and answered.
///
/// A value without state: the same request, secrets and instant give the same answer.
package struct WebhookDialect: Sendable {
    /// Whose dialect it is.
    package let provider: ProviderName
    private let scheme: any WebhookScheme

    /// The status that makes the provider send again later: while Usher is overloaded or cannot write.
    package let overloadStatus = 503

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
        case .standardWebhooks(let settings): scheme = StandardWebhooks(settings: settings)
        case .generic(let settings): scheme = GenericWebhooks(settings: settings)
        }
    }

    /// What to answer once a webhook is durable, a repeated one too.
    package var acknowledgement: Acknowledgement { scheme.acknowledgement }

    /// Checks the signature over the raw bytes, every secret in constant time, then the signed time.
    /// - Returns: the index of the first secret that matches.
    package func verify(
        _ request: WebhookRequest,
        secrets: [Secret],
        now: Instant
    ) throws(SignatureError) -> Int {
        try scheme.verify(request, secrets: secrets, now: now)
    }

    /// Throws unless there is a secret and every one may protect a source: a source must not be enabled before.
    package func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try scheme.checkSecrets(secrets)
    }

    /// Reads a webhook that `verify` has accepted; a body that should be JSON must be strict JSON.
    package func describe(_ request: WebhookRequest) throws(DescriptionError) -> EventDescription {
        try scheme.describe(request)
    }

    /// The request with which the provider would send `event` to `url` now, signed with every secret it signs with.
    package func request(
        sending event: SampleEvent,
        to url: String,
        secrets: [Secret],
        now: Instant
    ) -> WebhookRequest {
        var headers = Headers([("content-type", "application/json; charset=utf-8")])
        for (name, value) in scheme.sign(event, url: url, secrets: secrets, now: now) {
            headers.append(name, value)
        }
        return WebhookRequest(url: url, headers: headers, body: event.body)
    }
}
