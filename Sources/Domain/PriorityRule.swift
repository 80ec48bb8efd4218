/// How urgent a delivery is: from what its event is by itself, its wedding's phase, and the timeline.
///
/// The columns are the event's own priority. An item is near in the hour before it begins.
///
/// | phase | an item is near | critical | high | normal | low |
/// |---|---|---|---|---|---|
/// | no wedding known | – | critical | high | normal | low |
/// | planning, after | no | critical | high | normal | low |
/// | planning, after | yes | critical | high | high | low |
/// | finalWeek | no | critical | high | high | low |
/// | finalWeek | yes | critical | critical | critical | normal |
/// | eve | no | critical | critical | high | normal |
/// | eve | yes | critical | critical | critical | normal |
/// | day | no, yes | critical | critical | critical | normal |
///
/// Low work never becomes more than normal: book-keeping and bulk replays do not stand in the way of a wedding.
package enum PriorityRule {
    /// The priority of a delivery; `moment` is nil when no wedding is known.
    package static func priority(of own: Priority, _ moment: WeddingMoment?) -> Priority {
        guard let moment, own != .critical else { return own }
        switch (moment.phase, moment.isItemNear) {
        case (.planning, false), (.after, false): return own
        case (.planning, true), (.after, true), (.finalWeek, false): return own == .normal ? .high : own
        case (.eve, false): return own == .high ? .critical : own == .normal ? .high : .normal
        case (.finalWeek, true), (.eve, true), (.day, _): return own == .low ? .normal : .critical
        }
    }

    /// By when a delivery should have arrived: orders work of one priority, and tells what is overdue.
    ///
    /// | priority | after it was queued |
    /// |---|---|
    /// | critical | 1 minute |
    /// | high | 5 minutes |
    /// | normal | 1 hour |
    /// | low | 24 hours |
    ///
    /// Not later than the next item of the wedding's timeline begins.
    package static func deadline(
        _ priority: Priority,
        queuedAt: Instant,
        _ moment: WeddingMoment?
    ) -> Instant {
        let seconds: Int64 =
            switch priority {
            case .critical: 60
            case .high: 300
            case .normal: 3_600
            case .low: 86_400
            }
        let usual = queuedAt + .seconds(seconds)
        return moment?.nextStart.map { min(usual, $0) } ?? usual
    }
}
