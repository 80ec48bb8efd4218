/// Finds a rate that a provider does not tell: additive increase, multiplicative decrease, then CUBIC's curve.
///
///     seeking (unknown limit) -refused-> learned -curve reaches the ceiling-> none
///     none (known limit) -refused 3 times in 5 s-> learned
///
/// While *seeking*, each busy second adds max(0.5, 2 %). A *refusal* sets the rate to 0.85 · the calls a second that
/// were accepted in the last 2 s, but to no less than 0.42 and no more than 0.85 · the rate it had, at most once for
/// each round trip. From then on, with W = rate / 0.85 after the cut and `age` the busy seconds since,
///
///     rate = W · (1 + ((age − K) / 60)³), K = 60 · ∛0.15 = 31.9 s
///
/// | age | 0 s | 10 s | 20 s | 32 s | 45 s | 60 s | 80 s | 92 s |
/// |---|---|---|---|---|---|---|---|---|
/// | rate / W | 0.85 | 0.95 | 0.99 | 1.00 | 1.01 | 1.10 | 1.52 | 2.00 |
///
/// so a halved limit costs a refusal about every 50 s, and a restored one is used again after a minute and a half.
/// At a provider that punishes, each cut leaves 0.85 · the rate it had, since what was accepted lately tells nothing of
/// a client that was shut out; and the rate stays where the cut has put it: nothing is tried above it.
struct RateLearner: Hashable, Sendable {
    /// K of the curve, in seconds.
    static let plateau = 31.88
    /// What is left of the accepted rate after a cut.
    static let keep = 0.85
    /// The least rate that is ever learned: one call in 100 s.
    static let rateMin = 0.01
    /// The highest rate sought where no limit is known.
    static let rateMax = 1_000.0

    enum State: Hashable, Sendable {
        /// The limit is known and holds.
        case none
        /// No limit is known; the rate so far.
        case seeking(Double)
        /// The accepted rate at the cut, and the busy seconds since.
        case learned(accepted: Double, age: Double)
    }

    private(set) var state: State
    /// Accepted calls by tenths of a second, the last twenty.
    private var accepted = [Int](repeating: 0, count: 20)
    private var slot = 0
    private var startedAt: Double
    private var grownAt: Double
    /// The refusals of the last while that were not one and the same, the latest last.
    private var refusals: [Double] = []

    init(isKnown: Bool, start: Double, time: Double) {
        state = isKnown ? .none : .seeking(start)
        startedAt = time
        grownAt = time
        slot = Int(time * 10)
    }

    /// The rate now, given what is known.
    func rate(ceiling: Double, punishes: Bool) -> Double {
        switch state {
        case .none: return ceiling
        case .seeking(let rate): return min(rate, ceiling)
        case .learned(let accepted, let age):
            let distance = punishes ? -Self.plateau / 60 : (age - Self.plateau) / 60
            return min(max(accepted * (1 + distance * distance * distance), Self.rateMin), ceiling)
        }
    }

    /// Takes in that time passed; it counts as busy when calls had to wait for the rate.
    mutating func advance(to time: Double, isBusy: Bool, ceiling: Double, punishes: Bool) {
        let step = min(max(time - grownAt, 0), 1)
        grownAt = max(time, grownAt)
        guard isBusy, step > 0 else { return }
        switch state {
        case .none: break
        case .seeking(let rate):
            state = .seeking(min(rate + max(0.5, 0.02 * rate) * step, Self.rateMax))
        case .learned(let accepted, let age):
            state = .learned(accepted: accepted, age: age + step)
            if !punishes, rate(ceiling: ceiling, punishes: false) >= ceiling { state = .none }
        }
    }

    mutating func accepted(at time: Double) {
        turn(to: time)
        accepted[slot % 20] += 1
    }

    /// Takes in a refusal.
    ///
    /// - Parameters:
    ///   - isSame: whether it belongs to a refusal that was already taken in.
    ///   - wait: the wait it asked for, in seconds: while nobody sends nothing is forgotten.
    mutating func refused(at time: Double, isSame: Bool, wait: Double, rate: Double, punishes: Bool) {
        guard !isSame else { return }
        refusals.append(time)
        let memory = punishes ? 600 : 5 + 4 * wait
        refusals.removeAll { $0 < time - memory }
        if refusals.count > 8 { refusals.removeFirst() }
        if case .none = state, refusals.count < (punishes ? 2 : 3) { return }
        let accepted = punishes ? rate : min(max(acceptedRate(at: time), rate / 2), rate)
        state = .learned(accepted: max(accepted, Self.rateMin), age: 0)
        grownAt = time
    }

    /// Forgets what was learned: the provider has told its limit.
    mutating func told() {
        state = .none
        refusals = []
    }

    /// Goes on with a learned rate.
    mutating func restore(accepted: Double, age: Double) {
        state = .learned(accepted: max(accepted, Self.rateMin), age: max(age, 0))
    }

    /// Goes on seeking from a rate.
    mutating func restore(seeking rate: Double) {
        state = .seeking(min(max(rate, Self.rateMin), Self.rateMax))
    }

    private mutating func acceptedRate(at time: Double) -> Double {
        turn(to: time)
        return Double(accepted.reduce(0, +)) / min(max(time - startedAt, 0.1), 2)
    }

    private mutating func turn(to time: Double) {
        let new = Int(time * 10)
        guard new > slot else { return }
        for index in (slot + 1)...min(new, slot + 20) { accepted[index % 20] = 0 }
        slot = new
    }
}
