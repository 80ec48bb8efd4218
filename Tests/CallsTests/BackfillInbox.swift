import Calls
import Domain
import Providers
import Sandbox
import Storage
import Synchronization
import Testing

/// What takes found events in, each once, and can fail.
final class BackfillInbox: Sendable {
    private struct State {
        var ids: [String] = []
        var offered = 0
        var failsAt: Int?
        var obstacle: String?
    }

    private let state = Mutex(State())

    /// The ids that were new, in the order they came.
    var ids: [String] { state.withLock { $0.ids } }
    /// How often something was offered.
    var offered: Int { state.withLock { $0.offered } }

    /// Has the `number`th offer from now stored, and its news lost.
    func fail(at number: Int?) {
        state.withLock { state in state.failsAt = number.map { state.offered + $0 } }
    }

    func obstruct(_ obstacle: String?) { state.withLock { $0.obstacle = obstacle } }

    func know(_ id: String) { state.withLock { $0.ids.append(id) } }

    var ports: BackfillPorts {
        BackfillPorts(
            obstacle: { _ in self.state.withLock { $0.obstacle } },
            inject: { found, _ in try self.take(found) }
        )
    }

    private func take(_ found: FoundEvent) throws -> Injection {
        let id =
            switch found {
            case .event(let event): event.id
            case .change(let change): change.id
            }
        return try state.withLock { state in
            state.offered += 1
            let isNew = !state.ids.contains(id)
            if isNew { state.ids.append(id) }
            if state.offered == state.failsAt { throw StorageError.diskFull }
            return isNew ? .injected : .duplicate
        }
    }
}

extension CallRig.Vendors {
    /// A vendor's answer to a dialect's request; 599 without one.
    func answer(_ host: String, _ request: ProviderRequest, now: Instant) -> ProviderAnswer {
        let target = request.url.split(separator: host, maxSplits: 1).last ?? ""
        let path = target.prefix { $0 != "?" }
        var headers = Headers(request.headers.map { ($0.name, $0.value) })
        headers.append("host", host)
        var body: [UInt8] = []
        if case .bytes(let bytes) = request.body { body = bytes }
        let exchange = exchange(
            host,
            VendorRequest(
                method: request.method,
                path: String(path),
                query: String(target.dropFirst(path.count + 1)),
                headers: headers,
                body: body
            ),
            now: now
        )
        guard case .answer(let answer, _) = exchange else {
            return ProviderAnswer(status: 599, headers: Headers(), body: [], at: now)
        }
        return ProviderAnswer(status: answer.status, headers: answer.headers, body: answer.body, at: now)
    }
}

extension CallRig {
    /// Runs a backfiller beside the engine for as long as `body` takes.
    func backfilling<T: Sendable>(
        into inbox: BackfillInbox,
        _ body: (Backfiller) async throws -> T
    ) async throws -> T {
        let backfiller = Backfiller(engine, inbox.ports)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await backfiller.run() }
            defer { group.cancelAll() }
            return try await body(backfiller)
        }
    }

    /// Lets time pass until the integration with this number has been read `since` some instant, and nobody is at it.
    func finish(
        _ backfiller: Backfiller,
        since start: Instant,
        _ integration: Int64 = 1
    ) async throws -> StoredBackfill {
        let isRead = try await pass(atMost: .seconds(1_200)) {
            try await backfill(backfiller, integration).map {
                $0.leaseUntil == nil && ($0.lastRunAt ?? Instant(seconds: 0)) >= start
            } ?? false
        }
        try #require(isRead)
        return try #require(try await backfill(backfiller, integration))
    }

    private func backfill(_ backfiller: Backfiller, _ integration: Int64) async throws -> StoredBackfill? {
        try await backfiller.list().first { $0.0.id == integration }?.1
    }
}
