/// How an integration does, in one word; raw values are for documents and metric labels.
///
/// Ordered by severity, so that the state of several is their maximum; knowing nothing is the least of all.
package enum HealthState: String, CaseIterable, Comparable, Hashable, Sendable {
    /// Nothing was heard of it lately.
    case unknown
    case healthy
    /// It works, slower than usual or with a few more errors, or somebody announces trouble.
    case degraded
    /// It fails often, or comes back in steps.
    case unhealthy
    /// It is not called, or would not answer.
    case down

    /// How bad it is, 0 to 3; nothing known is as good as healthy.
    var badness: Int {
        switch self {
        case .unknown, .healthy: 0
        case .degraded: 1
        case .unhealthy: 2
        case .down: 3
        }
    }

    private var severity: Int { self == .unknown ? -1 : badness }

    package static func < (left: HealthState, right: HealthState) -> Bool { left.severity < right.severity }
}
