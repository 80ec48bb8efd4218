package import Domain
import Signatures

/// The settings of a source that signs by Standard Webhooks.
///
/// | key | type | default | range |
/// |---|---|---|---|
/// | `tolerance_seconds` | whole seconds | 300 | 10 to 3600: how far `webhook-timestamp` may lie from now |
/// | `ordering_pointer` | JSON pointer | none | where the ordering key stands in a JSON body |
/// | `priority` | word | `normal` | `critical`, `high`, `normal`, `low`: of every event |
package struct StandardWebhooksSettings: Hashable, Sendable {
    /// How far the signing time may lie from now, both ways.
    package var tolerance = defaultTolerance
    /// Where the ordering key stands; nil for none.
    package var orderingPointer: JSONPointer?
    /// The priority of every event.
    package var priority = Priority.normal

    /// Makes the default settings.
    package init() {}

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["tolerance_seconds", "ordering_pointer", "priority"])
        tolerance = try reader.seconds("tolerance_seconds", toleranceRange) ?? defaultTolerance
        orderingPointer = try reader.pointer("ordering_pointer")
        priority = try reader.priority("priority") ?? .normal
    }

    var json: JSONValue {
        var members: [JSONMember] = []
        if tolerance != defaultTolerance {
            members.append(JSONMember("tolerance_seconds", .integer(tolerance.components.seconds)))
        }
        if let orderingPointer {
            members.append(JSONMember("ordering_pointer", .string(orderingPointer.description)))
        }
        if priority != .normal { members.append(JSONMember("priority", .string(priority.name))) }
        return .object(members)
    }
}

/// The webhooks of senders that sign by Standard Webhooks.
struct StandardWebhooks: WebhookScheme {
    /// The type of an event whose body is not JSON or names none.
    static let typeDefault = "message"

    let settings: StandardWebhooksSettings
    private let pointers: JSONPointerSet

    init(settings: StandardWebhooksSettings) {
        self.settings = settings
        let places = [JSONPointer("/type"), JSONPointer("/timestamp"), settings.orderingPointer]
        pointers = JSONPointerSet(places.compactMap(\.self))
    }

    let manners = WebhookManners(acknowledgement: .noContent)

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        try StandardWebhooksSignature.verify(
            request,
            secrets: keys.secrets,
            now: now,
            tolerance: TimestampTolerance(past: settings.tolerance, future: settings.tolerance)
        )
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try StandardWebhooksSignature.checkSecrets(secrets)
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        event.request(to: url).adding(
            StandardWebhooksSigner.headers(
                id: event.id,
                timestamp: now,
                body: event.body,
                secrets: keys.secrets
            )
        )
    }

    /// Reads the id from `webhook-id`, and type, time and ordering key from a JSON body.
    ///
    /// The specification recommends `type` and `timestamp` (RFC 3339) and demands neither. The body is JSON unless
    /// `Content-Type` says otherwise; then it must be JSON by the strict parser.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        guard let id = try? StandardWebhooksSignature.id(request.headers) else {
            throw .invalid("`webhook-id`")
        }
        var found: [JSONScanner.Found?] = []
        if isJSON(request.headers) { found = try scanned(request.body, pointers) }
        let type = found.first ?? nil
        return .events([
            EventDescription(
                providerEventID: id,
                type: type == nil ? Self.typeDefault : try EventFields.type(type, "`type`"),
                occurredAt: found.count > 1 ? EventFields.instant(found[1]) : nil,
                orderingKey: found.count > 2 ? EventFields.orderingKey(found[2]) : nil,
                priority: settings.priority
            )
        ])
    }
}

/// Whether `Content-Type` is absent or names JSON.
func isJSON(_ headers: Headers) -> Bool {
    guard let value = headers.first("content-type") else { return true }
    let mediaType = lowercasedASCII(value).utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
    return mediaType.reversed().starts(with: "nosj/".utf8) || mediaType.reversed().starts(with: "nosj+".utf8)
}
