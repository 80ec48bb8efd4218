/// Finds how many calls a window really holds, when fewer than documented are let through.
///
///     as documented -refused-> full until the turn, `learned` calls from then on -all of them and more accepted-> …
///
/// After a refusal the window is full until it turns, and the next ones hold as many calls as were accepted. When all
/// of those are accepted again, one more is tried, then two more, four, and so on, each step after the answers to the
/// one before: a lowered limit costs one refusal a window, and a restored one is used again within the window. At a
/// provider that punishes nothing is tried: there the second refusal in `memory` counts, and what was learned is kept.
struct WindowLearner: Hashable, Sendable {
    /// For how many windows a single refusal is remembered at a provider that punishes.
    static let memory = 3

    /// The calls a window holds as learned; nil is as documented.
    private(set) var learned: Int?
    /// Whether this window has refused a call.
    private(set) var isFull = false
    private var extra = 1
    private var accepted = 0
    private var windowsSinceRefusal = Int.max

    /// The calls that may be made in this window, of `count` documented.
    func limit(of count: Int, punishes: Bool) -> Int {
        guard let learned else { return count }
        return min(count, learned + (punishes || isFull ? 0 : extra))
    }

    mutating func turned() {
        isFull = false
        extra = 1
        accepted = 0
        if windowsSinceRefusal < .max { windowsSinceRefusal += 1 }
    }

    /// Takes in that a call of this window was accepted.
    mutating func accepted(of count: Int) {
        accepted += 1
        guard let learned else { return }
        if isFull {
            self.learned = max(learned, accepted)
        } else if accepted >= learned + extra {
            self.learned = accepted >= count ? nil : accepted
            extra = min(extra * 2, count)
        }
    }

    /// Takes in that a call of this window was refused.
    mutating func refused(punishes: Bool) {
        let isFirst = !isFull
        isFull = true
        guard isFirst else { return }
        if !punishes || windowsSinceRefusal <= Self.memory { learned = max(1, accepted) }
        windowsSinceRefusal = 0
    }

    /// Forgets what was learned: the provider has told its limit.
    mutating func told() {
        learned = nil
    }

    /// Goes on with what was learned.
    mutating func restore(learned: Int) {
        self.learned = max(1, learned)
    }
}
