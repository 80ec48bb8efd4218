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

    /// Puts an event together; `SampleEvents` makes realistic ones.
    package init(provider: ProviderName, id: String, type: String, body: [UInt8]) {
        self.provider = provider
        self.id = id
        self.type = type
        self.body = body
    }
}
