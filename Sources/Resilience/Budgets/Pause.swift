/// The wait a provider has asked for.
///
/// Nobody sends before its end, save live calls at a provider that does not punish: there one live call goes after
/// 1 s, and when it is refused too the next after 2 s, 4 s and so on; once one is accepted the others follow it.
///
/// | asked for 60 s at time 0, every call refused | 1st | 2nd | 3rd | 4th | 5th | 6th |
/// |---|---|---|---|---|---|---|
/// | live calls sent at (answers at once) | 1 s | 3 s | 7 s | 15 s | 31 s | 60 s |
struct Pause: Hashable, Sendable {
    /// When it ends for normal and bulk, in seconds of the monotonic clock.
    private(set) var until = 0.0
    /// When the next live call may go.
    private(set) var liveUntil = 0.0
    private var probes = 0
    private var isOpenForLive = false

    func wait(_ budgetClass: BudgetClass, at time: Double) -> Double {
        (budgetClass == .live ? min(liveUntil, until) : until) - time
    }

    mutating func asked(for seconds: Double, punishes: Bool, isSame: Bool, at time: Double) {
        if time >= until { probes = 0 }
        until = max(until, time + seconds)
        isOpenForLive = false
        guard !punishes else {
            liveUntil = until
            return
        }
        liveUntil = max(liveUntil, time + Double(1 << min(probes, 20)))
        if !isSame { probes += 1 }
    }

    mutating func taken(_ budgetClass: BudgetClass, at time: Double) {
        guard time < until, budgetClass == .live, !isOpenForLive else { return }
        liveUntil = time + Double(1 << min(probes, 20))
    }

    /// Takes in that a call sent after the latest refusal was accepted.
    mutating func accepted(at time: Double) {
        guard time < until else { return }
        isOpenForLive = true
        liveUntil = time
        probes = 0
    }

    /// Goes on with a pause that ends at `time`.
    mutating func restore(until time: Double) {
        until = time
        liveUntil = time
    }
}
