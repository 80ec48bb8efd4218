package import Signatures

/// A sample event as it is sent.
package struct TriggeredWebhook: Sendable {
    /// The provider's id of the event.
    package let id: String
    /// The event's type.
    package let type: String
    /// The signed request.
    package let request: WebhookRequest

    /// Whether it is answered and becomes no event: Google's greeting.
    package var isHandshake: Bool { type == "calendar.sync" }

    /// What stands after the path of the URL it is sent to: the query with its `?`, or nothing.
    package var querySuffix: String {
        String(request.url.drop { $0 != "?" })
    }
}
