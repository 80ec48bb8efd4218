/// When to send probes of an integration that calls go to: to confirm or dismiss a suspicion, and to see its end.
///
///     trusted -suspicion-> trusted, one every 100 ms -it is gone-> trusted
///        |  ^                     |
///        |  +-- a green one while all is quiet --- distrusted, one a minute <--+
///        +-- tripped with their help: one every 3 s, two green ones let calls try -- calls flow --+
///
/// To look more often only while in doubt finds a change sooner at the same rate of false alarms (variable sampling
/// intervals: Reynolds, Amin and Arnold, Technometrics 32, 1990). `ErrorCUSUM` is in doubt falsely once in 3 600
/// calls, and each time for some ten answers. On a healthy day that drifts (`call-bench warning`):
///
/// | calls a second | 0.5 | 5 | 50 |
/// |---|---|---|---|
/// | probes a day | 620 | 1 970 | 3 000 |
/// | of all calls | 1.4 % | 0.5 % | 0.1 % |
///
/// A probe that always fails would turn each suspicion into a trip. So probes that helped to trip are not believed
/// again before one of them was green while nothing was suspected. And a probe that never saw the outage, as it
/// touches something else, cannot tell that it is over: only where one was red do green ones hasten the breaker.
package struct ConfirmingProbes: Hashable, Sendable {
    /// The right to send one probe; goes back with its outcome.
    package struct Ticket: Hashable, Sendable {
        let place: Int
        let number: UInt32
    }

    /// The least time between two.
    package static let gap = Duration.milliseconds(100)
    /// How many are in flight at most.
    package static let inFlightMax = 3
    /// How many are sent for one suspicion at most.
    package static let perSuspicionMax = 40
    /// The time between two while they are not believed.
    package static let trialGap = Duration.seconds(60)
    /// The time between two while the breaker is open.
    package static let returnGap = Duration.seconds(3)
    /// Green ones in a row after a red one, while the breaker is open, that let calls try.
    package static let greenMin = 2
    /// A ticket that did not come back for this long is worth nothing.
    package static let lease = Duration.seconds(30)

    /// A probe on its way; free when its number is 0.
    private struct Flight: Hashable, Sendable {
        var number: UInt32 = 0
        var since = Duration.zero
        var isLate = false
    }

    /// Whether what they say counts.
    private(set) var areTrusted = true
    private var flights = [Flight](repeating: Flight(), count: inFlightMax)
    private var numbers: UInt32 = 0
    private var sent = 0
    private var sawRed = false
    private var greenInARow = 0
    private var latest: Duration?

    /// What probes are to find out.
    enum Question {
        /// Nothing.
        case nothing
        /// Whether something is wrong.
        case suspicion
        /// Whether the outage is over.
        case recovery
    }

    /// Takes a probe's place when one should leave now.
    mutating func take(_ question: Question, now: Duration) -> Ticket? {
        guard let due = due(question, now: now), due <= now,
            let place = flights.firstIndex(where: { isFree($0, now: now) })
        else { return nil }
        numbers = numbers == .max ? 1 : numbers + 1
        flights[place] = Flight(number: numbers, since: now)
        latest = now
        sent = min(sent + 1, Self.perSuspicionMax)
        return Ticket(place: place, number: numbers)
    }

    /// When the next should leave; nil when none is wanted, or as many as allowed are in flight.
    func due(_ question: Question, now: Duration) -> Duration? {
        guard let gap = gap(question), flights.contains(where: { isFree($0, now: now) }) else { return nil }
        guard let latest else { return now }
        return max(latest + gap, now)
    }

    private func gap(_ question: Question) -> Duration? {
        switch question {
        case .nothing: areTrusted ? nil : Self.trialGap
        case .suspicion: areTrusted && sent < Self.perSuspicionMax ? Self.gap : nil
        case .recovery: Self.returnGap
        }
    }

    /// Gives a place back; nil when it was given back before, else whether it was counted as late.
    mutating func end(_ ticket: Ticket) -> Bool? {
        guard flights[ticket.place].number == ticket.number else { return nil }
        flights[ticket.place].number = 0
        return flights[ticket.place].isLate
    }

    /// How many probes have become older than `limit` since this was last asked; age counts from `start` on.
    mutating func newlyLate(now: Duration, limit: Duration, from start: Duration) -> Int {
        var count = 0
        for place in flights.indices where flights[place].number != 0 && !flights[place].isLate {
            guard now - max(flights[place].since, start) > limit else { continue }
            flights[place].isLate = true
            count += 1
        }
        return count
    }

    /// Takes in that calls flow and nothing is suspected any more.
    mutating func calmed() {
        sent = 0
        sawRed = false
    }

    /// Takes in one while calls flow.
    mutating func ended(failed: Bool, isQuiet: Bool) {
        if failed { sawRed = true }
        if !failed, isQuiet { areTrusted = true }
    }

    /// Takes in one while the breaker is open; tells whether calls should try now.
    mutating func endedWhileOpen(failed: Bool) -> Bool {
        greenInARow = failed ? 0 : greenInARow + 1
        if failed { sawRed = true }
        guard sawRed, greenInARow >= Self.greenMin else { return false }
        // Should the calls that try fail, these probes do not see what is wrong.
        sawRed = false
        return true
    }

    /// Takes in that the breaker tripped: those that helped are not believed until they prove themselves.
    mutating func tripped() {
        if sent > 0 { areTrusted = false }
        sent = 0
        greenInARow = 0
    }

    private func isFree(_ flight: Flight, now: Duration) -> Bool {
        flight.number == 0 || now - flight.since > Self.lease
    }
}
