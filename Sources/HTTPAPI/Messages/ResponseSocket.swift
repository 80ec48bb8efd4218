/// What a connection does once it has become a WebSocket (RFC 6455).
///
/// Equal only to itself.
package final class ResponseSocket: Hashable, Sendable {
    /// Sends messages.
    package struct Sink: Sendable {
        /// Sends text messages, one frame each, and returns when there is room for more.
        ///
        /// Throws when the client is gone or reads too slowly: nothing more can be sent then.
        package let send: @Sendable ([[UInt8]]) async throws -> Void

        /// Makes a sink from its one function.
        package init(send: @escaping @Sendable ([[UInt8]]) async throws -> Void) {
            self.send = send
        }
    }

    /// The client's `Sec-WebSocket-Key`.
    package let key: String
    /// Called with each whole text message, on the connection's event loop: computes for microseconds at most; gives why
    /// the connection must end, nil when it goes on.
    package let received: @Sendable ([UInt8]) -> SocketClose?
    /// Sends messages until there is nothing more to say, and gives why; returns once its task is cancelled.
    package let produce: @Sendable (Sink) async -> SocketClose

    /// Makes a socket.
    package init(
        key: String,
        received: @escaping @Sendable ([UInt8]) -> SocketClose?,
        produce: @escaping @Sendable (Sink) async -> SocketClose
    ) {
        self.key = key
        self.received = received
        self.produce = produce
    }

    package static func == (left: ResponseSocket, right: ResponseSocket) -> Bool {
        left === right
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}

/// Why a WebSocket ends, as the peer is told it (RFC 6455 section 7.4.1).
package struct SocketClose: Hashable, Sendable {
    /// The most bytes of a reason: a control frame has 125, two of them for the code.
    package static let reasonBytesMax = 123

    /// The status code.
    package let code: UInt16
    /// The reason, for people; ASCII.
    package let reason: String

    /// Makes a close; traps when the reason is too long.
    package init(_ code: UInt16, _ reason: String) {
        precondition(reason.utf8.count <= Self.reasonBytesMax, "a reason fits into a control frame")
        self.code = code
        self.reason = reason
    }

    /// The server stops.
    package static let goingAway = SocketClose(1001, "the server stops")
    /// The peer breaks RFC 6455.
    package static let protocolError = SocketClose(1002, "protocol error")
    /// The peer sends binary messages.
    package static let unsupported = SocketClose(1003, "text messages only")
    /// A text is not UTF-8.
    package static let invalidText = SocketClose(1007, "not UTF-8")
    /// A message is larger than is read.
    package static let tooLarge = SocketClose(1009, "the message is too large")
    /// The peer sends more messages than are taken.
    package static let tooMany = SocketClose(1008, "too many messages")
}
