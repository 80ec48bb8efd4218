package import Domain

/// Names a request that went through the proxy.
package enum ProxyCallKind: IdentifierKind {
    package static let prefix = "prx"
}
/// The id of a request that went through the proxy.
package typealias ProxyCallID = Identifier<ProxyCallKind>

/// What became of a request that went through the proxy; raw values are stored.
package enum ProxyState: Int64, CaseIterable, Sendable {
    /// It is on its way: written down before a byte left.
    case sent = 0
    /// The provider answered, whatever it said.
    case answered = 1
    /// It did not reach the provider.
    case failed = 2
    /// It may have reached the provider, and no answer is known.
    case unknown = 3

    /// The name in documents.
    package var name: String {
        switch self {
        case .sent: "sent"
        case .answered: "answered"
        case .failed: "failed"
        case .unknown: "unknown"
        }
    }
}

/// One request that went through the proxy, as it is written down: no query, no fields, no bodies.
package struct ProxyRecord: Hashable, Sendable {
    /// The longest path that is kept, in bytes.
    package static let pathBytesMax = 512

    /// Its id.
    package let id: ProxyCallID
    /// The integration's row number.
    package let integration: Int64
    /// Whose integration it was; nil is the platform's.
    package let vendor: ResourceName?
    /// The method.
    package let method: String
    /// The path below the integration's base URL, cut at `pathBytesMax`.
    package let path: String
    /// The wedding it was for.
    package let wedding: WeddingID?
    /// How urgent it was.
    package let priority: Priority
    /// When it left.
    package let startedAt: Instant
    /// What became of it.
    package var state: ProxyState
    /// The status of the answer; nil without one.
    package var status: Int?
    /// How long it took, bodies included; nil while it is on its way.
    package var duration: Duration?
    /// The bytes of its body.
    package var bytesIn: Int64
    /// The bytes of the answer's body that were passed on.
    package var bytesOut: Int64
    /// Why there is no whole answer, as a stable word; nil when there is one.
    package var error: String?

    /// Describes a request that leaves now.
    package init(
        id: ProxyCallID,
        integration: Int64,
        vendor: ResourceName?,
        method: String,
        path: String,
        wedding: WeddingID?,
        priority: Priority,
        startedAt: Instant,
        state: ProxyState = .sent,
        status: Int? = nil,
        duration: Duration? = nil,
        bytesIn: Int64 = 0,
        bytesOut: Int64 = 0,
        error: String? = nil
    ) {
        self.id = id
        self.integration = integration
        self.vendor = vendor
        self.method = method
        // A path is ASCII: cutting it never cuts a character.
        self.path = String(decoding: path.utf8.prefix(Self.pathBytesMax), as: UTF8.self)
        self.wedding = wedding
        self.priority = priority
        self.startedAt = startedAt
        self.state = state
        self.status = status
        self.duration = duration
        self.bytesIn = bytesIn
        self.bytesOut = bytesOut
        self.error = error
    }
}

/// Which requests a listing wants.
package struct ProxyFilter: Sendable {
    /// Only those to this integration.
    package var integration: Int64?
    /// Only those that stand here.
    package var state: ProxyState?
    /// Only those to this vendor's integrations.
    package var vendor: ResourceName?

    /// Wants every request.
    package init(integration: Int64? = nil, state: ProxyState? = nil, vendor: ResourceName? = nil) {
        self.integration = integration
        self.state = state
        self.vendor = vendor
    }
}
