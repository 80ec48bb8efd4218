import Domain
import Synchronization
import Transport

/// The body of a request on its way to the provider: counts what goes on, and knows whether any of it was taken.
final class ProxyBody: Sendable {
    /// The caller's own body could not be read to its end.
    struct Broken: Error {}

    private struct State {
        var read: [UInt8]?
        var bytes: Int64 = 0
        var isTouched = false
        var isOver = false
        var isBroken = false
    }

    let length: Int64?
    private let source: (@Sendable () async throws -> [UInt8]?)?
    private let state = Mutex(State())

    /// - Parameter body: nil is an empty body.
    init(_ body: StreamedRequest.Body?) {
        length = body.map(\.length) ?? 0
        source = body?.next
    }

    /// Whether there is none.
    var isEmpty: Bool { length == 0 }

    /// How many bytes went on.
    var bytes: Int64 { state.withLock { $0.bytes } }
    /// Whether a byte was asked for to go on.
    var isTouched: Bool { state.withLock { $0.isTouched } }
    /// Whether all of it went on.
    var isOver: Bool {
        state.withLock { $0.isOver || $0.bytes == length }
    }
    /// Whether the caller's side of it failed.
    var isBroken: Bool { state.withLock { $0.isBroken } }

    /// As the transport takes it; nil when there is none.
    var streamed: StreamedRequest.Body? {
        guard !isEmpty else { return nil }
        return StreamedRequest.Body(length: length) { try await self.next() }
    }

    /// Reads all of it before it goes on; only for bodies whose length is known and small.
    func readAll() async throws(Broken) -> [UInt8] {
        var all: [UInt8] = []
        do {
            while let piece = try await source?() { all += piece }
        } catch {
            throw Broken()
        }
        guard Int64(all.count) == length else { throw Broken() }
        state.withLock { $0.read = all }
        return all
    }

    private func next() async throws -> [UInt8]? {
        let read = state.withLock { state -> [UInt8]? in
            state.isTouched = true
            guard let read = state.read else { return nil }
            state.read = []
            return read
        }
        if let read {
            state.withLock { state in
                state.bytes += Int64(read.count)
                state.isOver = read.isEmpty
            }
            return read.isEmpty ? nil : read
        }
        do {
            let piece = try await source?()
            state.withLock { state in
                state.bytes += Int64(piece?.count ?? 0)
                if piece == nil { state.isOver = true }
            }
            return piece
        } catch {
            state.withLock { $0.isBroken = true }
            throw error
        }
    }
}
