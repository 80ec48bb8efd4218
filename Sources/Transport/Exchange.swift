import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import Synchronization

/// Collects one answer, stops reading when it grows too long, and knows whether the request has left.
final class Exchange: HTTPClientResponseDelegate {
    /// Ends the reading of a body that is too long; the answer is kept.
    struct BodyCut: Error {}

    private struct State: Sendable {
        var isSent = false
        var status = 0
        var headers = Headers()
        var body: [UInt8] = []
        var isCut = false
    }

    private let hasBody: Bool
    private let bodyBytesMax: Int
    private let state = Mutex(State())

    init(hasBody: Bool, bodyBytesMax: Int) {
        self.hasBody = hasBody
        self.bodyBytesMax = bodyBytesMax
    }

    /// Whether the peer may have all it needs to act on the request.
    var isSent: Bool { state.withLock { $0.isSent } }

    /// The answer so far.
    var response: OutgoingResponse {
        state.withLock {
            OutgoingResponse(status: $0.status, headers: $0.headers, body: $0.body, isCut: $0.isCut)
        }
    }

    /// The request's body, which notes the moment before it leaves: without it no peer can have taken the request
    /// for complete (RFC 9112 section 8).
    func body(_ bytes: [UInt8]) -> HTTPClient.Body {
        let buffer = ByteBuffer(bytes: bytes)
        return .stream(contentLength: Int64(bytes.count)) { writer in
            self.state.withLock { $0.isSent = true }
            return writer.write(.byteBuffer(buffer))
        }
    }

    /// Comes in the same turn of the loop as the head's write.
    ///
    /// For a request with a body the body decides.
    func didSendRequestHead(task: HTTPClient.Task<OutgoingResponse>, _ head: HTTPRequestHead) {
        guard !hasBody else { return }
        state.withLock { $0.isSent = true }
    }

    func didReceiveHead(
        task: HTTPClient.Task<OutgoingResponse>,
        _ head: HTTPResponseHead
    ) -> EventLoopFuture<Void> {
        let headers = Headers(head.headers.map { ($0.name, $0.value) })
        state.withLock {
            $0.status = Int(head.status.code)
            $0.headers = headers
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(
        task: HTTPClient.Task<OutgoingResponse>,
        _ part: ByteBuffer
    ) -> EventLoopFuture<Void> {
        let isCut = state.withLock { state in
            let room = bodyBytesMax - state.body.count
            state.body.append(contentsOf: part.readableBytesView.prefix(room))
            state.isCut = part.readableBytes > room
            return state.isCut
        }
        return isCut ? task.eventLoop.makeFailedFuture(BodyCut()) : task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<OutgoingResponse>) -> OutgoingResponse {
        response
    }
}
