package import Domain
package import Registry

/// Says which weddings' waiting deliveries are to be ranked anew, and when to look again.
///
/// A wedding is ranked when its phase turns, an item comes near or begins, or it is changed; and once more after
/// `settling`, for what was ranked before the turn and stored after it.
package struct RerankPlan: Sendable {
    /// How long an event that was ranked may be on its way into the store.
    package static let settling = Duration.seconds(30)
    /// Looks are never farther apart, should the wall clock step.
    package static let lookInterval = Duration.seconds(3_600)

    /// What to do now.
    package struct Order: Equatable, Sendable {
        /// The weddings to rank.
        package let weddings: Set<WeddingID>
        /// How long until the next look.
        package let wait: Duration

        /// Names weddings and a wait.
        package init(weddings: Set<WeddingID>, wait: Duration) {
            self.weddings = weddings
            self.wait = wait
        }
    }

    private var secondTimes: [WeddingID: Instant] = [:]
    private var lastLook: Instant?

    /// Makes a plan that has looked at nothing.
    package init() {}

    /// Looks at every wedding's clock.
    ///
    /// - Parameter changed: weddings that were added, changed or removed since the last look.
    package mutating func look(_ weddings: WeddingSnapshot, changed: Set<WeddingID>, now: Instant) -> Order {
        var fresh = changed
        var next: Instant?
        for wedding in weddings.weddings.values {
            if let lastLook, let turn = wedding.clock.nextTurn(after: lastLook), turn <= now {
                fresh.insert(wedding.id)
            }
            if let turn = wedding.clock.nextTurn(after: now) { next = min(next ?? turn, turn) }
        }
        let again = secondTimes.filter { $0.value <= now }.map(\.key)
        for id in again { secondTimes[id] = nil }
        for id in fresh { secondTimes[id] = now + Self.settling }
        lastLook = now
        let wake = ([next].compactMap(\.self) + secondTimes.values).min()
        return Order(
            weddings: fresh.union(again),
            wait: wake.map { min($0 - now, Self.lookInterval) } ?? Self.lookInterval
        )
    }
}
