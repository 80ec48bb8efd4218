import Domain

/// Items of Graph's change notifications, without `clientState`: it is added when they are sent, one in a request.
struct GraphSamples {
    /// The types that can be made.
    static let types = ["event.updated", "event.created", "event.deleted", "lifecycle.missed"]

    let type: String
    let now: Instant
    let dice: SampleDice
    let booking: SampleBooking

    /// The item.
    var event: SampleEvent {
        let subscription = SampleCast.subscription(booking.wedding, booking.vendor)
        let expiration = "\(now + .seconds(5 * 86_400))"
        let members: [(String, JSONValue)] = [
            ("subscriptionId", .string(subscription)),
            ("subscriptionExpirationDateTime", .string(expiration)),
            ("tenantId", .string(dice.uuid)),
        ]
        guard type != "lifecycle.missed" else {
            let hour = now.seconds / 3_600
            return sample(
                id: "\(subscription) missed \(expiration) \(hour)",
                members + [("lifecycleEvent", "missed")]
            )
        }
        let change = String(type.dropFirst("event.".count))
        let item = dice.name("AAMkAGI2", 60)
        let etag = "W/\"\(dice.name("", 24))==\""
        let path = "Users/\(booking.vendor)@weddings.example/Events/\(item)"
        return sample(
            id: "\(subscription) \(item) \(change) \(etag)",
            members + [
                ("changeType", .string(change)),
                ("resource", .string(path)),
                (
                    "resourceData",
                    [
                        "@odata.type": "#Microsoft.Graph.Event", "@odata.id": .string(path),
                        "@odata.etag": .string(etag), "id": .string(item),
                    ]
                ),
            ]
        )
    }

    private func sample(id: String, _ members: [(String, JSONValue)]) -> SampleEvent {
        SampleEvent(
            provider: .microsoftGraph,
            id: id,
            type: type,
            body: JSONValue.object([]).setting(members).serialized()
        )
    }
}
