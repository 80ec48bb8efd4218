package import Domain

/// A request's head as the decoder read it, before any rule of ours.
package struct RequestHead: Sendable {
    /// The method as sent.
    package var method: String
    /// The request target as sent.
    package var target: String
    /// The minor version of HTTP/1.
    package var minorVersion: Int
    /// The fields, names in lower case; bytes that are not UTF-8 stand as U+FFFD.
    package var headers: Headers

    /// Makes a head.
    package init(method: String, target: String, minorVersion: Int = 1, headers: Headers) {
        self.method = method
        self.target = target
        self.minorVersion = minorVersion
        self.headers = headers
    }
}

/// A head that passed `RequestGuard`: what is known before the body comes.
package struct AcceptedHead: Sendable {
    /// The method.
    package let method: RequestMethod
    /// The canonical path, still percent-encoded.
    package let path: String
    /// The decoded query.
    package let query: Query
    /// The fields, names in lower case.
    package let headers: Headers
    /// The announced length of the body; nil when it comes in chunks.
    package let contentLength: Int?
    /// Whether the peer waits for `100 Continue` before it sends the body.
    package let expectsContinue: Bool
    /// Whether the connection may carry another request after this one.
    package let keepsAlive: Bool
    /// The minor version of HTTP/1: 0 or 1.
    package let minorVersion: Int
}

/// What a path asks of the server, decided from the head before the body is read.
package struct RequestPolicy: Sendable {
    /// Where the handler runs.
    package enum Placement: Sendable {
        /// On the connection's event loop: for handlers that only compute for microseconds and await.
        case eventLoop
        /// On the shared pool of threads: for everything else.
        case pool
    }

    /// The largest body, in bytes; beyond: 413.
    package let bodyBytesMax: Int
    /// Where the handler runs.
    package let placement: Placement

    /// Whether the handler is called at once and gets the body as it comes (`APIRequest.stream`).
    package let streamsBody: Bool
    /// How long a handler that streams may leave the body unread, and may take after its last byte; beyond: 503.
    ///
    /// Nil is the server's `handlingTimeMax`.
    package let handlingTimeMax: Duration?
    /// Whether the handler is cancelled when the client leaves, or ends its side of the connection, before the answer's
    /// head.
    package let endsWithClient: Bool

    /// Makes a policy.
    package init(bodyBytesMax: Int, placement: Placement = .pool) {
        self.bodyBytesMax = bodyBytesMax
        self.placement = placement
        streamsBody = false
        handlingTimeMax = nil
        endsWithClient = false
    }

    /// Makes the policy of a path whose body is a stream of at most `bytesMax` bytes.
    ///
    /// - Parameter placement: where the handler runs, and what produces a streamed answer.
    package static func streaming(
        bytesMax: Int,
        placement: Placement = .pool,
        handlingTimeMax: Duration? = nil,
        endsWithClient: Bool = false
    ) -> RequestPolicy {
        RequestPolicy(
            streamedBytesMax: bytesMax,
            placement: placement,
            handlingTimeMax: handlingTimeMax,
            endsWithClient: endsWithClient
        )
    }

    private init(
        streamedBytesMax: Int,
        placement: Placement,
        handlingTimeMax: Duration?,
        endsWithClient: Bool
    ) {
        bodyBytesMax = streamedBytesMax
        self.placement = placement
        streamsBody = true
        self.handlingTimeMax = handlingTimeMax
        self.endsWithClient = endsWithClient
    }
}
