package import Domain

/// One HTTP request whose body, and whose answer's body, are passed on piece by piece.
package struct StreamedRequest: Sendable {
    /// A body as it comes.
    package struct Body: Sendable {
        /// Its length; nil when it is not known, and it is sent in chunks.
        package let length: Int64?
        /// Gives the next piece; nil after the last.
        ///
        /// Called by one task, only once a connection stands.
        package let next: @Sendable () async throws -> [UInt8]?

        /// Makes a body; what `next` gives is as long in all as `length` says.
        package init(length: Int64?, next: @escaping @Sendable () async throws -> [UInt8]?) {
            self.length = length
            self.next = next
        }
    }

    /// How long the peer may take for its answer's head once it has the whole request, when nothing else is said: 30 s.
    package static let headTimeoutDefault = Duration.seconds(30)

    /// The method: upper-case letters.
    package let method: String
    /// Where it goes.
    package let url: DestinationURL
    /// Its fields; see `OutgoingRequest.headers`.
    package let headers: [(String, String)]
    /// Its body; nil for none.
    package let body: Body?
    /// What both bodies must keep up while the peer is waited for; `timeMax` is for all of it, from resolving to the
    /// answer's last byte.
    package let rule: ProgressRule
    /// How long the peer may take for its answer's head once it has the whole request.
    package let headTimeout: Duration
    /// Which addresses it may go to.
    package let policy: AddressPolicy

    /// Makes a request; `headTimeout` is positive.
    package init(
        method: String,
        url: DestinationURL,
        headers: [(String, String)],
        body: Body?,
        rule: ProgressRule,
        headTimeout: Duration = StreamedRequest.headTimeoutDefault,
        policy: AddressPolicy
    ) {
        precondition(headTimeout > .zero, "an answer has some time")
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.rule = rule
        self.headTimeout = headTimeout
        self.policy = policy
    }
}

/// The answer to a `StreamedRequest`, whatever its status, its body still on the way.
package struct StreamedResponse: Sendable {
    /// The status, 200 to 999.
    package let status: Int
    /// The fields in the order they came.
    package let headers: Headers
    /// The body as it comes, never decompressed.
    package let body: StreamedResponseBody

    /// Makes a response.
    package init(status: Int, headers: Headers, body: StreamedResponseBody) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// The body of a `StreamedResponse`; read once, by one task.
///
/// What is not taken waits in memory up to a limit; then nothing more is read from the peer. Letting it go before its end
/// ends the exchange.
package final class StreamedResponseBody: AsyncSequence, Sendable {
    /// Walks over the pieces.
    package struct AsyncIterator: AsyncIteratorProtocol {
        let body: StreamedResponseBody

        /// The next piece; nil after the last.
        package func next() async throws -> [UInt8]? {
            try await body.next()
        }
    }

    private let take: @Sendable () async throws(TransportError) -> [UInt8]?
    private let abandon: @Sendable () -> Void

    /// Makes a body from its two functions.
    ///
    /// - Parameters:
    ///   - take: gives the next piece, never empty; nil after the last.
    ///   - abandon: nothing more is wanted; called once or more, also after the end.
    package init(
        take: @escaping @Sendable () async throws(TransportError) -> [UInt8]?,
        abandon: @escaping @Sendable () -> Void
    ) {
        self.take = take
        self.abandon = abandon
    }

    deinit {
        abandon()
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }

    /// The next piece, never empty; nil after the last.
    package func next() async throws(TransportError) -> [UInt8]? {
        try await take()
    }

    /// Ends the exchange: the rest is not wanted.
    package func cancel() {
        abandon()
    }
}

/// Outgoing HTTP with streamed bodies as a port: `HTTPUpstream` for real.
package struct StreamingUpstream: Sendable {
    /// Sends one request, without following redirects, and returns once the answer's head is there.
    package let send: @Sendable (StreamedRequest) async throws(TransportError) -> StreamedResponse

    /// Makes an upstream from its one function.
    package init(
        send: @escaping @Sendable (StreamedRequest) async throws(TransportError) -> StreamedResponse
    ) {
        self.send = send
    }
}
