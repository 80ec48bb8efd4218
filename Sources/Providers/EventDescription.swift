package import Domain

/// What Usher needs to know of a verified webhook to store, order and route it.
package struct EventDescription: Hashable, Sendable {
    /// The provider's own name of the event, 1 to 255 bytes: two webhooks with one are one event.
    package let providerEventID: [UInt8]
    /// The event's type, 1 to 128 printable ASCII characters without spaces.
    package let type: String
    /// When it happened, as the provider says; nil when it does not say.
    package let occurredAt: Instant?
    /// Events of one source with equal keys keep their order; nil when the order is of no matter.
    ///
    /// 1 to 255 bytes.
    package let orderingKey: [UInt8]?
    /// How urgent an event of this type is by itself.
    package let priority: Priority
    /// What is kept and delivered of it; nil is the whole body of its webhook.
    package var part: EventPart?

    /// The longest id and ordering key, in bytes.
    package static let keyBytesMax = 255
    /// The longest type, in bytes.
    package static let typeBytesMax = 128
}

/// One event of a webhook that holds several, or whose facts stand outside its body.
package struct EventPart: Hashable, Sendable {
    /// Its bytes.
    package let body: [UInt8]
    /// The `Content-Type` it is delivered with.
    package let contentType: String

    /// Names the bytes; JSON unless said otherwise.
    package init(_ body: [UInt8], contentType: String = "application/json") {
        self.body = body
        self.contentType = contentType
    }
}

/// Why a verified webhook cannot be understood.
///
/// Names the place, never the contents.
package enum DescriptionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The body is not the JSON that Usher accepts.
    case invalidJSON(JSONError)
    /// A field or header that must be there is not.
    case missing(String)
    /// A field or header that is too long, empty, of another kind or of other characters than it must be.
    case invalid(String)

    /// A stable word for metrics and problem documents.
    package var code: String {
        switch self {
        case .invalidJSON(let error): error.code
        case .missing: "event_field_missing"
        case .invalid: "event_field_invalid"
        }
    }

    package var description: String {
        switch self {
        case .invalidJSON(let error): "the body is \(error)"
        case .missing(let place): "\(place) is missing"
        case .invalid(let place): "\(place) is not a value it may have"
        }
    }
}

/// What is answered to a webhook once it is durable.
package struct Acknowledgement: Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    /// The `Content-Type`; nil with an empty body.
    package let contentType: String?
    /// The body.
    package let body: [UInt8]

    /// 200 and `{"received":true}`, as Stripe's own examples answer.
    package static let received = Acknowledgement(
        status: 200,
        contentType: "application/json",
        body: Array(#"{"received":true}"#.utf8)
    )
    /// 204 without a body.
    package static let noContent = Acknowledgement(status: 204, contentType: nil, body: [])
}
