import Domain
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Sets up each accepted connection and stands for it until it is over.
struct ConnectionChannel: ServerChildChannel {
    /// One connection.
    struct Value: ServerChildChannelValue {
        let channel: any Channel
        /// Completed when the connection is closed and its last task has ended.
        let finished: EventLoopFuture<Void>
    }

    let environment: ConnectionEnvironment
    let counter: ConnectionCounter
    /// The executor of each event loop.
    let executors: [ObjectIdentifier: EventLoopExecutor]

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let address = channel.remoteAddress?.ipAddress ?? "unknown"
            guard counter.enter(address) else { return turnAway(channel) }
            channel.closeFuture.whenComplete { _ in counter.leave(address) }
            guard let executor = executors[ObjectIdentifier(channel.eventLoop)] else {
                preconditionFailure("a connection runs on a loop of the server's group")
            }
            let finished = channel.eventLoop.makePromise(of: Void.self)
            let connection = ConnectionHandler(
                environment: environment,
                executor: executor,
                clientAddress: address,
                finished: finished
            )
            do {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addHandler(WireMeter(connection))
                let decoder = ByteToMessageHandler(HTTPRequestDecoder(limits: environment.limits))
                connection.decoder = decoder
                try pipeline.addHandler(decoder)
                try pipeline.addHandler(connection)
            } catch {
                finished.succeed(())
                throw error
            }
            return Value(channel: channel, finished: finished.futureResult)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            try? await value.finished.get()  // Never fails.
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }

    /// Tells a client that there is no room, where that costs nothing: not through a TLS handshake.
    private func turnAway(_ channel: any Channel) -> Value {
        environment.refused("too-many-connections")
        let over = channel.eventLoop.makeSucceededVoidFuture()
        guard !environment.isSecure else {
            channel.close(promise: nil)
            return Value(channel: channel, finished: over)
        }
        channel.writeAndFlush(ByteBuffer(bytes: Self.noRoom)).whenComplete { _ in
            channel.close(promise: nil)
        }
        return Value(channel: channel, finished: over)
    }

    private static let noRoom = Array(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            .utf8
    )
}

extension HTTPDecoder where In == HTTPServerRequestPart, Out == HTTPServerResponsePart {
    /// NIO's strict request parser with our limits.
    convenience init(limits: ServerLimits) {
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.fieldBytesMax
        configuration.maxHeaderListSize = limits.headBytesMax
        configuration.maxHeaderFieldCount = limits.fieldsMax
        // What was sent before a handshake is answered is an error, which closes the connection.
        self.init(leftOverBytesStrategy: .fireError, limitConfiguration: configuration)
    }
}
