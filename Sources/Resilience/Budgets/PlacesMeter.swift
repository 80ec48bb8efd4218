/// Counts calls in flight, with a reserve for the more urgent.
///
/// A call of class c goes while fewer than `max(1, count − ⌊θ(c) · count⌋)` are in flight:
///
/// | count | live | normal | bulk |
/// |---|---|---|---|
/// | 1 | 1 | 1 | 1 |
/// | 4 | 4 | 4 | 2 |
/// | 10 | 10 | 8 | 5 |
///
/// A refusal lowers the count to what was in flight without the refused one; each `growEvery` without one gives a
/// place back.
struct PlacesMeter: Hashable, Sendable {
    /// Seconds without a refusal after which a lowered count grows by one.
    static let growEvery = 10.0

    /// The places as documented or told.
    private(set) var count: Int
    /// The places as learned; at most `count`.
    private(set) var learned: Int
    private(set) var inFlight = 0
    /// Calls in flight when the process before this one ended.
    private var lost = 0
    private var lostUntil = 0.0
    private var changedAt = 0.0
    /// How long calls took lately, in seconds.
    private var usual = 0.5

    init(count: Int) {
        self.count = max(count, 1)
        learned = max(count, 1)
    }

    func isFree(_ budgetClass: BudgetClass) -> Bool {
        inFlight + lost < max(1, learned - Int(budgetClass.reserve * Double(learned)))
    }

    /// When lost calls are over, in seconds; nil when there are none.
    var lostEnd: Double? { lost > 0 ? lostUntil : nil }

    mutating func advance(to time: Double, mayGrow: Bool) {
        if time >= lostUntil { lost = 0 }
        guard learned < count, mayGrow, time - changedAt >= Self.growEvery else { return }
        learned += 1
        changedAt = time
    }

    mutating func take() {
        inFlight += 1
    }

    mutating func finish(after seconds: Double) {
        inFlight = max(0, inFlight - 1)
        usual += (max(seconds, 0) - usual) / 8
    }

    /// How long it takes until `calls` more have gone, in seconds.
    func estimate(_ budgetClass: BudgetClass, calls: Int) -> Double {
        let places = max(1, learned - Int(budgetClass.reserve * Double(learned)))
        let missing = calls - max(0, places - inFlight - lost)
        return missing > 0 ? Double(missing) / Double(places) * usual : 0
    }

    mutating func refused(at time: Double) {
        learned = min(learned, max(1, inFlight - 1))
        changedAt = time
    }

    mutating func change(count: Int) {
        if learned == self.count || learned > count { learned = max(count, 1) }
        self.count = max(count, 1)
    }

    /// Counts places as taken until `time`, by calls of which nothing is known any more.
    mutating func lose(_ calls: Int, until time: Double) {
        lost = min(max(calls, 0), count)
        lostUntil = time
    }
}
