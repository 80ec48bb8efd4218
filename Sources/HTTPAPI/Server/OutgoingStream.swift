import NIOCore

/// How the end of a streamed body is told (RFC 9112 section 6).
enum StreamFraming: Hashable {
    case length(Int64)
    case chunks
    /// By closing the connection: for HTTP/1.0.
    case untilClose

    /// How a body of `length` is framed for a peer that speaks HTTP/1.`minorVersion`.
    init(length: Int64?, minorVersion: Int) {
        if let length {
            self = .length(length)
        } else {
            self = minorVersion > 0 ? .chunks : .untilClose
        }
    }
}

/// A body on its way out: its framing, and the producer that waits for room.
///
/// Lives on its event loop only.
final class OutgoingStream {
    /// Why a piece is not sent.
    enum Failure: Error {
        /// The connection is gone, or the peer reads too slowly.
        case disconnected
        /// The pieces are not as long as was announced.
        case wrongLength
    }

    private let framing: StreamFraming
    private var bytes: Int64 = 0
    private var room: EventLoopPromise<Void>?
    /// Whether the connection is gone; a write may find that out itself, before it waits for room.
    private var isOver = false

    /// Starts a body.
    init(_ framing: StreamFraming) {
        self.framing = framing
    }

    /// The bytes to write for a piece, which is not empty.
    func frame(_ piece: [UInt8], _ allocator: ByteBufferAllocator) throws(Failure) -> ByteBuffer {
        bytes += Int64(piece.count)
        if case .length(let length) = framing, bytes > length { throw .wrongLength }
        var buffer = allocator.buffer(capacity: piece.count + 24)
        if framing == .chunks { buffer.writeString(String(piece.count, radix: 16) + "\r\n") }
        buffer.writeBytes(piece)
        if framing == .chunks { buffer.writeStaticString("\r\n") }
        return buffer
    }

    /// The bytes to write after the last piece.
    func finish() throws(Failure) -> ByteBuffer {
        switch framing {
        case .length(let length):
            guard bytes == length else { throw .wrongLength }
            return ByteBuffer()
        case .chunks: return ByteBuffer(string: "0\r\n\r\n")
        case .untilClose: return ByteBuffer()
        }
    }

    /// Completes when there is room for more.
    func waitForRoom(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        guard !isOver else { return eventLoop.makeFailedFuture(Failure.disconnected) }
        if let room { return room.futureResult }
        let promise = eventLoop.makePromise(of: Void.self)
        room = promise
        return promise.futureResult
    }

    /// There is room for more.
    func roomCame() {
        let promise = room
        room = nil
        promise?.succeed(())
    }

    /// There will be no more room.
    func end() {
        isOver = true
        let promise = room
        room = nil
        promise?.fail(Failure.disconnected)
    }
}
