/// A response's body that is made while it is sent.
///
/// Equal only to itself.
package final class ResponseStream: Hashable, Sendable {
    /// Takes the pieces of a body.
    package struct Sink: Sendable {
        /// Sends one piece and returns when there is room for the next.
        ///
        /// Throws when the client is gone or reads too slowly: nothing more can be sent then.
        package let write: @Sendable ([UInt8]) async throws -> Void

        /// Makes a sink from its one function.
        package init(write: @escaping @Sendable ([UInt8]) async throws -> Void) {
            self.write = write
        }
    }

    /// The length of the whole; nil when it is not known, and the body is sent in chunks.
    package let length: Int64?
    /// Whether it goes on for as long as the client listens, and is only silent while there is nothing to say.
    ///
    /// Such a stream keeps up `ServerLimits.liveStreamRule`, ends when the server stops, and takes none of the places of
    /// `ServerLimits.streamsMax`: who makes it limits how many there are.
    package let isLive: Bool
    /// Writes the body from its first byte to its last; when it throws, the client sees the connection break.
    ///
    /// Its task is cancelled when the client goes away. It is not called at all for `HEAD`, and not when the client is
    /// gone before.
    package let produce: @Sendable (Sink) async throws -> Void

    /// Makes a body; `length` is not negative, and `produce` writes exactly so much.
    package init(length: Int64? = nil, _ produce: @escaping @Sendable (Sink) async throws -> Void) {
        precondition(length ?? 0 >= 0, "a length is not negative")
        self.length = length
        self.produce = produce
        isLive = false
    }

    /// Makes a live body; `produce` returns once its task is cancelled.
    package init(live produce: @escaping @Sendable (Sink) async throws -> Void) {
        length = nil
        self.produce = produce
        isLive = true
    }

    package static func == (left: ResponseStream, right: ResponseStream) -> Bool {
        left === right
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }

    /// All of it at once, for callers without a socket; throws what `produce` throws.
    package func collect() async throws -> [UInt8] {
        let collected = Collected()
        try await produce(Sink { piece in await collected.add(piece) })
        return await collected.bytes
    }

    private actor Collected {
        private(set) var bytes: [UInt8] = []

        func add(_ piece: [UInt8]) {
            bytes += piece
        }
    }
}
