/// Every limit of a WebSocket, by name.
package struct SocketLimits: Hashable, Sendable {
    /// The most bytes of a client's message, all its frames together; beyond: close code 1009.
    package var messageBytesMax = 4_096
    /// The most messages, pings and pongs that a client may send in `messagesWindow`; beyond: close code 1008.
    package var messagesMax = 60
    /// The window of `messagesMax`.
    package var messagesWindow = Duration.seconds(60)
    /// How often the client is pinged.
    package var pingEvery = Duration.seconds(20)
    /// How long its pong may take; beyond: closed.
    package var pongTimeMax = Duration.seconds(10)
    /// How long its answer to a close may take; beyond: closed.
    package var closeTimeMax = Duration.seconds(5)

    /// The defaults.
    package init() {}
}
