/// How often a payload key may still seal before more uses must be reserved in the database.
///
///     granted(n) -take- … -take-> low (fetch again; still seals) -take- … -take-> empty (refuses) -granted-> …
///
/// Uses are counted before they happen and reserved, durably, before they are granted: whatever a crash does,
/// no key seals more often than the database says.
struct UseBudget: Equatable, Sendable {
    /// Uses left.
    private(set) var left = 0
    /// At this number of uses left the budget is low.
    let lowMark: Int

    /// Whether more uses should be reserved before the next one.
    var isLow: Bool { left <= lowMark }

    init(lowMark: Int) {
        self.lowMark = lowMark
    }

    /// Adds uses that were reserved durably.
    mutating func granted(_ uses: Int) {
        precondition(uses > 0, "a grant gives at least one use")
        left += uses
    }

    /// Takes one use; false when none is left.
    mutating func take() -> Bool {
        guard left > 0 else { return false }
        left -= 1
        return true
    }
}
