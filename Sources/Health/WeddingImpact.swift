package import Domain
package import Providers

/// What an incident means for one wedding.
package struct WeddingImpact: Hashable, Sendable {
    /// Which.
    package let wedding: WeddingID
    /// What people call it.
    package let title: String
    /// Where it stands.
    package let phase: Phase
    /// What does not work as it should for it; nil when it is webhooks.
    package let capability: Capability?
    /// The integration that does it instead; nil when there is none.
    package let fallback: ResourceName?
    /// The next item of its timeline; nil when there is none left.
    package let nextItem: TimelineItem?
    /// From now to that item.
    package let untilNext: Duration?
    /// How much it means.
    package let level: ImpactLevel
    /// Why, in words a planner understands.
    package let reason: String

    /// Collects the parts.
    package init(
        wedding: WeddingID,
        title: String,
        phase: Phase,
        capability: Capability?,
        fallback: ResourceName?,
        nextItem: TimelineItem?,
        untilNext: Duration?,
        level: ImpactLevel,
        reason: String
    ) {
        self.wedding = wedding
        self.title = title
        self.phase = phase
        self.capability = capability
        self.fallback = fallback
        self.nextItem = nextItem
        self.untilNext = untilNext
        self.level = level
        self.reason = reason
    }
}
