package import Domain

/// One item of a Microsoft Graph change notification: a change, or something about the subscription itself.
package struct GraphNotification: Hashable, Sendable {
    /// The subscription; empty when it is not said, and then the item is never believed.
    package let subscriptionID: [UInt8]
    /// The tenant; nil when it is not sent.
    package let tenantID: [UInt8]?
    /// What is said about the subscription; nil for a change.
    ///
    /// | text | meaning |
    /// |---|---|
    /// | `reauthorizationRequired` | renew or reauthorise the subscription soon, or it ends |
    /// | `subscriptionRemoved` | the subscription is gone: make a new one and read what changed |
    /// | `missed` | some changes were not told: read everything again |
    package let lifecycle: [UInt8]?
    /// `created`, `updated` or `deleted`; nil for a lifecycle item.
    package let changeType: [UInt8]?
    /// The path of what changed.
    package let resource: [UInt8]?
    /// The id of what changed.
    package let resourceID: [UInt8]?
    /// Its version after the change.
    package let etag: [UInt8]?
    /// Its type: `#Microsoft.Graph.Event`.
    package let resourceType: [UInt8]?
    /// Graph's own id of the notification, which Outlook's do not have.
    package let id: [UInt8]?
    /// When the subscription ends, as text.
    package let expiration: [UInt8]?
    /// The item, byte for byte.
    package let body: [UInt8]
    let clientState: [UInt8]?

    /// The most items of one request.
    package static let itemsMax = 1_000

    /// Reads the items of a body in their order, each by itself.
    package static func items(of body: [UInt8]) throws(SignatureError) -> [GraphNotification] {
        var items: [GraphNotification] = []
        for range in try value(in: body) {
            guard items.count < itemsMax else {
                throw .malformedBody(reason: "it holds more than \(itemsMax) notifications")
            }
            items.append(try GraphNotification(Array(body[range])))
        }
        return items
    }

    private init(_ body: [UInt8]) throws(SignatureError) {
        let found: [JSONScanner.Found?]
        do throws(JSONError) {
            found = try JSONScanner.scan(body, pointers: pointers)
        } catch {
            throw .malformedBody(reason: "it is \(error)")
        }
        func text(_ index: Int) -> [UInt8]? {
            if case .string(let bytes) = found[index], !bytes.isEmpty { bytes } else { nil }
        }
        subscriptionID = text(0) ?? []
        clientState = text(1)
        tenantID = text(2)
        changeType = text(3)
        lifecycle = text(4)
        resource = text(5)
        resourceID = text(6)
        etag = text(7)
        resourceType = text(8)
        id = text(9)
        expiration = text(10)
        self.body = body
    }

    /// Where the elements of the member `value` stand.
    private static func value(in body: [UInt8]) throws(SignatureError) -> [Range<Int>] {
        do throws(JSONError) {
            if let ranges = try JSONElements.ranges(in: body, ofMember: "value") { return ranges }
        } catch {
            throw .malformedBody(reason: "it is \(error)")
        }
        throw .malformedBody(reason: "there is no array `value`")
    }
}

private let pointers = JSONPointerSet(
    [
        "/subscriptionId", "/clientState", "/tenantId", "/changeType", "/lifecycleEvent", "/resource",
        "/resourceData/id", "/resourceData/@odata.etag", "/resourceData/@odata.type", "/id",
        "/subscriptionExpirationDateTime",
    ].compactMap { JSONPointer($0) }
)

/// A subscription as it was made: what an item must show to be one of it.
///
/// There is no signature: `clientState` travels with each item, so use TLS and a long, random one.
/// Source: learn.microsoft.com/graph/change-notifications-delivery-webhooks.
package struct GraphSubscription: Sendable {
    /// The subscription's id; nil accepts any.
    package let id: String?
    /// The tenant's id; nil accepts any.
    package let tenantID: String?
    /// The accepted texts of `clientState`.
    package let clientStates: [Secret]

    /// Describes a subscription.
    package init(id: String?, tenantID: String?, clientStates: [Secret]) {
        self.id = id
        self.tenantID = tenantID
        self.clientStates = clientStates
    }

    /// Checks an item: `clientState` in constant time, then subscription and tenant.
    /// - Returns: the index of the `clientState` that matches.
    package func verify(_ item: GraphNotification) throws(SignatureError) -> Int {
        let presented = item.clientState.map { [sha256([$0])] } ?? []
        let index = try matchingSecret(of: clientStates, presented: presented) { secret in
            secret.bytes.count >= Secret.bytesMin ? sha256([secret.bytes]) : nil
        }
        guard !item.subscriptionID.isEmpty else { throw .missingField("subscriptionId") }
        guard item.changeType != nil || item.lifecycle != nil else { throw .missingField("changeType") }
        if let id, !id.utf8.elementsEqual(item.subscriptionID) { throw .notForThisSource("the subscription") }
        if let tenantID, !(item.tenantID.map { tenantID.utf8.elementsEqual($0) } ?? false) {
            throw .notForThisSource("the tenant")
        }
        return index
    }
}

/// The question with which Graph checks a notification URL.
package enum GraphHandshake: Hashable, Sendable {
    /// Answer 200 with this text, as `text/plain`.
    case answer([UInt8])
    /// There is a `validationToken` that cannot be answered: 400.
    case malformed

    /// The longest token, in bytes, as sent.
    package static let tokenBytesMax = 4_096

    /// The question in the query of `url`; nil when there is none.
    ///
    /// The token is decoded once; a blank is `+` or `%20`. Other parameters of the URL are passed over.
    package static func question(in url: String) -> GraphHandshake? {
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
        let name = Array("validationToken=".utf8)
        let tokens = url.utf8[url.utf8.index(after: mark)...].split(separator: UInt8(ascii: "&"))
            .filter { $0.starts(with: name) }
        guard let first = tokens.first else { return nil }
        let text = Array(first.dropFirst(name.count))
        guard tokens.count == 1, (1...tokenBytesMax).contains(text.count), let token = formDecoded(text[...])
        else { return .malformed }
        return .answer(token)
    }
}
