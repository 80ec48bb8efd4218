package import Domain

/// Every limit of the HTTP server, by name.
///
/// Beyond each of them the caller gets a clear status and the connection is closed.
package struct ServerLimits: Sendable {
    /// The most bytes of a head: request line and fields; beyond: 431.
    package var headBytesMax = 16 * 1_024
    /// The most bytes of one field's name or value, or of the request target; beyond: 431.
    package var fieldBytesMax = 8 * 1_024
    /// The most fields in one head, and in one trailer; beyond: 431.
    package var fieldsMax = 100
    /// How long a head may take, from the connection's start (TLS handshake included) or, later on it, from the
    /// head's first byte; beyond: 408, or a plain close when nothing has come.
    package var headTimeMax = Duration.seconds(5)
    /// How long a connection may stay open between requests; beyond: closed.
    package var idleTimeMax = Duration.seconds(75)
    /// How long a whole request may take before its body's size counts; beyond: 408.
    package var requestTimeMax = Duration.seconds(10)
    /// What a body must keep up beyond `requestTimeMax`, in bytes a second; below: 408.
    package var bodyBytesPerSecondMin = 1_024
    /// How long a whole request may take, however large; beyond: 408.
    package var requestTimeAbsoluteMax = Duration.seconds(30)
    /// Bytes on the wire that are not body (head, chunk framing, extensions, trailers): at most this and half
    /// the body; beyond: 400.
    package var framingBytesMax = 32 * 1_024
    /// How long a handler may take; beyond: 503; the handler's task is cancelled.
    package var handlingTimeMax = Duration.seconds(30)
    /// How long a peer may take to read a response; beyond: closed.
    package var writeTimeMax = Duration.seconds(30)
    /// How long a refused peer's remaining bytes are read and dropped so that it sees the answer; then: closed.
    package var lingerTimeMax = Duration.seconds(2)
    /// How many requests a peer may send ahead of the answers; beyond: closed after the current answer.
    package var pipelinedRequestsMax = 16
    /// The most connections at one time; beyond: 503 and closed (with TLS: closed).
    package var connectionsMax = 16_384
    /// The most connections from one address (IPv6: from one /64) at one time; loopback is not counted, for there
    /// sits the proxy; beyond: 503 and closed (with TLS: closed).
    package var connectionsPerAddressMax = 256
    /// The most requests being handled at one time; beyond: 503 before the body is read.
    package var handledRequestsMax = 1_024
    /// Bodies up to this size are handled on the event loop when their route allows it; larger ones, whose
    /// checking takes milliseconds, never.
    package var eventLoopBodyBytesMax = 64 * 1_024
    /// What a body that is streamed in must keep up while the server waits for it; below: 408.
    package var incomingStreamRule = ProgressRule(
        window: .seconds(10),
        bytesPerWindowMin: 10 * 1_024,
        timeMax: .seconds(3_600)
    )
    /// What a peer must read of a body that is streamed out while some of it waits; below: closed.
    package var outgoingStreamRule = ProgressRule(
        window: .seconds(30),
        bytesPerWindowMin: 30 * 1_024,
        timeMax: .seconds(3_600)
    )
    /// How much of a streamed body waits for its handler; beyond: nothing more is read from the socket.
    package var streamBufferBytesMax = 256 * 1_024
    /// What a peer must read of a stream that goes on as long as it listens, while some of it waits; below: closed.
    ///
    /// After `timeMax` the client comes again, and goes on where it was.
    package var liveStreamRule = ProgressRule(
        window: .seconds(20),
        bytesPerWindowMin: 1,
        timeMax: .seconds(86_400)
    )
    /// What a WebSocket may do.
    package var socket = SocketLimits()
    /// The most streams at one time, in and out counted apart from handled requests; beyond: 503.
    package var streamsMax = 256
    /// How long open requests may take to finish once the server is told to stop; beyond: closed.
    package var shutdownTimeMax = Duration.seconds(10)

    /// How many connections the kernel keeps before they are accepted.
    package var backlog = 1_024

    /// The defaults.
    package init() {}

    /// How far ahead a connection's timer is set: no further than the shortest wait of a busy connection.
    var timerStrideMax: Duration {
        min(idleTimeMax, handlingTimeMax, writeTimeMax)
    }
}
