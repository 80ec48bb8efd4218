import Domain
import Signatures

/// The settings of a Microsoft Graph source; its secrets are the texts of `clientState`.
///
/// | key | type | default | meaning |
/// |---|---|---|---|
/// | `subscriptions` | list of subscription ids | any | the subscriptions that are believed |
/// | `tenants` | list of tenant ids | any | the tenants that are believed |
package struct GraphSettings: Hashable, Sendable {
    /// The ids of the subscriptions; nil believes any that shows a `clientState`.
    package var subscriptions: [String]?
    /// The ids of the tenants; nil believes any.
    package var tenants: [String]?

    /// Makes the default settings.
    package init() {}

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["subscriptions", "tenants"])
        subscriptions = try reader.texts(
            "subscriptions",
            expected: "different ids of subscriptions",
            bytesMax: 64
        )
        tenants = try reader.texts("tenants", expected: "different ids of tenants", bytesMax: 64)
    }

    var json: JSONValue {
        let lists = [("subscriptions", subscriptions), ("tenants", tenants)]
        return .object(
            lists.compactMap { name, texts in
                texts.map { JSONMember(name, .array($0.map { .string($0) })) }
            }
        )
    }
}

/// Microsoft Graph's change notifications: one request holds items of several subscriptions, each judged by itself.
///
/// An item that is not believed is left out; the answer is 202 all the same, as Graph asks. The body of each event is
/// its item, byte for byte.
///
/// | item | type | named by | order | priority |
/// |---|---|---|---|---|
/// | a change | what changed and how: `event.created`, `event.updated`, `event.deleted` | Graph's `id`, or subscription, item, change and `@odata.etag` | `resource` | normal |
/// | a change without an etag that is not a deletion | the same | nothing: each delivery is an event of its own | `resource` | normal |
/// | `lifecycleEvent` | `lifecycle.missed`, `lifecycle.subscriptionRemoved`, `lifecycle.reauthorizationRequired` | subscription, kind, its end and the hour | the subscription | high |
struct GraphWebhooks: WebhookScheme {
    let settings: GraphSettings

    let manners: WebhookManners = {
        var manners = WebhookManners(acknowledgement: .accepted)
        manners.refusal = .accepted
        return manners
    }()

    /// The answer to `validationToken`: whoever asks learns nothing but what he sent.
    func unsignedAnswer(_ request: WebhookRequest) -> UnsignedAnswer? {
        switch GraphHandshake.question(in: request.url) {
        case nil: nil
        case .answer(let token):
            UnsignedAnswer(
                acknowledgement: Acknowledgement(status: 200, contentType: "text/plain", body: token),
                handshake: .graphValidation
            )
        case .malformed:
            UnsignedAnswer(
                acknowledgement: Acknowledgement(status: 400, contentType: nil, body: []),
                handshake: .graphValidation
            )
        }
    }

    /// Believes a request when any of its items is believed, or when there is none.
    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        var first: SignatureError?
        for item in try GraphNotification.items(of: request.body) {
            do throws(SignatureError) {
                return try verify(item, keys)
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
        return nil
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try HMACScheme.checkSecrets(secrets)
    }

    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        .events([])
    }

    func read(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        secret: Secret?,
        now: Instant
    ) throws(DescriptionError) -> WebhookContent {
        guard let items = try? GraphNotification.items(of: request.body) else { throw .invalid("`value`") }
        let believed = items.enumerated().filter { (try? verify($0.element, keys)) != nil }
        return .events(believed.map { described($0.element, place: $0.offset, now: now) })
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let clientState = keys.secrets.first, let item = try? JSONParser.parse(event.body) else {
            return nil
        }
        let state = JSONValue.string(String(decoding: clientState.bytes, as: UTF8.self))
        let body: JSONValue = ["value": [item.setting([("clientState", state)])]]
        let request = event.request(to: url)
        return WebhookRequest(url: request.url, headers: request.headers, body: body.serialized())
    }

    private func verify(_ item: GraphNotification, _ keys: VerificationKeys) throws(SignatureError) -> Int {
        let subscription = GraphSubscription(id: nil, tenantID: nil, clientStates: keys.secrets)
        let index = try subscription.verify(item)
        guard isListed(item.subscriptionID, settings.subscriptions) else {
            throw .notForThisSource("the subscription")
        }
        guard settings.tenants == nil || item.tenantID.map({ isListed($0, settings.tenants) }) == true else {
            throw .notForThisSource("the tenant")
        }
        return index
    }

    private func described(_ item: GraphNotification, place: Int, now: Instant) -> EventDescription {
        EventDescription(
            providerEventID: id(item, place: place, now: now),
            type: type(item),
            occurredAt: nil,
            orderingKey: EventFields.orderingKey(.string(item.resource ?? item.subscriptionID)),
            priority: item.lifecycle == nil ? .normal : .high,
            part: EventPart(item.body)
        )
    }

    private func id(_ item: GraphNotification, place: Int, now: Instant) -> [UInt8] {
        let subscription = item.subscriptionID
        if let lifecycle = item.lifecycle {
            let hour = Array("\(now.seconds / 3_600)".utf8)
            return EventFields.composedID([subscription, lifecycle, item.expiration ?? [], hour])
        }
        if let id = item.id { return EventFields.composedID([subscription, id]) }
        let change = item.changeType ?? []
        let what = [subscription, item.resourceID ?? item.resource ?? [], change]
        if let etag = item.etag { return EventFields.composedID(what + [etag]) }
        if change.elementsEqual("deleted".utf8) { return EventFields.composedID(what) }
        return EventFields.composedID(what + [Array("\(now.microseconds)/\(place)".utf8)])
    }

    /// `event.created`: the last word of `#Microsoft.Graph.Event` and the kind of change.
    private func type(_ item: GraphNotification) -> String {
        let type: [UInt8]
        if let lifecycle = item.lifecycle {
            type = Array("lifecycle.".utf8) + lifecycle
        } else {
            let word = item.resourceType?.split(separator: UInt8(ascii: ".")).last ?? []
            let name = word.isEmpty ? Array("resource".utf8) : Array(word)
            let lower = lowercasedASCII(String(decoding: name, as: UTF8.self))
            type = lower.utf8 + [UInt8(ascii: ".")] + (item.changeType ?? [])
        }
        return EventFields.isType(type) ? String(decoding: type, as: UTF8.self) : "resource.changed"
    }
}

extension Acknowledgement {
    /// 202 without a body: queued.
    static let accepted = Acknowledgement(status: 202, contentType: nil, body: [])
}
