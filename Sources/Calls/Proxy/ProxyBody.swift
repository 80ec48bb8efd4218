import Domain
import Providers
import Synchronization
import Transport

/// The body of a request on its way to the provider: counts what goes on, and knows whether any of it was taken.
final class ProxyBody: Sendable {
    /// The caller's own body could not be read to its end.
    struct Broken: Error {}

    private struct State {
        var read: [UInt8]?
        /// What goes on before the rest of the source.
        var start: [UInt8]?
        /// How much longer what goes on is than what came.
        var growth: Int64 = 0
        var bytes: Int64 = 0
        var isTouched = false
        var isOver = false
        var isBroken = false
    }

    private let sourceLength: Int64?
    private let source: (@Sendable () async throws -> [UInt8]?)?
    private let state = Mutex(State())

    /// - Parameter body: nil is an empty body.
    init(_ body: StreamedRequest.Body?) {
        sourceLength = body.map(\.length) ?? 0
        source = body?.next
    }

    /// The length of what goes on; nil when it is not known.
    var length: Int64? { sourceLength.map { length in length + state.withLock { $0.growth } } }

    /// Whether there is none.
    var isEmpty: Bool { length == 0 }

    /// How many bytes went on.
    var bytes: Int64 { state.withLock { $0.bytes } }
    /// Whether a byte was asked for to go on.
    var isTouched: Bool { state.withLock { $0.isTouched } }
    /// Whether all of it went on.
    var isOver: Bool {
        let length = length
        return state.withLock { $0.isOver || $0.bytes == length }
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

    /// Has a form signed anew before it goes on: what stands before its file is read now, the rest as it leaves.
    ///
    /// Gives false when it is no form, and throws when the caller's side of it fails.
    func sign(_ start: CloudinaryForm) async throws(Broken) -> Bool {
        var form = start
        var taken: Int64 = 0
        while true {
            let piece: [UInt8]?
            do {
                piece = try await source?()
            } catch {
                throw Broken()
            }
            taken += Int64(piece?.count ?? 0)
            switch piece.map({ form.take($0) }) ?? form.end() {
            case .more: continue
            case .refused: return false
            case .signed(let head, let rest):
                state.withLock { state in
                    state.start = head + rest
                    state.growth = Int64(head.count + rest.count) - taken
                }
                return true
            }
        }
    }

    private func next() async throws -> [UInt8]? {
        let start = state.withLock { state -> [UInt8]? in
            defer { state.start = nil }
            return state.start
        }
        if let start, !start.isEmpty {
            state.withLock { state in
                state.isTouched = true
                state.bytes += Int64(start.count)
            }
            return start
        }
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
