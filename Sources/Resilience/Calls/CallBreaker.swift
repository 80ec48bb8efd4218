/// Stops calling a provider that fails, finds out when it is back, and comes back in steps.
///
///     closed --half failed, half slow, or tripped--> open --pause over, next admit--> half open
///       ^                                             ^ ^                            |       |
///       |                                             | +-- a probe fails or hangs --+       | all probes succeed
///       +---- step 4 ---- ramping 10, 25, 50 % <------|--------------------------------------+
///                              +------- tripped ------+          any --hold--> held --release--> half open
///
/// A trip is cheap: pause = min(1 s * 2^k, 60 s) * (0.8...1.2), k counts openings and falls by one with each minute
/// closed.
///
/// | k | 0 | 1 | 2 | 3 | 4 | 5 | 6 and more |
/// |---|---|---|---|---|---|---|---|
/// | pause before jitter | 1 s | 2 s | 4 s | 8 s | 16 s | 32 s | 60 s |
/// | least to most | 0.8-1.2 s | 1.6-2.4 s | 3.2-4.8 s | 6.4-9.6 s | 12.8-19.2 s | 25.6-38.4 s | 48-72 s |
///
/// | step of the ramp | 1 | 2 | 3 | then |
/// |---|---|---|---|---|
/// | share that passes | 10 % | 25 % | 50 % | 100 %, closed |
/// | ends after | 5 s and 20 calls asked for, or 60 s | same | same | - |
///
/// A probe's permit is its own until its outcome, `abandoned`, or the end of its lease, also when the breaker has
/// opened again meanwhile: never more than `probesMax` probes are in flight, however they hang. Outcomes of an
/// earlier epoch change nothing. Each step takes constant time and no memory.
package struct CallBreaker: Sendable {
    /// The shares of the ramp's steps.
    package static let rampShares = [0.1, 0.25, 0.5]
    /// Jitter moves a pause by at most this part of it, up and down.
    package static let pauseSpread = 0.2
    /// The largest k that changes a pause.
    static let exponentMax = 16
    /// When a call that found all permits taken, or was not in the ramp's share, asks again.
    static let askAgain = Duration.milliseconds(250)
    /// When a call that found it held without an end asks again.
    static let heldAskAgain = Duration.seconds(60)

    enum Phase: Sendable {
        case closed(since: Duration)
        case ramping(step: Int, since: Duration, asked: Int)
        case halfOpen(passed: Int, slow: Int)
        case open(until: Duration)
        case held(until: Duration?)
    }

    /// A permit that is out; free when its number is 0.
    private struct Permit: Sendable {
        var number: UInt32 = 0
        var epoch: UInt32 = 0
        var until: Duration = .zero
    }

    /// Its limits; tighter ones while it is tightened.
    package private(set) var limits: Limits
    /// How often it went from letting calls through to open.
    package private(set) var trips = 0
    /// Why it opened last; nil when it never did.
    package private(set) var reason: Reason?
    private(set) var tally = OutcomeTally()
    private var phase = Phase.closed(since: .zero)
    private var permits: [Permit]
    private var epoch: UInt32 = 0
    private var numbers: UInt32 = 0
    private var exponent = 0

    /// Makes a closed breaker; traps on limits out of range.
    package init(limits: Limits = Limits()) {
        limits.check()
        self.limits = limits
        permits = Array(repeating: Permit(), count: limits.probesMax)
    }

    /// Takes other limits, with the same number of probes; what was counted and what is on its way stays.
    mutating func change(_ limits: Limits) {
        limits.check()
        precondition(limits.probesMax == self.limits.probesMax, "permits are given out by place")
        self.limits = limits
    }

    /// What it does at the moment.
    package var state: State {
        switch phase {
        case .closed: .closed
        case .ramping(let step, _, _): .ramping(share: Self.rampShares[step])
        case .halfOpen: .halfOpen(probes: permits.count { $0.number != 0 && $0.epoch == epoch })
        case .open(let until): .open(until: until)
        case .held(let until): .held(until: until)
        }
    }

    /// Whether calls flow, all or a share of them.
    package var isLettingThrough: Bool {
        switch phase {
        case .closed, .ramping: true
        case .halfOpen, .open, .held: false
        }
    }

    /// Permits that are out, those of earlier epochs included.
    package var permitsOut: Int { permits.count { $0.number != 0 } }

    /// Asks for one call at the monotonic time `now`.
    ///
    /// - Parameter chance: 0..<1, drawn by the caller; a call passes a ramp when it lies below the share.
    package mutating func admit(now: Duration, chance: Double) -> Admission {
        if let (time, refusal) = objection(now: now, chance: chance) { return .notBefore(time, refusal) }
        switch phase {
        case .ramping(let step, let since, let asked):
            phase = .ramping(step: step, since: since, asked: asked + 1)
            return .allowed(ticket(place: -1))
        case .open:
            epoch &+= 1
            phase = .halfOpen(passed: 0, slow: 0)
            return .allowed(permit(now: now))
        case .halfOpen:
            return .allowed(permit(now: now))
        case .closed, .held:
            return .allowed(ticket(place: -1))
        }
    }

    /// What stands against one call at the monotonic time `now`, and until when; nil lets it through.
    ///
    /// Takes nothing; but a call that a ramp keeps out was asked for, and counts for the ramp's step.
    mutating func objection(now: Duration, chance: Double) -> (Duration, Refusal)? {
        precondition((0..<1).contains(chance), "chance lies in 0..<1")
        // A ramp climbs at ticks and answers alone, so that what `objection` says holds for the `admit` behind it.
        if !isLettingThrough { tick(now: now, jitter: chance) }
        switch phase {
        case .closed:
            return nil
        case .ramping(let step, let since, let asked):
            guard chance >= Self.rampShares[step] else { return nil }
            phase = .ramping(step: step, since: since, asked: asked + 1)
            return (now + Self.askAgain, .ramping)
        case .open(let until):
            guard now >= until else { return (until, .open) }
            return permitsOut < limits.probesMax ? nil : (min(earliestLease, now + Self.askAgain), .probing)
        case .halfOpen(let passed, _):
            let out = permits.count { $0.number != 0 && $0.epoch == epoch }
            guard passed + out >= limits.probesMax || permitsOut == limits.probesMax else { return nil }
            return (min(earliestLease, now + Self.askAgain), .probing)
        case .held(let until):
            return (until ?? now + Self.heldAskAgain, .held)
        }
    }

    /// Takes in how the call of `ticket` ended; late news from an earlier epoch only frees its permit.
    ///
    /// - Parameter jitter: 0..<1, drawn by the caller so that a seed repeats the run.
    package mutating func finished(
        _ ticket: Ticket,
        _ outcome: ExchangeOutcome,
        now: Duration,
        jitter: Double
    ) {
        free(ticket)
        guard ticket.epoch == epoch, outcome.counts else { return }
        switch phase {
        case .closed, .ramping:
            tally.record(
                failed: outcome == .fail,
                slow: outcome == .slow,
                second: now.components.seconds
            )
            if let reason = verdict(after: outcome) { trip(reason, now: now, jitter: jitter) }
            tick(now: now, jitter: jitter)
        case .halfOpen(let passed, let slow):
            probed(outcome, passed: passed, slow: slow, now: now, jitter: jitter)
        case .open, .held:
            break
        }
    }

    /// Whether the call of `ticket` left since the breaker last changed between letting through and not.
    func isCurrent(_ ticket: Ticket) -> Bool {
        ticket.epoch == epoch
    }

    /// Takes in that the call of `ticket` was not made; a probe's permit becomes free.
    package mutating func abandoned(_ ticket: Ticket) {
        free(ticket)
    }

    /// Takes in that the call of `ticket` is so late that it will not succeed; it still holds its permit.
    package mutating func hung(_ ticket: Ticket, now: Duration, jitter: Double) {
        guard ticket.epoch == epoch else { return }
        switch phase {
        case .closed, .ramping:
            tally.record(failed: true, slow: false, second: now.components.seconds)
            if let reason = verdict(after: .fail) { trip(reason, now: now, jitter: jitter) }
        case .halfOpen:
            open(.probe, now: now, jitter: jitter)
        case .open, .held:
            break
        }
    }

    /// Opens it because a detector says so; does nothing unless calls flow.
    package mutating func trip(_ reason: Reason, now: Duration, jitter: Double) {
        switch phase {
        case .closed(let since):
            let minutes = (now - since) / limits.healthyTime
            exponent = max(exponent - Int(min(max(minutes, 0), Double(Self.exponentMax))), 0)
        case .ramping:
            break
        case .halfOpen, .open, .held:
            return
        }
        trips += 1
        open(reason, now: now, jitter: jitter)
    }

    /// Holds it open until `until`, or until `release`.
    package mutating func hold(until: Duration?) {
        epoch &+= 1
        reason = .operatorOrder
        tally.clear()
        phase = .held(until: until)
    }

    /// Ends a hold: the next call is a probe.
    package mutating func release(now: Duration) {
        guard case .held = phase else { return }
        phase = .open(until: now)
    }

    /// The longest pause while there is nowhere else to go: with three probes at a time, less than one probe a second.
    package static let pauseWithoutChoice = Duration.milliseconds(3_500)

    /// Takes in that a call has nowhere else to go: an open breaker lets probes through soon, however often it opened.
    package mutating func hasten(now: Duration) {
        guard case .open(let until) = phase, until > now + Self.pauseWithoutChoice else { return }
        phase = .open(until: now + Self.pauseWithoutChoice)
    }

    /// Ends the pause of an open breaker: the next call is a probe.
    mutating func endPause(now: Duration) {
        guard case .open(let until) = phase, until > now else { return }
        phase = .open(until: now)
    }

    /// Ends what time ends: leases of probes, holds, steps of the ramp.
    package mutating func tick(now: Duration, jitter: Double) {
        switch phase {
        case .closed:
            return
        case .ramping(let step, let since, let asked):
            climb(step: step, since: since, asked: asked, now: now)
        case .held(let until):
            if let until, now >= until { phase = .open(until: until) }
        case .halfOpen, .open:
            endLeases(now: now, jitter: jitter)
        }
    }

    /// The tally as of `now`, for those who show it.
    func tally(now: Duration) -> OutcomeTally {
        var copy = tally
        copy.advance(to: now.components.seconds)
        return copy
    }

    private func verdict(after outcome: ExchangeOutcome) -> Reason? {
        guard outcome != .ok, tally.recent.total >= UInt32(limits.outcomesMin) else { return nil }
        let least = UInt32(limits.outcomesMin)
        let latest = tally.latest
        if outcome == .fail {
            let share = limits.failureShareMax
            return latest.failed(share: share, totalMin: least)
                || tally.recent.failed(share: share, totalMin: least)
                ? .failures : nil
        }
        let share = limits.slowShareMax
        return latest.slow(share: share, totalMin: least) || tally.recent.slow(share: share, totalMin: least)
            ? .slowness : nil
    }

    private mutating func open(_ reason: Reason, now: Duration, jitter: Double) {
        precondition((0..<1).contains(jitter), "jitter lies in 0..<1")
        epoch &+= 1
        self.reason = reason
        tally.clear()
        let pause = min(limits.pauseBase * (1 << exponent), limits.pauseMax)
        exponent = min(exponent + 1, Self.exponentMax)
        phase = .open(until: now + pause * (1 - Self.pauseSpread + 2 * Self.pauseSpread * jitter))
    }

    private var earliestLease: Duration {
        var earliest = Duration.seconds(Int64.max)
        for permit in permits where permit.number != 0 { earliest = min(earliest, permit.until) }
        return earliest
    }

    private mutating func probed(
        _ outcome: ExchangeOutcome,
        passed: Int,
        slow: Int,
        now: Duration,
        jitter: Double
    ) {
        guard outcome != .fail else { return open(.probe, now: now, jitter: jitter) }
        let passed = passed + 1
        let slow = outcome == .slow ? slow + 1 : slow
        guard passed == limits.probesMax else {
            phase = .halfOpen(passed: passed, slow: slow)
            return
        }
        guard 2 * slow < passed else { return open(.probe, now: now, jitter: jitter) }
        phase = .ramping(step: 0, since: now, asked: 0)
    }

    private mutating func climb(step: Int, since: Duration, asked: Int, now: Duration) {
        let age = now - since
        guard age >= limits.rampStepMin, asked >= limits.rampCallsMin || age >= limits.rampStepMax else {
            return
        }
        phase =
            step + 1 < Self.rampShares.count
            ? .ramping(step: step + 1, since: now, asked: 0) : .closed(since: now)
    }

    private mutating func endLeases(now: Duration, jitter: Double) {
        var hasHung = false
        for place in permits.indices where permits[place].number != 0 && permits[place].until <= now {
            hasHung = hasHung || permits[place].epoch == epoch
            permits[place].number = 0
        }
        if hasHung, case .halfOpen = phase { open(.probe, now: now, jitter: jitter) }
    }

    private mutating func permit(now: Duration) -> Ticket {
        guard let place = permits.firstIndex(where: { $0.number == 0 }) else {
            preconditionFailure("a probe leaves only when a permit is free")
        }
        let ticket = ticket(place: Int8(place))
        permits[place] = Permit(number: ticket.number, epoch: epoch, until: now + limits.probeLease)
        return ticket
    }

    private mutating func free(_ ticket: Ticket) {
        guard ticket.place >= 0, permits[Int(ticket.place)].number == ticket.number else { return }
        permits[Int(ticket.place)].number = 0
    }

    private mutating func ticket(place: Int8) -> Ticket {
        numbers = numbers == .max ? 1 : numbers + 1
        return Ticket(epoch: epoch, place: place, number: numbers)
    }
}
