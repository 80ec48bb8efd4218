import Domain
import Synchronization
package import Transport

/// The body of an answer on its way back to the caller; read once, by one task.
///
/// Tells once how it ended: at its end, when it breaks, or when it is let go before.
package final class ProxyTransfer: Sendable {
    private struct State {
        var bytes: Int64 = 0
        var isOver = false
        /// What was read ahead.
        var early: [[UInt8]] = []
    }

    private let body: StreamedResponseBody
    private let over: @Sendable (_ bytes: Int64, _ error: String?) -> Void
    private let state = Mutex(State())

    init(
        _ body: StreamedResponseBody,
        over: @escaping @Sendable (_ bytes: Int64, _ error: String?) -> Void
    ) {
        self.body = body
        self.over = over
    }

    deinit {
        end("abandoned")
    }

    /// The next piece, never empty; nil after the last.
    package func next() async throws(TransportError) -> [UInt8]? {
        if let piece = state.withLock({ $0.early.isEmpty ? nil : $0.early.removeFirst() }) { return piece }
        do throws(TransportError) {
            guard let piece = try await body.next() else {
                end(nil)
                return nil
            }
            state.withLock { $0.bytes += Int64(piece.count) }
            return piece
        } catch {
            end(error.code)
            throw error
        }
    }

    /// Reads up to `bytesMax` bytes before anybody asks for them; whoever asks for more meets a failure again.
    func readAhead(_ bytesMax: Int) async {
        var pieces: [[UInt8]] = []
        var count = 0
        while count < bytesMax, let piece = try? await next() {
            pieces.append(piece)
            count += piece.count
        }
        state.withLock { $0.early = pieces }
    }

    /// Ends it: there is no more, or nobody may see it.
    package func finish() {
        end(nil)
        body.cancel()
    }

    /// Ends it: the rest is not wanted.
    package func cancel() {
        end("abandoned")
        body.cancel()
    }

    private func end(_ error: String?) {
        let bytes = state.withLock { state -> Int64? in
            guard !state.isOver else { return nil }
            state.isOver = true
            return state.bytes
        }
        if let bytes { over(bytes, error) }
    }
}
