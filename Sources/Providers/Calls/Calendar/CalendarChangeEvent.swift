package import Domain
import Signatures

/// An item of `calendar.changes` as an event: a calendar's own notices bring no content and some calendars send none.
///
/// Known by (integration, calendar, item, version), so that the same change read twice is one event. A deleted item has
/// no version: where the list was read from stands in its place.
///
/// ```json
/// {"type": "calendar.changed",
///  "data": {"integration": "anna-google", "provider": "google-calendar", "calendar": "primary", "id": "…", …}}
/// ```
package struct CalendarChangeEvent: Hashable, Sendable {
    /// The type of each.
    package static let type = "calendar.changed"
    /// The longest id, in bytes; what is longer is hashed.
    static let idBytesMax = EventDescription.keyBytesMax

    /// What makes it the same event again.
    package let id: String
    /// Changes of one item keep their order.
    package let orderingKey: String
    /// What is delivered.
    package let body: JSONValue

    /// Reads an item of a reply's `items`; nil for one without a calendar and an id.
    ///
    /// - Parameter since: where the list was read from; nil for one that was read from its beginning.
    package init?(_ item: JSONValue, of provider: APIProvider, integration: ResourceName, since: String?) {
        guard let members = item.object, let calendar = item["calendar"]?.string, let id = item["id"]?.string,
            !id.isEmpty
        else { return nil }
        let version =
            item["version"]?.string ?? "since-" + Hex.encode(sha256([Array((since ?? "").utf8)]).prefix(16))
        let deleted = item["deleted"]?.bool == true ? ["deleted"] : []
        self.id = Self.joined([integration.text, calendar, id, version] + deleted)
        orderingKey = Self.joined([integration.text, calendar, id])
        body = [
            "type": .string(Self.type),
            "data": .object(
                [
                    JSONMember("integration", .string(integration.text)),
                    JSONMember("provider", .string(provider.rawValue)),
                ] + members
            ),
        ]
    }

    /// The change as a webhook of `calendar.changed` would be described.
    package var description: EventDescription {
        EventDescription(
            providerEventID: Array(id.utf8),
            type: Self.type,
            occurredAt: nil,
            orderingKey: Array(orderingKey.utf8),
            priority: .normal,
            part: EventPart(body.serialized())
        )
    }

    private static func joined(_ parts: [String]) -> String {
        let text = "calendar/" + parts.map { WireText.percentEncoded($0) }.joined(separator: "/")
        return text.utf8.count <= idBytesMax ? text : "calendar/" + Hex.encode(sha256([Array(text.utf8)]))
    }
}
