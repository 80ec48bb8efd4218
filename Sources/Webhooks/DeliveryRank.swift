package import Domain

/// Where a delivery stands among those that wait: its own priority and what its wedding makes of it.
package struct DeliveryRank: Hashable, Sendable {
    /// What it is by itself: the priority of its event, or low for bulk replays.
    package let own: Priority
    /// What it is now.
    package let priority: Priority
    /// By when it should have arrived.
    package let deadline: Instant

    /// Ranks a delivery by `PriorityRule`.
    ///
    /// - Parameters:
    ///   - queuedAt: when it was queued.
    ///   - moment: how its wedding stands now; nil when it has none.
    package init(own: Priority, queuedAt: Instant, _ moment: WeddingMoment?) {
        self.own = own
        priority = PriorityRule.priority(of: own, moment)
        deadline = PriorityRule.deadline(priority, queuedAt: queuedAt, moment)
    }
}
