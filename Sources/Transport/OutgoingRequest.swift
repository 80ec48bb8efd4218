package import Domain

/// One HTTP request that is to leave.
package struct OutgoingRequest: Sendable {
    /// The longest answer that is kept when the caller does not say otherwise: 64 KiB.
    package static let responseBytesDefault = 65_536

    /// The method: upper-case letters.
    package let method: String
    /// Where it goes.
    package let url: DestinationURL
    /// Its fields; `host`, `content-length`, `transfer-encoding` and `connection` are Usher's own and refused here.
    package let headers: [(String, String)]
    /// Its body.
    package let body: [UInt8]
    /// The most time it may take in all: resolving, connecting, sending, and the last byte of the answer.
    package let timeout: Duration
    /// The most bytes of the answer's body that are read; what follows is cut off.
    package let responseBytesMax: Int
    /// Which addresses it may go to.
    package let policy: AddressPolicy

    /// Makes a request; `timeout` is positive and `responseBytesMax` not negative.
    package init(
        method: String,
        url: DestinationURL,
        headers: [(String, String)],
        body: [UInt8],
        timeout: Duration,
        responseBytesMax: Int = OutgoingRequest.responseBytesDefault,
        policy: AddressPolicy
    ) {
        precondition(timeout > .zero, "a request has some time")
        precondition(responseBytesMax >= 0, "an answer's length is not negative")
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.responseBytesMax = responseBytesMax
        self.policy = policy
    }
}

/// The answer to an `OutgoingRequest`, whatever its status: a refusal by the peer is a result.
package struct OutgoingResponse: Hashable, Sendable {
    /// The status, 200 to 999.
    package let status: Int
    /// The fields in the order they came.
    package let headers: Headers
    /// The body as it came, never decompressed, cut at `responseBytesMax`.
    package let body: [UInt8]
    /// Whether the body went on after the cut.
    package let isCut: Bool

    /// Makes a response.
    package init(status: Int, headers: Headers, body: [UInt8], isCut: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isCut = isCut
    }
}

/// Outgoing HTTP as a port: `HTTPUpstream` for real, a scripted network in `Simulation`.
package struct Upstream: Sendable {
    /// Sends one request, without following redirects, and returns the answer.
    package let send: @Sendable (OutgoingRequest) async throws(TransportError) -> OutgoingResponse

    /// Makes an upstream from its one function.
    package init(send: @escaping @Sendable (OutgoingRequest) async throws(TransportError) -> OutgoingResponse)
    {
        self.send = send
    }
}
