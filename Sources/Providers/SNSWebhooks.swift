import Domain
import Signatures

/// The settings of an Amazon SNS source.
///
/// | key | type | default | meaning |
/// |---|---|---|---|
/// | `topics` | list of ARNs | none: it must be given | the topics whose messages are believed and whose subscriptions are confirmed |
package struct SNSSettings: Hashable, Sendable {
    /// The ARNs of the topics: 1 to 100.
    package var topics: [String]

    /// Makes the settings for some topics.
    package init(topics: [String]) {
        self.topics = topics
    }

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["topics"])
        let expected = "different ARNs of topics, like `arn:aws:sns:eu-central-1:123456789012:photos`"
        guard let topics = try reader.texts("topics", expected: expected, where: isTopic) else {
            throw .missingSetting("topics", expected: "a list of 1 to \(SettingsReader.textsMax) \(expected)")
        }
        self.topics = topics
    }

    var json: JSONValue { ["topics": .array(topics.map { .string($0) })] }
}

/// `arn:aws:sns:region:account:name`, also of AWS's other partitions (`aws-cn`, `aws-us-gov`).
private func isTopic(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    return parts.count == 6 && parts.allSatisfy { !$0.isEmpty } && parts[0].elementsEqual("arn".utf8)
        && parts[1].starts(with: "aws".utf8) && parts[2].elementsEqual("sns".utf8)
}

/// Messages of Amazon SNS, and what Amazon S3 publishes through them.
///
/// A message is named by its `MessageId`. The event's body is the whole envelope as it came. Its type and order come
/// from what was published:
///
/// | published | type | order | priority |
/// |---|---|---|---|
/// | an event of S3 | `s3:ObjectCreated:Put`, `s3:ObjectRemoved:Delete`, … | bucket and key | normal; `s3:ReducedRedundancyLostObject` and `s3:Replication:OperationFailedReplication` high; `s3:LifecycleExpiration:*`, `s3:LifecycleTransition`, `s3:IntelligentTiering` low |
/// | S3's test event | `s3:TestEvent` | – | low |
/// | anything else | `sns.notification` | – | normal |
/// | the end of the subscription | `sns.unsubscribed` | – | high |
///
/// S3 orders the events of one key by their `sequencer`, not by arrival.
struct SNSWebhooks: WebhookScheme {
    let settings: SNSSettings

    /// 503 under overload: SNS takes every status up to 499 for delivered.
    let manners = WebhookManners(acknowledgement: .noContent)

    func certificate(for request: WebhookRequest) throws(SignatureError) -> CertificateReference? {
        try message(request).certificate(topics: settings.topics)
    }

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        let message = try message(request)
        _ = try message.certificate(topics: settings.topics)
        guard let key = keys.certificate else { throw .certificateNotValid }
        try message.verify(topics: settings.topics, key: key, now: now)
        return nil
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        guard secrets.isEmpty else { throw .notWanted }
    }

    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        guard let message = try? SNSMessage(request.body) else { throw .invalid("the SNS message") }
        switch message.kind {
        case .notification:
            return .events([try described(message, published(message))])
        case .unsubscribeConfirmation:
            return .events([try described(message, Published(type: "sns.unsubscribed", priority: .high))])
        case .subscriptionConfirmation:
            guard let url = message.subscribeURL, SNSMessage.isSubscribeURL(url) else {
                throw .invalid("`SubscribeURL`")
            }
            return .confirmation(url: String(decoding: url, as: UTF8.self), .noContent, .snsSubscription)
        }
    }

    /// Signs as SNS with `SignatureVersion` 2, for the first topic of the settings.
    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let key = keys.privateKey, let certificateURL = key.certificateURL,
            let topic = settings.topics.first,
            let sample = try? JSONParser.parse(event.body)
        else { return nil }
        let unsigned = sample.setting([
            ("TopicArn", .string(topic)), ("SignatureVersion", "2"),
            ("SigningCertURL", .string(certificateURL)), ("Signature", ""),
        ])
        guard let message = try? SNSMessage(unsigned.serialized()),
            let signature = RSASigner.sign(message.signedBytes, pem: key.pem, digest: .sha256)
        else { return nil }
        let request = event.request(to: url)
        return WebhookRequest(
            url: request.url,
            headers: request.headers,
            body: unsigned.setting([("Signature", .string(signature))]).serialized(pretty: true)
        )
    }

    private func message(_ request: WebhookRequest) throws(SignatureError) -> SNSMessage {
        if request.headers.first("x-amz-sns-rawdelivery") != nil {
            throw .malformedBody(reason: "raw delivery carries no signature: turn it off in the subscription")
        }
        return try SNSMessage(request.body)
    }

    /// What stands inside a message.
    private struct Published {
        let type: String
        var occurredAt: Instant?
        var orderingKey: [UInt8]?
        var priority = Priority.normal
    }

    private func described(
        _ message: SNSMessage,
        _ published: Published
    ) throws(DescriptionError) -> EventDescription {
        EventDescription(
            providerEventID: try EventFields.id(.string(message.messageID), "`MessageId`"),
            type: published.type,
            occurredAt: published.occurredAt ?? EventFields.instant(.string(message.timestamp)),
            orderingKey: published.orderingKey,
            priority: published.priority
        )
    }

    /// An event of S3 when it is one; whatever else is published is nobody's business here.
    private func published(_ message: SNSMessage) -> Published {
        let other = Published(type: "sns.notification")
        guard
            let found = try? JSONScanner.scan(message.message, pointers: pointers, limits: SNSMessage.limits)
        else { return other }
        if found[5]?.string == "s3:TestEvent" { return Published(type: "s3:TestEvent", priority: .low) }
        guard found[0]?.string == "aws:s3", case .string(let name) = found[1] else { return other }
        let type = Array("s3:".utf8) + name
        guard EventFields.isType(type) else { return other }
        let text = String(decoding: type, as: UTF8.self)
        return Published(
            type: text,
            occurredAt: EventFields.instant(found[2]),
            orderingKey: objectKey(bucket: found[3], key: found[4]),
            priority: rules.priority(of: text)
        )
    }

    private func objectKey(bucket: JSONScanner.Found?, key: JSONScanner.Found?) -> [UInt8]? {
        guard case .string(let bucket) = bucket, case .string(let key) = key else { return nil }
        let path = bucket + [UInt8(ascii: "/")] + (S3Event.decodedKey(key) ?? key)
        return EventFields.orderingKey(.string(path))
    }
}

extension JSONValue {
    /// The object with these members set: replaced where they stand, else added at the end.
    func setting(_ members: [(String, JSONValue)]) -> JSONValue {
        var all = object ?? []
        for (name, value) in members {
            let member = JSONMember(name, value)
            if let index = all.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
                all[index] = member
            } else {
                all.append(member)
            }
        }
        return .object(all)
    }
}

private let pointers = JSONPointerSet(
    [
        "/Records/0/eventSource", "/Records/0/eventName", "/Records/0/eventTime", "/Records/0/s3/bucket/name",
        "/Records/0/s3/object/key", "/Event",
    ].compactMap { JSONPointer($0) }
)

private let rules = PriorityRules(
    high: ["s3:ReducedRedundancyLostObject", "s3:Replication:OperationFailedReplication"],
    low: ["s3:LifecycleExpiration:*", "s3:LifecycleTransition", "s3:IntelligentTiering"]
)
