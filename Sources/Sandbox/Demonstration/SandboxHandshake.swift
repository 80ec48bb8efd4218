package import Domain
package import Providers

/// What providers send before their first event, to see whether a URL is ours.
package enum SandboxHandshake {
    /// Where the confirmation of the demonstration's subscription is expected: a real address of SNS which the
    /// demonstration answers for itself.
    package static let subscribeURL =
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=\(topic)&Token=demonstration"
    /// The topic that the demonstration's photographs are published to.
    package static let topic = "arn:aws:sns:eu-central-1:123456789012:photos"

    /// The question of a provider, to be signed as its events are; nil for those that ask none, or unsigned.
    package static func event(of provider: ProviderName, now: Instant, random: RandomSource) -> SampleEvent? {
        switch provider {
        case .zoom: validation(now, random)
        case .awsSNS: confirmation(now, random)
        case .googleCalendar: SampleEvents.make("calendar.sync", of: provider, now: now, random: random)
        default: nil
        }
    }

    private static func validation(_ now: Instant, _ random: RandomSource) -> SampleEvent {
        let json: JSONValue = [
            "event": "endpoint.url_validation",
            "payload": ["plainToken": .string(Hex.encode(random.bytes(11)))],
            "event_ts": .integer(now.milliseconds),
        ]
        return SampleEvent(
            provider: .zoom,
            id: "url_validation \(now.milliseconds)",
            type: "endpoint.url_validation",
            body: json.serialized()
        )
    }

    private static func confirmation(_ now: Instant, _ random: RandomSource) -> SampleEvent {
        let id = Hex.encode(random.bytes(16))
        let json: JSONValue = [
            "Type": "SubscriptionConfirmation",
            "MessageId": .string(id),
            "Token": "demonstration",
            "TopicArn": .string(topic),
            "Message": "You have chosen to subscribe to the topic \(topic).",
            "SubscribeURL": .string(subscribeURL),
            "Timestamp": "\(now)",
        ]
        return SampleEvent(
            provider: .awsSNS,
            id: id,
            type: "SubscriptionConfirmation",
            body: json.serialized(),
            contentType: "text/plain; charset=UTF-8"
        )
    }
}
