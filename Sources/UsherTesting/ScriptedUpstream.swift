import Domain
import Synchronization
package import Transport

/// The outside world as a test writes it: answers every request by a script and remembers them all.
package final class ScriptedUpstream: Sendable {
    /// What answers a request.
    package typealias Script = @Sendable (OutgoingRequest) async throws(TransportError) -> OutgoingResponse

    private struct Watcher {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var script: Script
        var requests: [OutgoingRequest] = []
        var watchers: [Watcher] = []
    }

    private let state: Mutex<State>

    /// Makes a world that answers 204 to everything until it is told otherwise.
    package init() {
        state = Mutex(State(script: { _ in .status(204) }))
    }

    /// The port to hand to what is tested.
    package var upstream: Upstream {
        Upstream { request async throws(TransportError) in
            let (script, reached) = self.state.withLock { state in
                state.requests.append(request)
                let count = state.requests.count
                let reached = state.watchers.filter { $0.count <= count }
                state.watchers.removeAll { $0.count <= count }
                return (state.script, reached)
            }
            for watcher in reached { watcher.continuation.resume() }
            return try await script(request)
        }
    }

    /// Every request so far, in the order they were sent.
    package var requests: [OutgoingRequest] { state.withLock { $0.requests } }

    /// Answers by `script` from now on.
    package func answer(_ script: @escaping Script) {
        state.withLock { $0.script = script }
    }

    /// Returns once at least `count` requests were sent.
    package func waitForRequests(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                guard state.requests.count < count else { return true }
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }
}

extension OutgoingResponse {
    /// An answer without a body.
    package static func status(_ status: Int, _ headers: [(String, String)] = []) -> OutgoingResponse {
        OutgoingResponse(status: status, headers: Headers(headers), body: [])
    }
}
