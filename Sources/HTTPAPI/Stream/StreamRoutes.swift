import Access
import Domain
import Telemetry

/// The live stream, as server-sent events and over a WebSocket.
struct StreamRoutes: Sendable {
    let context: ResourceContext
    let signals: SignalHub
    let exporter: Exporter

    var all: [Route] { [stream, socket] }

    private var stream: Route {
        Route(
            .get,
            "/api/stream",
            id: "watchSignals",
            tag: "stream",
            summary: "Sends what happens as server-sent events, for as long as the client listens.",
            parameters: StreamRequest.parameters + [
                .init(
                    "brief",
                    .boolean,
                    "Only the latest signal of each kind, at most once a second: for pages that read anew anyway."
                )
            ],
            replies: [.other(200, "text/event-stream", "Events; see docs/stream.md.")],
            action: .guarded(.read) { call, scope in
                let request = try StreamRequest(call, scope)
                let body = EventStreamBody(
                    watch: try watch(request),
                    filter: request.filter,
                    isBrief: call.text("brief") == "true",
                    scope: scope,
                    gap: StreamGap(exporter: exporter),
                    time: context.time
                )
                let headers = Headers([
                    ("content-type", "text/event-stream"), ("cache-control", "no-store"),
                    ("x-accel-buffering", "no"),
                ])
                let stream = ResponseStream(live: { try await body.produce($0) })
                return APIResponse(status: 200, headers: headers, stream: stream)
            }
        )
    }

    private var socket: Route {
        Route(
            .get,
            "/api/ws",
            id: "watchSignalsBySocket",
            tag: "stream",
            summary: "Sends what happens over a WebSocket, for as long as the client listens.",
            parameters: StreamRequest.parameters,
            replies: [.empty(101, "The connection is a WebSocket now; see docs/stream.md.")],
            problems: [426],
            action: .guarded(.read) { call, scope in
                let key = try SocketHandshake.key(
                    of: call.request,
                    ownOrigin: SocketHandshake.origin(of: context.publicURL)
                )
                let request = try StreamRequest(call, scope)
                let session = SocketSession(
                    try watch(request),
                    request.filter,
                    scope,
                    StreamGap(exporter: exporter)
                )
                return APIResponse(socket: session.socket(key: key))
            }
        )
    }

    private func watch(_ request: StreamRequest) throws(Problem) -> SignalWatch {
        do {
            return try signals.watch(request.filter, after: request.place)
        } catch {
            throw Problem(
                status: 503,
                code: "too-many-subscribers",
                title: "As many clients watch as may.",
                headers: Headers([("retry-after", String(StreamLimits.retryAfterSeconds))])
            )
        }
    }
}
