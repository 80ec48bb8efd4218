/// Stops sending to a peer that keeps failing, and finds out when it is back.
///
///     closed --too many failures--> open --period over, next admit--> half open --one success--> closed
///                                    ^                                    |
///                                    +------------- one failure ----------+
///
/// It only ever pauses: work waits, nothing is dropped and nothing needs a human to be switched on again. Each
/// opening in a row doubles the period (defaults, before jitter of up to 20 %):
///
/// | opening in a row | 1 | 2 | 3 | 4 | 5 | 6 | 7 and more |
/// |---|---|---|---|---|---|---|---|
/// | paused for | 1 s | 2 s | 4 s | 8 s | 16 s | 32 s | 60 s |
///
/// The row ends after `successesToForget` successes one after the other, so a peer that answers once and fails again
/// goes on with the longer period. What counts as a failure is the caller's rule: a 4xx is neither success nor
/// failure and should be `abandoned`.
package struct Breaker: Sendable {
    /// The limits of a breaker.
    package struct Limits: Hashable, Sendable {
        /// Failures in a row that open it.
        package var failuresInARowMax: Int
        /// How many of the latest outcomes the ratio looks at, 1 to 64.
        package var window: Int
        /// Outcomes that must be in the window before the ratio counts.
        package var outcomesMin: Int
        /// The part of failures in the window that opens it, 0 to 1.
        package var failureRatioMax: Double
        /// The first period it stays open.
        package var pauseBase: Duration
        /// The longest period it stays open, before jitter.
        package var pauseMax: Duration
        /// Probes in flight while it is half open.
        package var probesMax: Int
        /// How long a probe holds its place when nobody tells how it ended.
        package var probeLease: Duration
        /// Successes in a row after which the next opening starts at `pauseBase` again.
        package var successesToForget: Int

        /// Makes limits; every one has a default.
        package init(
            failuresInARowMax: Int = 5,
            window: Int = 50,
            outcomesMin: Int = 10,
            failureRatioMax: Double = 0.5,
            pauseBase: Duration = .seconds(1),
            pauseMax: Duration = .seconds(60),
            probesMax: Int = 2,
            probeLease: Duration = .seconds(60),
            successesToForget: Int = 20
        ) {
            self.failuresInARowMax = failuresInARowMax
            self.window = window
            self.outcomesMin = outcomesMin
            self.failureRatioMax = failureRatioMax
            self.pauseBase = pauseBase
            self.pauseMax = pauseMax
            self.probesMax = probesMax
            self.probeLease = probeLease
            self.successesToForget = successesToForget
        }
    }

    /// The right to send once; goes back with the outcome.
    package struct Ticket: Hashable, Sendable {
        let epoch: UInt64
        let number: UInt64
    }

    /// Whether one request may leave now.
    package enum Admission: Hashable, Sendable {
        /// It may; tell the outcome with the ticket.
        case allowed(Ticket)
        /// Not before this monotonic time; ask again then.
        case notBefore(Duration)
    }

    /// What a health page shows.
    package enum State: Hashable, Sendable {
        /// Requests flow.
        case closed
        /// Paused until this monotonic time.
        case open(until: Duration)
        /// This many probes are on their way.
        case halfOpen(probes: Int)
    }

    /// The part of a pause that jitter adds, at most.
    package static let pauseSpread = 0.2

    private enum Phase: Sendable {
        case closed(OutcomeWindow)
        case open(until: Duration)
        case halfOpen([Probe])
    }

    private struct Probe: Sendable {
        let number: UInt64
        let leasedUntil: Duration
    }

    /// Its limits.
    package let limits: Limits
    private var phase: Phase
    private var epoch: UInt64 = 0
    private var tickets: UInt64 = 0
    private var openingsInARow = 0
    private var successesInARow = 0

    /// Makes a closed breaker; the limits must be positive and the window at most 64.
    package init(limits: Limits = Limits()) {
        precondition((1...OutcomeWindow.sizeMax).contains(limits.window), "a window holds 1 to 64 outcomes")
        precondition((1...limits.window).contains(limits.outcomesMin), "the window must be able to fill")
        precondition(limits.failuresInARowMax >= 1 && limits.probesMax >= 1, "a breaker counts from 1")
        precondition(limits.failureRatioMax > 0 && limits.failureRatioMax <= 1, "a ratio lies in 0...1")
        precondition(.zero < limits.pauseBase && limits.pauseBase <= limits.pauseMax, "pauses grow")
        precondition(
            limits.probeLease > .zero && limits.successesToForget >= 1,
            "leases and rows are positive"
        )
        self.limits = limits
        phase = .closed(OutcomeWindow(size: limits.window))
    }

    /// What it does at the moment.
    package var state: State {
        switch phase {
        case .closed: .closed
        case .open(let until): .open(until: until)
        case .halfOpen(let probes): .halfOpen(probes: probes.count)
        }
    }

    /// Asks for one request at the monotonic time `now`.
    package mutating func admit(now: Duration) -> Admission {
        switch phase {
        case .closed:
            return .allowed(nextTicket())
        case .open(let until):
            guard now >= until else { return .notBefore(until) }
            epoch += 1
            return probe(besides: [], now: now)
        case .halfOpen(let probes):
            return probe(besides: probes.filter { $0.leasedUntil > now }, now: now)
        }
    }

    /// Takes in that the request of `ticket` succeeded; late news from an older epoch changes nothing.
    package mutating func succeeded(_ ticket: Ticket, now: Duration) {
        guard ticket.epoch == epoch else { return }
        switch phase {
        case .closed(var window):
            window.record(failure: false)
            phase = .closed(window)
            successesInARow += 1
            if successesInARow >= limits.successesToForget { openingsInARow = 0 }
        case .halfOpen:
            epoch += 1
            successesInARow = 1
            phase = .closed(OutcomeWindow(size: limits.window))
        case .open:
            break
        }
    }

    /// Takes in that the request of `ticket` failed; late news from an older epoch changes nothing.
    ///
    /// - Parameter jitter: 0..<1, drawn by the caller so that a seed repeats the run.
    package mutating func failed(_ ticket: Ticket, now: Duration, jitter: Double) {
        precondition((0..<1).contains(jitter), "jitter lies in 0..<1")
        guard ticket.epoch == epoch else { return }
        switch phase {
        case .closed(var window):
            window.record(failure: true)
            phase = .closed(window)
            successesInARow = 0
            if isTooMuch(window) { open(now: now, jitter: jitter) }
        case .halfOpen:
            open(now: now, jitter: jitter)
        case .open:
            break
        }
    }

    /// Takes in that the request of `ticket` says nothing about the peer.
    ///
    /// It was not sent, or the answer was the sender's fault. A probe's place becomes free.
    package mutating func abandoned(_ ticket: Ticket) {
        guard ticket.epoch == epoch, case .halfOpen(let probes) = phase else { return }
        phase = .halfOpen(probes.filter { $0.number != ticket.number })
    }

    private func isTooMuch(_ window: OutcomeWindow) -> Bool {
        window.failuresInARow >= limits.failuresInARowMax
            || window.count >= limits.outcomesMin
                && Double(window.failures) >= limits.failureRatioMax * Double(window.count)
    }

    private mutating func open(now: Duration, jitter: Double) {
        let backoff = FullJitterBackoff(base: limits.pauseBase, ceiling: limits.pauseMax, floor: .zero)
        openingsInARow += 1
        successesInARow = 0
        epoch += 1
        let pause = backoff.limit(afterAttempt: openingsInARow)
        phase = .open(until: now + pause + pause * (Self.pauseSpread * jitter))
    }

    private mutating func probe(besides probes: [Probe], now: Duration) -> Admission {
        if probes.count >= limits.probesMax, let earliest = probes.map(\.leasedUntil).min() {
            phase = .halfOpen(probes)
            return .notBefore(earliest)
        }
        let ticket = nextTicket()
        phase = .halfOpen(probes + [Probe(number: ticket.number, leasedUntil: now + limits.probeLease)])
        return .allowed(ticket)
    }

    private mutating func nextTicket() -> Ticket {
        tickets += 1
        return Ticket(epoch: epoch, number: tickets)
    }
}

/// The latest outcomes, one bit each; the newest is the lowest bit.
struct OutcomeWindow: Hashable, Sendable {
    static let sizeMax = 64

    let size: Int
    private(set) var count = 0
    private(set) var failuresInARow = 0
    private var bits: UInt64 = 0

    init(size: Int) {
        self.size = size
    }

    var failures: Int { bits.nonzeroBitCount }

    mutating func record(failure: Bool) {
        let kept: UInt64 = size == Self.sizeMax ? .max : (1 << UInt64(size)) - 1
        bits = (bits << 1 | (failure ? 1 : 0)) & kept
        count = min(count + 1, size)
        failuresInARow = failure ? failuresInARow + 1 : 0
    }
}
