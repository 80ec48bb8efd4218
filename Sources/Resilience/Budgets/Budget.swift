package import Domain

/// One limit of a provider, as far as one integration's calls go.
///
/// It says whether a call may go, learns from answers, and survives a restart. Nothing waits in it: that is
/// `BudgetQueue`'s. What it believes, the first that speaks wins:
///
/// | source | effect |
/// |---|---|
/// | `refused` with a wait | nobody but single live calls before its end, see `Pause` |
/// | `remaining` | no more is left than told; with 0 left, nobody before the reset |
/// | `quota` | replaces the configured numbers; a rate is never guessed from what remains |
/// | configuration | the documented limit |
/// | `refused` without a wait | see `RateLearner`, `WindowLearner`, `PlacesMeter` |
///
/// Waits told by a provider are lengthened by up to a tenth, at most 5 s, never shortened.
package struct Budget: Sendable {
    /// How a limit behaves beyond its numbers.
    package struct Policy: Hashable, Sendable {
        /// Whether the provider makes who is over the limit wait longer: then nothing is ever tried.
        package var punishes: Bool
        /// Whether what is used must be saved before it is used; see `BudgetState`.
        package var isDurable: Bool
        /// By how much the network may push two calls together or apart; a guess at the round trip will do.
        package var jitter: Duration

        /// A provider that forgives, 50 ms of jitter, and nothing saved.
        package init(punishes: Bool = false, isDurable: Bool = false, jitter: Duration = .milliseconds(50)) {
            self.punishes = punishes
            self.isDurable = isDurable
            self.jitter = jitter
        }
    }

    /// Whether a call may go now.
    package enum Admission: Hashable, Sendable {
        /// It may.
        case free
        /// Not before this long, which is more than zero.
        case wait(Duration)
        /// Not before another call has finished.
        case full
        /// Not before the state is saved.
        case unsaved

        /// Whether the limit itself is in the way.
        var isWait: Bool {
            switch self {
            case .wait, .full: true
            case .free, .unsaved: false
            }
        }
    }

    enum Meter: Hashable, Sendable {
        case bucket(BucketMeter)
        case window(WindowMeter)
        case places(PlacesMeter)
    }

    /// The rate an unknown limit is first believed to have, in calls a second.
    package static let rateStart = 10.0
    /// The most reservations a budget keeps.
    package static let reservationsMax = 64
    /// How long a provider that punishes is first believed to shut a client out when it does not say; then twice that,
    /// up to 64 s.
    package static let blockGuess = Duration.seconds(2)
    /// The longest wait told by a provider that is believed.
    package static let waitMax = RetryAfter.longest

    /// How the limit behaves.
    package let policy: Policy
    var meter: Meter
    var rates: RateLearner
    var windows = WindowLearner()
    var pause = Pause()
    var holds: [Hold] = []
    /// The weddings whose calls may use what is held for others than them.
    var favoured: Set<WeddingID> = []
    /// The rate and burst that are documented or told; the rate is infinite when neither is.
    var ceiling: (rate: Double, burst: Double)
    private var isLimiting = false
    private var lastRefusalAt = -Double.infinity
    private var refusalsInARow = 0
    private var windowStartedAt: Double

    /// Makes the budget of a limit of `kind`; nil is a limit nobody knows.
    ///
    /// Counts below 1 are read as 1, rates outside 0.0001 to 1 000 000 a second as the nearest of these.
    package init(_ kind: LimitKind?, policy: Policy = Policy(), now: ClockReading) {
        self.policy = policy
        let time = now.seconds
        let jitter = policy.jitter.inSeconds
        windowStartedAt = time
        rates = RateLearner(isKnown: kind != nil, start: Self.rateStart, time: time)
        switch kind {
        case nil:
            ceiling = (.infinity, Self.rateStart)
            meter = .bucket(
                BucketMeter(rate: Self.rateStart, burst: Self.rateStart, jitter: jitter, fullAt: time)
            )
        case .tokenBucket(let rate, let burst):
            ceiling = (Self.believable(rate), Double(max(burst, 1)))
            meter = .bucket(
                BucketMeter(rate: ceiling.rate, burst: ceiling.burst, jitter: jitter, fullAt: time)
            )
        case .fixedWindow(let count, let length):
            ceiling = (.infinity, 1)
            let length = max(length.inSeconds, 0.001)
            meter = .window(WindowMeter(count: count, length: length, edge: jitter, now: now))
        case .concurrency(let count):
            ceiling = (.infinity, 1)
            meter = .places(PlacesMeter(count: count))
        }
        if policy.isDurable { cover(nothingAt: time) }
    }

    /// Whether a call of this class, for this wedding, may go now.
    ///
    /// - Parameter leavesSome: whether a little of a bucket is left standing for calls that may come. Of windows and
    ///   places nothing is: what is not used of them is lost.
    package mutating func admission(
        _ budgetClass: BudgetClass,
        wedding: WeddingID? = nil,
        leavesSome: Bool = false,
        now: ClockReading
    ) -> Admission {
        advance(now)
        let time = now.seconds
        var needed = pause.wait(budgetClass, at: time)
        switch meter {
        case .bucket(let bucket):
            let held = held(for: wedding, now, burst: bucket.burst)
            needed = max(needed, bucket.wait(budgetClass, held: held, leavesSome: leavesSome, at: time))
            if needed <= 1e-9 { return bucket.isCovered(at: time) ? .free : .unsaved }
            isLimiting = true
        case .window(let window):
            let held = held(for: wedding, now, turnsAt: window.turnsAt)
            let limit = windows.limit(of: window.count, punishes: policy.punishes)
            needed = max(needed, window.wait(budgetClass, of: limit, held: held, at: time))
            if windows.isFull { needed = max(needed, window.turnsAt - time) }
            if needed <= 1e-9 { return window.used < window.coveredTo ? .free : .unsaved }
        case .places(let places):
            if needed <= 1e-9 {
                if places.isFree(budgetClass) { return .free }
                guard let end = places.lostEnd, end > time else { return .full }
                needed = end - time
            }
        }
        return .wait(roundedUp(needed))
    }

    /// Counts one call that is sent now; ask for `admission` first.
    package mutating func take(_ budgetClass: BudgetClass, wedding: WeddingID? = nil, now: ClockReading) {
        advance(now)
        let time = now.seconds
        pause.taken(budgetClass, at: time)
        switch meter {
        case .bucket(var bucket):
            bucket.take(at: time)
            meter = .bucket(bucket)
        case .window(var window):
            window.take(budgetClass, at: time)
            meter = .window(window)
        case .places(var places):
            places.take()
            meter = .places(places)
        }
        guard let wedding, !holds.isEmpty else { return }
        if let index = holds.firstIndex(where: { $0.reservation.wedding == wedding && $0.isActive(now.wall) })
        {
            holds[index].spend()
        }
    }

    /// Takes in that a call is over.
    ///
    /// - Parameters:
    ///   - sentAt: the monotonic time at which it was sent.
    ///   - isAccepted: whether the provider let it through its limits, whatever it then answered; false also
    ///     when it is not known.
    package mutating func finished(sentAt: Duration, isAccepted: Bool, now: ClockReading) {
        advance(now)
        let time = now.seconds
        let sent = sentAt.inSeconds
        if case .places(var places) = meter {
            places.finish(after: time - sent)
            meter = .places(places)
        }
        guard isAccepted else { return }
        rates.accepted(at: time)
        if case .window(let window) = meter, sent >= windowStartedAt { windows.accepted(of: window.count) }
        if sent >= lastRefusalAt {
            pause.accepted(at: time)
            refusalsInARow = 0
        }
    }

    /// Takes in what an answer says about this limit.
    ///
    /// - Parameters:
    ///   - sentAt: the monotonic time at which the answered call was sent.
    ///   - chance: 0..<1, drawn by the caller; lengthens waits.
    package mutating func apply(_ news: LimitNews, sentAt: Duration, now: ClockReading, chance: Double) {
        advance(now)
        let time = now.seconds
        let sent = sentAt.inSeconds
        switch news {
        case .refused(_, let wait):
            refused(for: wait, sent: sent, time: time, chance: chance)
        case .remaining(_, let count, let resetIn):
            guard count >= 0 else { return }
            remaining(count, resetIn: resetIn, sent: sent, time: time, chance: chance)
        case .quota(_, let count, let window):
            told(count, in: window, now)
        }
    }

    /// Brings everything that time changes up to date.
    mutating func advance(_ now: ClockReading) {
        let time = now.seconds
        switch meter {
        case .bucket(var bucket):
            rates.advance(to: time, isBusy: isLimiting, ceiling: ceiling.rate, punishes: policy.punishes)
            isLimiting = isLimiting && bucket.fullAt > time
            let rate = rates.rate(ceiling: ceiling.rate, punishes: policy.punishes)
            let part = ceiling.rate.isFinite ? rate / ceiling.rate : 1
            bucket.change(rate: rate, burst: max(1, ceiling.burst * part), at: time)
            meter = .bucket(bucket)
        case .window(var window):
            guard window.advance(now) else { return }
            windows.turned()
            windowStartedAt = time
            meter = .window(window)
        case .places(var places):
            places.advance(to: time, mayGrow: !policy.punishes)
            meter = .places(places)
        }
    }

    private mutating func refused(for wait: Duration?, sent: Double, time: Double, chance: Double) {
        let isSame = sent < lastRefusalAt
        // How long a provider that punishes shuts out is not known unless it says so: guess longer each time.
        let guess = policy.punishes ? Self.blockGuess * (1 << min(refusalsInARow, 5)) : nil
        if !isSame { refusalsInARow += 1 }
        let asked = min(max(wait ?? guess ?? .zero, .zero), Self.waitMax).inSeconds
        if asked > 0 {
            let seconds = asked
            let longer = seconds + min(seconds / 10, 5) * min(max(chance, 0), 1)
            pause.asked(for: longer, punishes: policy.punishes, isSame: isSame, at: time)
        }
        defer { if !isSame { lastRefusalAt = time } }
        switch meter {
        case .bucket(var bucket):
            let punishes = policy.punishes
            rates.refused(at: time, isSame: isSame, wait: asked, rate: bucket.rate, punishes: punishes)
            let rate = rates.rate(ceiling: ceiling.rate, punishes: punishes)
            let part = ceiling.rate.isFinite ? rate / ceiling.rate : 1
            bucket.change(rate: rate, burst: max(1, ceiling.burst * part), at: time)
            if !isSame { bucket.atMost(0, at: time) }
            meter = .bucket(bucket)
        case .window:
            if sent >= windowStartedAt, wait == nil { windows.refused(punishes: policy.punishes) }
        case .places(var places):
            if wait == nil { places.refused(at: time) }
            meter = .places(places)
        }
    }

    private mutating func remaining(
        _ count: Int,
        resetIn: Duration?,
        sent: Double,
        time: Double,
        chance: Double
    ) {
        let reset = resetIn.map { min(max($0, .zero), Self.waitMax).inSeconds }
        switch meter {
        case .bucket(var bucket):
            bucket.atMost(Double(count), at: time)
            meter = .bucket(bucket)
            if count == 0, let reset, reset > bucket.interval {
                let longer = reset + min(reset / 10, 5) * min(max(chance, 0), 1)
                pause.asked(for: longer, punishes: true, isSame: true, at: time)
            }
        case .window(var window):
            // An answer to a call of the window before speaks of that one.
            guard sent >= windowStartedAt else { return }
            if let reset { window.turns(notBefore: time + reset, now: time) }
            window.atLeast(window.count - min(count, window.count))
            meter = .window(window)
        case .places:
            break
        }
    }

    private mutating func told(_ count: Int, in window: Duration, _ now: ClockReading) {
        guard count > 0, count <= 1_000_000_000, window <= .seconds(32 * 86_400) else { return }
        switch meter {
        case .bucket(let bucket):
            guard window >= .milliseconds(1) else { return }
            if ceiling.rate.isInfinite {
                // Nothing was known, so this is all there is: a count in a window.
                let length = window.inSeconds
                var meter = WindowMeter(
                    count: count,
                    length: length,
                    edge: policy.jitter.inSeconds,
                    now: now
                )
                meter.cover(to: policy.isDurable ? 0 : .max)
                self.meter = .window(meter)
                windowStartedAt = now.seconds
                return
            }
            ceiling = (Self.believable(Double(count) / window.inSeconds), min(bucket.burst, Double(count)))
            if case .learned = rates.state { return }
            rates.told()
            advance(now)
        case .window(var meter):
            guard window >= .milliseconds(1) else { return }
            meter.change(count: count, length: window.inSeconds, now: now)
            self.meter = .window(meter)
        case .places(var places):
            guard window == .zero else { return }
            places.change(count: count)
            meter = .places(places)
        }
    }

    private static func believable(_ rate: Double) -> Double {
        let range = TokenBucket.rateRange
        return rate.isFinite ? min(max(rate, range.lowerBound), range.upperBound) : range.upperBound
    }
}
