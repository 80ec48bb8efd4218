/// Divides free places between those who want them, so that nobody's backlog crowds out another.
///
/// Everybody gets one place after the other in turn until nobody wants more or none is left. Whoever comes after
/// the one that got the last odd place goes first the next time.
///
/// | wanted (at most) | free | first round | next round | and then |
/// |---|---|---|---|---|
/// | a 100, b 100 | 10 | a 5, b 5 | a 5, b 5 | a 5, b 5 |
/// | a 100, b 2 | 10 | a 8, b 2 | a 8, b 2 | a 8, b 2 |
/// | a 9, b 9, c 9 | 4 | a 2, b 1, c 1 | a 1, b 2, c 1 | a 1, b 1, c 2 |
/// | a 9, b 9, c 9 | 1 | a 1 | b 1 | c 1 |
/// | a 3, b 3 | 10 | a 3, b 3 | a 3, b 3 | a 3, b 3 |
package struct FairShare<ID: Hashable & Comparable & Sendable>: Sendable {
    /// One who wants places.
    package struct Claimant: Hashable, Sendable {
        /// Who it is; the turn goes in ascending order.
        package let id: ID
        /// How many pieces of work wait.
        package let demand: Int
        /// How many more it may have at a time, by its own limit.
        package let free: Int

        /// Makes a claimant; negative numbers count as zero.
        package init(id: ID, demand: Int, free: Int) {
            self.id = id
            self.demand = demand
            self.free = free
        }
    }

    private var lastServed: ID?

    /// Makes a division in which the smallest id goes first.
    package init() {}

    /// How many of `places` free places each claimant gets now; those who get none are left out.
    ///
    /// Ids must differ. The cost is that of sorting the claimants.
    package mutating func divide(_ claimants: [Claimant], places: Int) -> [ID: Int] {
        var waiting = inTurn(claimants)
        var left = places
        var shares: [ID: Int] = [:]
        while left > 0, !waiting.isEmpty {
            let share = left / waiting.count
            guard share > 0 else {
                for claimant in waiting.prefix(left) {
                    shares[claimant.id, default: 0] += 1
                    lastServed = claimant.id
                }
                break
            }
            for claimant in waiting {
                let wanted = min(claimant.demand, claimant.free) - shares[claimant.id, default: 0]
                shares[claimant.id, default: 0] += min(wanted, share)
                left -= min(wanted, share)
            }
            waiting.removeAll { min($0.demand, $0.free) <= shares[$0.id, default: 0] }
        }
        return shares
    }

    /// Those who want something, starting after the one that was served last.
    private func inTurn(_ claimants: [Claimant]) -> [Claimant] {
        let sorted = claimants.filter { min($0.demand, $0.free) > 0 }.sorted { $0.id < $1.id }
        guard let lastServed else { return sorted }
        let start = sorted.firstIndex { $0.id > lastServed } ?? 0
        return Array(sorted[start...] + sorted[..<start])
    }
}
