import Domain
import Providers
import Synchronization
import Transport

/// The bytes of an object on their way, judged as they pass; read once, by one task.
///
/// The last piece is held back until all are known to be right: whoever reads gets either everything that was stored,
/// or an error before the end. Tells once how it ended.
package final class ObjectTransfer: Sendable {
    private struct State {
        var check: ObjectCheck
        var held: [UInt8]?
        var bytes: Int64 = 0
        var isOver = false
    }

    private let body: StreamedResponseBody
    private let id: ContentID
    private let over: @Sendable (_ bytes: Int64, _ error: String?) -> Void
    private let state: Mutex<State>

    /// - Parameter id: any; names what comes while its parts are judged.
    init(
        _ body: StreamedResponseBody,
        _ check: ObjectCheck,
        id: ContentID,
        over: @escaping @Sendable (_ bytes: Int64, _ error: String?) -> Void
    ) {
        self.body = body
        self.id = id
        self.over = over
        state = Mutex(State(check: check))
    }

    deinit {
        end("abandoned")
    }

    /// The next piece, never empty; nil after the last.
    ///
    /// Throws `TransportError`, or `ObjectError.damaged` in the place of the last piece.
    package func next() async throws -> [UInt8]? {
        while !state.withLock({ $0.isOver }) {
            let piece: [UInt8]?
            do throws(TransportError) {
                piece = try await body.next()
            } catch {
                end(error.code)
                throw error
            }
            guard let piece else { return try last() }
            let ready = state.withLock { state in
                state.check.update(piece)
                state.bytes += Int64(piece.count)
                defer { state.held = piece }
                return state.held
            }
            if let ready { return ready }
        }
        return nil
    }

    /// Ends it: the rest is not wanted.
    package func cancel() {
        end("abandoned")
        body.cancel()
    }

    /// Ends it: nobody asked for more than the head.
    package func finish() {
        end(nil)
        body.cancel()
    }

    private func last() throws(ObjectError) -> [UInt8]? {
        let (held, isRight) = state.withLock { state in
            defer { state.held = nil }
            return (state.held, state.check.isRight(id))
        }
        end(isRight ? nil : "checksum_mismatch")
        guard isRight else { throw .damaged }
        return held
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
