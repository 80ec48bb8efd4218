import Domain
import NIOCore
import NIOPosix

/// One HTTP request over a connection of its own, read until the other side closes it.
enum LoopbackClient {
    /// What came back.
    struct Answer: Sendable {
        let status: Int
        let head: String
        let body: [UInt8]

        /// The body as JSON; null when it is none.
        var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }
    }

    /// Sends a request; nil when the connection is closed without an answer.
    static func send(
        _ method: String,
        _ target: String,
        port: Int,
        headers: [(String, String)] = [],
        body: [UInt8] = []
    ) async throws -> Answer? {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let fields =
            [("host", "127.0.0.1:\(port)"), ("connection", "close"), ("content-length", "\(body.count)")]
            + headers
        let head =
            "\(method) \(target) HTTP/1.1\r\n" + fields.map { "\($0.0): \($0.1)\r\n" }.joined() + "\r\n"
        var received: [UInt8] = []
        do {
            received = try await channel.executeThenClose { inbound, outbound in
                try await outbound.write(ByteBuffer(bytes: Array(head.utf8) + body))
                var bytes: [UInt8] = []
                for try await part in inbound { bytes += part.readableBytesView }
                return bytes
            }
        } catch is IOError {
            return nil
        } catch is ChannelError {
            return nil
        }
        return parse(received)
    }

    private static func parse(_ bytes: [UInt8]) -> Answer? {
        let end = Array("\r\n\r\n".utf8)
        guard let split = bytes.firstRange(of: end) else { return nil }
        let head = String(decoding: bytes[..<split.lowerBound], as: UTF8.self)
        guard let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            return nil
        }
        return Answer(status: status, head: head, body: Array(bytes[split.upperBound...]))
    }
}
