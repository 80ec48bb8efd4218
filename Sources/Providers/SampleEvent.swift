package import Domain
import Signatures

/// A realistic event, as its provider would send it: for `usher trigger`, the demonstration and tests.
package struct SampleEvent: Hashable, Sendable {
    /// Whose event it is.
    package let provider: ProviderName
    /// The provider's own id of the event.
    package let id: String
    /// The event's type.
    package let type: String
    /// The body.
    package let body: [UInt8]
    /// The `Content-Type`.
    package let contentType: String
    /// Header fields that belong to the event, beside those of its signature.
    package let headers: Headers
    /// What stands in the URL's query; nil for none.
    package let query: String?

    /// Puts an event together; `SampleEvents` makes realistic ones.
    package init(
        provider: ProviderName,
        id: String,
        type: String,
        body: [UInt8],
        contentType: String = "application/json; charset=utf-8",
        headers: Headers = Headers(),
        query: String? = nil
    ) {
        self.provider = provider
        self.id = id
        self.type = type
        self.body = body
        self.contentType = contentType
        self.headers = headers
        self.query = query
    }

    /// The unsigned request that posts it to `url`.
    func request(to url: String) -> WebhookRequest {
        var fields = Headers([("content-type", contentType)])
        for field in headers.fields { fields.append(field.name, field.value) }
        return WebhookRequest(url: query.map { "\(url)?\($0)" } ?? url, headers: fields, body: body)
    }
}
