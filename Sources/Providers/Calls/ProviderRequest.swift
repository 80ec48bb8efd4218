package import Domain

/// One HTTP request that a dialect wants to be sent.
package struct ProviderRequest: Hashable, Sendable {
    /// What the provider may have done when no answer comes.
    ///
    /// A `GET` that takes effect is a look at what an earlier request of the attempt has done: without an answer the
    /// attempt is in doubt, whether or not the look has left.
    package enum Effect: Hashable, Sendable {
        /// Nothing that counts: a read, a token, a draft that costs nobody anything. It may be repeated and the
        /// attempt may be given up for another provider.
        case none
        /// What the operation is for. Without an answer the attempt is in doubt.
        case takesEffect
    }

    /// What is sent after the head.
    package enum Body: Hashable, Sendable {
        case none
        case bytes([UInt8])
        /// A range of the call's content, with bytes before and after it (a multipart form's).
        case content(prefix: [UInt8], range: Range<Int64>, suffix: [UInt8])
    }

    /// The method, upper case.
    package var method: String
    /// The whole URL, percent-encoded.
    package var url: String
    /// The fields, `host` and `content-length` excepted.
    package var headers: [Headers.Field]
    /// The body.
    package var body: Body
    /// What it may do.
    package var effect: Effect
    /// Whether the answer's body is the content that was asked for, and is streamed to the caller instead of read.
    package var streamsAnswer: Bool

    /// The most bytes of an answer that are read: 1 MiB.
    package static let answerBytesMax = 1_048_576

    /// Whether it only looks at what an earlier request of the attempt has done.
    package var isLook: Bool { effect == .takesEffect && method == "GET" }

    /// Makes a request.
    package init(
        _ method: String,
        _ url: String,
        headers: [(String, String)] = [],
        body: Body = .none,
        effect: Effect,
        streamsAnswer: Bool = false
    ) {
        self.method = method
        self.url = url
        self.headers = Headers(headers).fields
        self.body = body
        self.effect = effect
        self.streamsAnswer = streamsAnswer
    }
}

/// What came back from a provider.
package struct ProviderAnswer: Hashable, Sendable {
    /// The status, 200 to 599.
    package let status: Int
    /// The fields as they came.
    package let headers: Headers
    /// The body, cut at `ProviderRequest.answerBytesMax`.
    package let body: [UInt8]
    /// When it came.
    package let at: Instant

    /// Collects the parts.
    package init(status: Int, headers: Headers, body: [UInt8], at: Instant) {
        self.status = status
        self.headers = headers
        self.body = body
        self.at = at
    }

    /// The body as JSON; nil when it is none.
    package var json: JSONValue? { try? JSONParser.parse(body) }
}
