import Domain

/// What all connections of one server share.
struct ConnectionEnvironment: Sendable {
    let limits: ServerLimits
    let handler: RequestHandler
    let policy: @Sendable (AcceptedHead) -> RequestPolicy
    let refused: @Sendable (_ code: String) -> Void
    let gauge: InFlightGauge
    /// Counts the bodies that are streamed, in either direction.
    let streams: InFlightGauge
    let time: Time
    let random: RandomSource
    let isSecure: Bool

    init(_ settings: HTTPServer.Settings, _ dependencies: HTTPServer.Dependencies) {
        limits = settings.limits
        handler = dependencies.handler
        policy = dependencies.policy
        refused = dependencies.refused
        gauge = InFlightGauge(limit: settings.limits.handledRequestsMax)
        streams = InFlightGauge(limit: settings.limits.streamsMax)
        time = dependencies.time
        random = dependencies.random
        isSecure = settings.tls != nil
    }
}
