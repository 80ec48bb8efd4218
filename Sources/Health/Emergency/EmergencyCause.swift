package import Domain
import Providers
package import Resilience

/// Why emergency mode is needed: a capability that a wedding which is on cannot do without does badly, and nothing stands
/// in.
package struct EmergencyCause: Hashable, Sendable {
    /// What does badly.
    package let subject: IncidentSubject
    /// The wedding that is on.
    package let wedding: WeddingID
    /// In a planner's words.
    package let reason: String

    /// Collects the parts.
    package init(subject: IncidentSubject, wedding: WeddingID, reason: String) {
        self.subject = subject
        self.wedding = wedding
        self.reason = reason
    }

    /// The causes among what an incident means to weddings.
    ///
    /// | wedding | capability | state | stands in | cause |
    /// |---|---|---|---|---|
    /// | on its day | vital | unhealthy, down | nothing | yes |
    /// | any other combination | | | | no |
    package static func causes(
        _ subject: IncidentSubject,
        _ state: IntegrationHealth.State,
        _ impacts: [WeddingImpact]
    ) -> [EmergencyCause] {
        guard state == .unhealthy || state == .down else { return [] }
        return impacts.filter {
            $0.phase == .day && $0.fallback == nil && ($0.capability.map(ImpactRule.isVital) ?? false)
        }
        .map { EmergencyCause(subject: subject, wedding: $0.wedding, reason: $0.reason) }
    }
}
