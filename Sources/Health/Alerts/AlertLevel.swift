package import Resilience

/// How loud an alert is; raw values are for documents.
///
/// | state \ meaning to weddings | none | low | medium | high | critical |
/// |---|---|---|---|---|---|
/// | healthy, unknown, degraded | info | info | warning | high | critical |
/// | unhealthy, down | warning | warning | warning | high | critical |
package enum AlertLevel: String, CaseIterable, Comparable, Sendable {
    case info
    case warning
    case high
    case critical

    /// The level of an incident in this state that means so much to a wedding.
    package init(state: IntegrationHealth.State, impact: ImpactLevel) {
        let byState: AlertLevel =
            switch state {
            case .unhealthy, .down: .warning
            case .unknown, .healthy, .degraded: .info
            }
        let byImpact: AlertLevel =
            switch impact {
            case .none, .low: .info
            case .medium: .warning
            case .high: .high
            case .critical: .critical
            }
        self = max(byState, byImpact)
    }

    /// By loudness.
    package static func < (left: AlertLevel, right: AlertLevel) -> Bool { left.weight < right.weight }

    private var weight: Int { AlertLevel.allCases.firstIndex(of: self) ?? 0 }
}
