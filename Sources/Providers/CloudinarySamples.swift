import Domain

/// Cloudinary's notifications about one photograph, with the wedding in its context.
struct CloudinarySamples {
    /// The types that can be made.
    static let types = ["upload", "eager", "delete", "moderation"]

    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The notification with the asset it is about.
    var event: SampleEvent {
        let asset = dice.digits(32)
        let request = dice.digits(32)
        let version = "\(now.seconds)"
        let publicID = "weddings/\(booking.wedding)/\(dice.name("", 12))"
        let common: [JSONMember] = [
            JSONMember("notification_type", .string(type)),
            JSONMember("timestamp", .string("\(now)")),
            JSONMember("request_id", .string(request)),
            JSONMember("asset_id", .string(asset)),
            JSONMember("public_id", .string(publicID)),
            JSONMember("version", .number(version)),
        ]
        let body = JSONValue.object(common + specific(publicID)).serialized()
        return SampleEvent(
            provider: .cloudinary,
            id: "\(type) \(asset) \(version) \(request)",
            type: type,
            body: body
        )
    }

    private var context: JSONMember {
        JSONMember(
            "context",
            ["custom": ["wedding_id": .string(booking.wedding), "vendor": .string(booking.vendor)]]
        )
    }

    private func specific(_ publicID: String) -> [JSONMember] {
        let url = "https://res.cloudinary.com/demo/image/upload/v\(now.seconds)/\(publicID).jpg"
        switch type {
        case "upload":
            return [
                JSONMember("width", 6_000), JSONMember("height", 4_000), JSONMember("format", "jpg"),
                JSONMember("resource_type", "image"), JSONMember("type", "upload"),
                JSONMember("created_at", .string("\(now)")),
                JSONMember("tags", ["ceremony", .string(booking.wedding)]),
                JSONMember("bytes", .integer(dice.number(2_000_000...9_000_000))),
                JSONMember("etag", .string(dice.digits(32))), JSONMember("secure_url", .string(url)),
                JSONMember("original_filename", "DSC_\(dice.number(1_000...9_999))"), context,
            ]
        case "eager":
            return [
                JSONMember("batch_id", .string(dice.digits(64))),
                JSONMember(
                    "eager",
                    [
                        [
                            "transformation": "c_fill,w_1200,h_800", "status": "completed",
                            "secure_url": .string(url),
                        ]
                    ]
                ), context,
            ]
        case "moderation":
            return [
                JSONMember("moderation_status", "approved"), JSONMember("moderation_kind", "manual"), context,
            ]
        default:
            return [JSONMember("resource_type", "image"), JSONMember("type", "upload"), context]
        }
    }
}
