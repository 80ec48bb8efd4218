/// What a verified webhook holds.
package enum WebhookContent: Hashable, Sendable {
    /// Events to store, in the order they stand there; none is no error.
    case events([EventDescription])
    /// A question of the provider, answered at once; nothing is stored.
    case answer(Acknowledgement, Handshake)
    /// A question that is answered by fetching `url`, which the scheme has checked; then the acknowledgement leaves.
    case confirmation(url: String, Acknowledgement, Handshake)

    /// The most events one webhook may hold: more than 1 MiB of any provider's.
    package static let eventsMax = 10_000

    /// The events; empty for everything else.
    package var events: [EventDescription] {
        guard case .events(let events) = self else { return [] }
        return events
    }
}

/// The questions with which providers make sure that an endpoint is theirs; Usher answers them by itself.
package enum Handshake: String, Hashable, Sendable {
    /// Zoom's `endpoint.url_validation`.
    case zoomURLValidation = "zoom.url_validation"
    /// Graph's `validationToken`.
    case graphValidation = "graph.validation"
    /// The first message of a Google channel.
    case googleSync = "google.sync"
    /// SNS asks whether the subscription is wanted.
    case snsSubscription = "sns.subscription"
}

/// The answer to a request that is not signed.
package struct UnsignedAnswer: Hashable, Sendable {
    /// What to answer.
    package let acknowledgement: Acknowledgement
    /// What was asked.
    package let handshake: Handshake
}
