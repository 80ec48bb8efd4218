package import Domain
package import Signatures

/// The settings of a Cloudinary source.
///
/// | key | type | default | range |
/// |---|---|---|---|
/// | `digest` | word | `sha1` | `sha1`, `sha256`: the account's signature algorithm |
/// | `tolerance_seconds` | whole seconds | 7200 | 60 to 86400: how old a signature's time may be |
///
/// A time may lie 300 s ahead.
package struct CloudinarySettings: Hashable, Sendable {
    /// What the account signs with.
    package var digest = CloudinaryDigest.sha1
    /// How old the signing time may be.
    package var tolerance = toleranceDefault

    /// The default of `tolerance_seconds`.
    package static let toleranceDefault = Duration.seconds(7_200)
    /// The range of `tolerance_seconds`.
    package static let toleranceRange: ClosedRange<Int64> = 60...86_400

    /// Makes the default settings.
    package init() {}

    init(_ json: JSONValue) throws(ProviderError) {
        let reader = try SettingsReader(json, known: ["digest", "tolerance_seconds"])
        digest = try reader.word("digest") ?? .sha1
        tolerance = try reader.seconds("tolerance_seconds", Self.toleranceRange) ?? Self.toleranceDefault
    }

    var json: JSONValue {
        var members: [JSONMember] = []
        if digest != .sha1 { members.append(JSONMember("digest", .string(digest.rawValue))) }
        if tolerance != Self.toleranceDefault {
            members.append(JSONMember("tolerance_seconds", .integer(tolerance.components.seconds)))
        }
        return .object(members)
    }
}

/// Cloudinary's notifications.
struct CloudinaryWebhooks: WebhookScheme {
    let settings: CloudinarySettings

    let manners = WebhookManners(acknowledgement: .received)

    func verify(
        _ request: WebhookRequest,
        keys: VerificationKeys,
        now: Instant
    ) throws(SignatureError) -> Int? {
        try CloudinarySignature.verify(
            request,
            secrets: keys.secrets,
            digest: settings.digest,
            now: now,
            tolerance: TimestampTolerance(past: settings.tolerance, future: toleranceAhead)
        )
    }

    func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try CloudinarySignature.checkSecrets(secrets)
    }

    func request(
        sending event: SampleEvent,
        to url: String,
        keys: SigningKeys,
        now: Instant
    ) -> WebhookRequest? {
        guard let secret = keys.secrets.first else { return nil }
        let headers = CloudinarySignature.sign(
            event.body,
            secret: secret,
            digest: settings.digest,
            now: now
        )
        return event.request(to: url).adding(headers)
    }

    /// Reads a notification.
    ///
    /// - The type is `notification_type`; the time is `timestamp`.
    /// - Cloudinary gives no id: it is the type, `asset_id` (else `public_id`), `version` and `request_id`, as far as they are
    ///   there; the body's SHA-256 when neither of the last two is, or nothing names an asset.
    /// - The ordering key is `public_id`; of a rename the old one, of a deletion the first that was deleted.
    func read(_ request: WebhookRequest, secret: Secret?) throws(DescriptionError) -> WebhookContent {
        let found = try scanned(request.body, pointers)
        let type = try EventFields.type(found[0], "`notification_type`")
        return .events([
            EventDescription(
                providerEventID: id(type, found) ?? sha256([request.body]),
                type: type,
                occurredAt: EventFields.instant(found[5]),
                orderingKey: EventFields.orderingKey(EventFields.first(found[2], found[6], found[7])),
                priority: EventPriority.cloudinary(type)
            )
        ])
    }

    private func id(_ type: String, _ found: [JSONScanner.Found?]) -> [UInt8]? {
        let rest = [found[3], found[4]].compactMap { EventFields.first($0)?.bytes }
        guard let asset = EventFields.first(found[1], found[2])?.bytes, !rest.isEmpty else { return nil }
        return EventFields.composedID([Array(type.utf8), asset] + rest)
    }
}

private let pointers = JSONPointerSet(
    [
        "/notification_type", "/asset_id", "/public_id", "/version", "/request_id", "/timestamp",
        "/from_public_id", "/resources/0/public_id",
    ].compactMap { JSONPointer($0) }
)

extension EventPriority {
    /// The priority of one of Cloudinary's notifications.
    ///
    /// | type | priority | why |
    /// |---|---|---|
    /// | `eager`, `resource_*`, `create_folder`, `delete_folder`, `move_or_rename_asset_folder` | low | derived files and tidying up |
    /// | all others: `upload`, `delete`, `rename`, `moderation`, … | normal | |
    ///
    /// No photograph is urgent by itself.
    package static func cloudinary(_ type: String) -> Priority {
        cloudinaryRules.priority(of: type)
    }

    private static let cloudinaryRules = PriorityRules(
        high: [],
        low: ["eager", "resource_*", "create_folder", "delete_folder", "move_or_rename_asset_folder"]
    )
}
