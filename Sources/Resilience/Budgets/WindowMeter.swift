import Domain

/// Counts calls against a fixed window, with a reserve for the more urgent that melts to nothing at the turn.
///
/// Of `count` calls a window, a call of class c goes while
///
///     used + 1 ≤ count − k(c) − held
///
/// where `held` is what reservations keep for other weddings, and with e = (rate(live) + rate(normal)) · time left, the
/// calls that are to come by the rates of late (Poisson: give or take √e),
///
///     k(live) = 0, k(normal) = 3 · rate(live) · time left, k(bulk) = max(k(normal), e + 2 · √e)
///
/// | 1 500 in 60 s, live 1/s, normal 6/s, time left | 60 s | 30 s | 5 s | 0 s |
/// |---|---|---|---|---|
/// | bulk may use up to | 1 039 | 1 261 | 1 453 | 1 500 |
/// | normal may use up to | 1 320 | 1 410 | 1 485 | 1 500 |
///
/// Whatever is kept for calls to come delays the bulk calls that it is kept from until the turn; more than these will
/// need is therefore lost time.
///
/// Windows are those of the epoch, by the wall clock; but a window never ends before the monotonic clock has gone
/// through nine tenths of it, so that a step of the wall clock gives nothing away. Calls of the last `edge` before the
/// turn count in both windows: they may arrive in either.
struct WindowMeter: Hashable, Sendable {
    /// Calls a window, as documented or told.
    private(set) var count: Int
    /// A window's length in seconds.
    private(set) var length: Double
    /// When the window turns, in seconds of the monotonic clock.
    private(set) var turnsAt: Double
    /// Counts the windows, so that a save that comes late is known to be of another.
    private(set) var serial = 0
    /// Calls in this window, those of the edge before it included.
    private(set) var used = 0
    /// Up to how many used calls are covered by what was saved.
    private(set) var coveredTo = Int.max
    /// How long before the turn a call may still arrive after it.
    private let edge: Double
    private var usedInEdge = 0
    private var live: RateEstimate
    private var normal: RateEstimate

    init(count: Int, length: Double, edge: Double, now: ClockReading) {
        self.count = max(count, 1)
        self.length = length
        self.edge = min(edge, length / 10)
        live = RateEstimate(memory: max(30, length / 20))
        normal = live
        turnsAt = now.seconds + Self.timeToBoundary(length, now)
    }

    /// The calls a class may use in this window, at `time`.
    func share(_ budgetClass: BudgetClass, of count: Int, held: Double, at time: Double) -> Double {
        Double(count) - reserve(budgetClass, at: time) - held
    }

    /// How long a call must wait; zero or less is not at all.
    func wait(_ budgetClass: BudgetClass, of count: Int, held: Double, at time: Double) -> Double {
        let missing = Double(used) + 1 - share(budgetClass, of: count, held: held, at: time)
        guard missing > 1e-9 else { return 0 }
        let toTurn = turnsAt - time
        guard used < count else { return toTurn }
        let melting = reserve(budgetClass, at: time) / toTurn
        // The rates fall while nothing comes, so look again before the reserve at today's rates has melted.
        return min(toTurn, 1, melting > 0 ? max(missing / melting, 0.001) : toTurn)
    }

    mutating func take(_ budgetClass: BudgetClass, at time: Double) {
        used += 1
        if turnsAt - time <= edge { usedInEdge += 1 }
        switch budgetClass {
        case .live: live.happened(at: time)
        case .normal: normal.happened(at: time)
        case .bulk: break
        }
    }

    /// Turns the window when its time has come; tells whether it did.
    mutating func advance(_ now: ClockReading) -> Bool {
        let time = now.seconds
        guard time >= turnsAt else { return false }
        let isNext = time < turnsAt + length
        serial += 1
        used = isNext ? usedInEdge : 0
        usedInEdge = 0
        if coveredTo != .max { coveredTo = used }
        var next = time + Self.timeToBoundary(length, now)
        if isNext, next < turnsAt + 0.9 * length { next += length }
        turnsAt = next
        return true
    }

    /// Takes in that the provider counts at least `used` calls.
    mutating func atLeast(_ used: Int) {
        self.used = max(self.used, min(used, count))
    }

    /// Takes in that the window turns no earlier than `time`.
    mutating func turns(notBefore time: Double, now: Double) {
        guard time > turnsAt, time - now <= length * 1.05 else { return }
        turnsAt = time
    }

    /// Changes the documented numbers; what is used stays used.
    mutating func change(count: Int, length: Double, now: ClockReading) {
        self.count = max(count, 1)
        guard length != self.length else { return }
        self.length = length
        turnsAt = max(turnsAt, now.seconds + Self.timeToBoundary(length, now))
    }

    /// Goes on with a window in which `used` calls are gone and which turns at `turnsAt`.
    mutating func restore(used: Int, turnsAt: Double) {
        self.used = min(max(used, 0), count)
        self.turnsAt = turnsAt
    }

    /// What to save so that the next twentieth of the window is covered.
    var lease: Int {
        used + max(1, count / 20)
    }

    mutating func cover(to used: Int) {
        coveredTo = used
    }

    /// The calls of this window that a class leaves to the more urgent ones.
    private func reserve(_ budgetClass: BudgetClass, at time: Double) -> Double {
        let left = max(turnsAt - time, 0)
        let live = live.perSecond(at: time) * left
        switch budgetClass {
        case .live: return 0
        case .normal: return 3 * live
        case .bulk:
            let expected = live + normal.perSecond(at: time) * left
            return max(3 * live, expected + 2 * expected.squareRoot())
        }
    }

    private static func timeToBoundary(_ length: Double, _ now: ClockReading) -> Double {
        let wall = now.wallSeconds
        return max(((wall / length).rounded(.down) + 1) * length - wall, 0.000_001)
    }
}
