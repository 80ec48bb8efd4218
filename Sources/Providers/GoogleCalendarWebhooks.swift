import Domain
import Signatures

/// The settings of a Google Calendar source; its secrets are the tokens that its channels were made with.
///
/// | key | type | default | meaning |
/// |---|---|---|---|
/// | `channels` | list of channel ids | any | the channels that are believed |
/// | `resources` | list of resource ids | any | the collections that are believed |
package struct GoogleCalendarSettings: Hashable, Sendable {
    /// The ids of the channels; nil believes any that shows a token.
    package var channels: [String]?
    /// Google's ids of the collections; nil believes any.
    package var resources: [String]?

    /// Makes the default settings.
    package init() {}

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["channels", "resources"])
        channels = try reader.texts("channels", expected: "different ids of channels", bytesMax: 64)
        resources = try reader.texts("resources", expected: "different ids of resources")
    }

    var json: JSONValue {
        let lists = [("channels", channels), ("resources", resources)]
        return .object(
            lists.compactMap { name, texts in
                texts.map { JSONMember(name, .array($0.map { .string($0) })) }
            }
        )
    }
}

/// Messages of Google Calendar's push channels: nothing but headers, which say that something has changed.
///
/// A message is named by its channel and number; those of one resource keep their order. The event's body is a JSON
/// object of what the headers say, without the token; the number is a text because it can be beyond 2^53:
/// `{"channel_id","message_number","resource_id","resource_state","resource_uri","channel_expiration"}`.
///
/// | state | becomes | priority |
/// |---|---|---|
/// | `sync` | nothing: it only says that the channel works | – |
/// | `exists` | `calendar.exists`: read what changed | normal |
/// | `not_exists` | `calendar.not_exists`: the collection is gone | high |
struct GoogleCalendarWebhooks: WebhookScheme {
    let settings: GoogleCalendarSettings

    let manners = WebhookManners(acknowledgement: .noContent)

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        let message = try GoogleNotification(request.headers)
        let index = try GoogleChannel(id: nil, resourceID: nil, tokens: keys.secrets).verify(message)
        guard isListed(message.channelID, settings.channels) else { throw .notForThisSource("the channel") }
        guard isListed(message.resourceID, settings.resources) else {
            throw .notForThisSource("the resource")
        }
        return index
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try HMACScheme.checkSecrets(secrets)
    }

    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        guard let message = try? GoogleNotification(request.headers) else { throw .invalid("the headers") }
        let type: String
        switch message.state {
        case .sync: return .answer(.noContent, .googleSync)
        case .exists: type = "calendar.exists"
        case .notExists: type = "calendar.not_exists"
        }
        let number = Array("\(message.messageNumber)".utf8)
        return .events([
            EventDescription(
                providerEventID: EventFields.composedID([message.channelID, number]),
                type: type,
                occurredAt: nil,
                orderingKey: EventFields.orderingKey(.string(message.resourceID)),
                priority: message.state == .notExists ? .high : .normal,
                part: EventPart(body(message).serialized())
            )
        ])
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        keys.secrets.first.map { token in
            event.request(to: url).adding([
                ("x-goog-channel-token", String(decoding: token.bytes, as: UTF8.self))
            ])
        }
    }

    private func body(_ message: GoogleNotification) -> JSONValue {
        func text(_ bytes: [UInt8]) -> JSONValue { .string(String(decoding: bytes, as: UTF8.self)) }
        return [
            "channel_id": text(message.channelID),
            "message_number": "\(message.messageNumber)",
            "resource_id": text(message.resourceID),
            "resource_state": .string(message.state.rawValue),
            "resource_uri": message.resourceURI.map(text) ?? .null,
            "channel_expiration": message.expiration.map(text) ?? .null,
        ]
    }
}

/// Whether a list holds `text`; every text is in no list at all.
func isListed(_ text: [UInt8], _ list: [String]?) -> Bool {
    list?.contains { $0.utf8.elementsEqual(text) } ?? true
}
