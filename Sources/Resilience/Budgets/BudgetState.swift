package import Domain

/// What is saved of a budget so that a crash gives nothing away.
///
/// The rule is *lease ahead*: a state says more is used than is, and calls go only while what is really used stays
/// within what the last saved state says. So whatever the moment of a crash, what is restored is used at least as
/// much as the provider has seen. `Budget.admission` answers `unsaved` when the lease is used up.
///
/// | limit | a state covers | a crash costs at most |
/// |---|---|---|
/// | bucket | the tokens of the next second (at least 1) | those tokens |
/// | window | what is used and a twentieth of the window (at least 1 call) | that twentieth, in this window |
/// | places | the calls in flight count as lost for one more `placesLost` | that time |
///
/// Times are wall times: after a restart the monotonic clock begins anew. A bucket is never restored emptier than
/// empty and a window never longer than two, however the clock was set meanwhile.
package struct BudgetState: Hashable, Sendable {
    /// What to write down; an object of at most `reservationsMax` + 10 members and elements.
    package let json: JSONValue
    /// What it covers, for the budget it was made from.
    let lease: Lease

    enum Lease: Hashable, Sendable {
        case bucket(fullAt: Double)
        case window(serial: Int, used: Int)
        case places
    }
}

extension Budget {
    /// For how long the places of calls that a crash cut off are taken.
    package static let placesLost = Duration.seconds(10)

    /// The state to save now.
    package mutating func state(now: ClockReading) -> BudgetState {
        advance(now)
        let time = now.seconds
        func wall(_ monotonic: Double) -> JSONValue {
            .integer((now.wall + Duration(fractionalSeconds: min(monotonic - time, 1e9))).microseconds)
        }
        var members: [JSONMember] = []
        let lease: BudgetState.Lease
        switch meter {
        case .bucket(let bucket):
            let fullAt = bucket.lease(at: time)
            lease = .bucket(fullAt: fullAt)
            members.append(JSONMember("full_at", wall(fullAt)))
            switch rates.state {
            case .none: break
            case .seeking(let rate): members.append(JSONMember("seeking", .fraction(rate)))
            case .learned(let accepted, let age):
                members.append(JSONMember("accepted", .fraction(accepted)))
                members.append(JSONMember("age", .fraction(age)))
            }
        case .window(let window):
            lease = .window(serial: window.serial, used: window.lease)
            members.append(JSONMember("used", .integer(window.lease)))
            members.append(JSONMember("turns_at", wall(window.turnsAt)))
            if let learned = windows.learned { members.append(JSONMember("learned", .integer(learned))) }
            if windows.isFull { members.append(JSONMember("full", true)) }
        case .places(let places):
            lease = .places
            members.append(JSONMember("in_flight", .integer(places.count)))
        }
        if pause.until > time { members.append(JSONMember("pause_until", wall(pause.until))) }
        let shares = holds.filter { $0.reservation.to > now.wall }.map(\.json)
        if !shares.isEmpty { members.append(JSONMember("reservations", .array(shares))) }
        return BudgetState(json: .object(members), lease: lease)
    }

    /// Takes in that a state of this budget is written down: what it covers may be used.
    package mutating func saved(_ state: BudgetState) {
        guard policy.isDurable else { return }
        switch (meter, state.lease) {
        case (.bucket(var bucket), .bucket(let fullAt)):
            bucket.cover(to: max(bucket.coveredTo, fullAt))
            meter = .bucket(bucket)
        case (.window(var window), .window(let serial, let used)) where serial == window.serial:
            window.cover(to: max(window.coveredTo, used))
            meter = .window(window)
        default: break
        }
    }

    /// Whether less than half of what was saved is left, so that saving now spares a wait.
    package func wantsSave(now: ClockReading) -> Bool {
        guard policy.isDurable else { return false }
        switch meter {
        case .bucket(let bucket):
            return bucket.coveredTo < max(bucket.fullAt, now.seconds) + max(0.5, bucket.interval)
        case .window(let window):
            return window.coveredTo - window.used < max(1, window.count / 40)
        case .places: return false
        }
    }

    /// Makes the budget that belongs to a saved state.
    ///
    /// A state that cannot be read counts as everything used: an empty bucket, a full window.
    ///
    /// - Parameter state: what `BudgetState.json` was; nil when there never was any.
    package init(_ kind: LimitKind?, policy: Policy = Policy(), state: JSONValue?, now: ClockReading) {
        self.init(kind, policy: policy, now: now)
        guard let state else { return }
        let time = now.seconds
        func monotonic(_ name: String) -> Double? {
            state[name]?.int64.map { time + (Instant(microseconds: $0) - now.wall).inSeconds }
        }
        restoreLimits(told: state)
        switch meter {
        case .bucket(var bucket):
            let rate = rates.rate(ceiling: ceiling.rate, punishes: policy.punishes)
            bucket.change(rate: rate, burst: bucket.burst, at: time)
            let empty = time + bucket.burst * bucket.interval
            bucket.restore(fullAt: min(max(monotonic("full_at") ?? empty, time), empty))
            meter = .bucket(bucket)
        case .window(var window):
            if let used = state["used"]?.int64, let turnsAt = monotonic("turns_at") {
                let isOver = turnsAt <= time
                if !isOver {
                    window.restore(used: Int(clamping: used), turnsAt: min(turnsAt, time + 2 * window.length))
                }
                if let learned = state["learned"]?.int64 { windows.restore(learned: Int(clamping: learned)) }
                if state["full"]?.bool == true, !isOver {
                    window.restore(used: .max, turnsAt: window.turnsAt)
                }
            } else {
                window.restore(used: .max, turnsAt: window.turnsAt)
            }
            meter = .window(window)
        case .places(var places):
            let calls = state["in_flight"]?.int64.map { Int(clamping: $0) } ?? places.count
            places.lose(calls, until: time + Self.placesLost.inSeconds)
            meter = .places(places)
        }
        if let until = monotonic("pause_until") {
            pause.restore(until: min(until, time + Self.waitMax.inSeconds))
        }
        let shares = state["reservations"]?.array?.prefix(Self.reservationsMax) ?? []
        holds = shares.compactMap { Hold($0, time: time) }
        if policy.isDurable { cover(nothingAt: time) }
    }

    /// Takes over what had been learned of the rate.
    private mutating func restoreLimits(told state: JSONValue) {
        if let accepted = state["accepted"]?.double, accepted > 0, let age = state["age"]?.double {
            rates.restore(accepted: accepted, age: age)
        } else if let rate = state["seeking"]?.double, rate > 0, case .seeking = rates.state {
            rates.restore(seeking: rate)
        }
    }

    /// Lets no call go before the first save.
    mutating func cover(nothingAt time: Double) {
        switch meter {
        case .bucket(var bucket):
            bucket.cover(to: min(bucket.fullAt, time))
            meter = .bucket(bucket)
        case .window(var window):
            window.cover(to: 0)
            meter = .window(window)
        case .places: break
        }
    }
}

extension Hold {
    var json: JSONValue {
        [
            "wedding": .string(reservation.wedding.text),
            "quota": .integer(reservation.quota),
            "left": .integer(left),
            "from": .integer(reservation.from.microseconds),
            "to": .integer(reservation.to.microseconds),
        ]
    }

    init?(_ json: JSONValue, time: Double) {
        guard let wedding = json["wedding"]?.string.flatMap(WeddingID.init),
            let quota = json["quota"]?.int64, let left = json["left"]?.int64, quota > 0,
            let from = json["from"]?.int64, let to = json["to"]?.int64, from < to
        else { return nil }
        let reservation = Reservation(
            wedding: wedding,
            quota: Int(clamping: quota),
            from: Instant(microseconds: from),
            to: Instant(microseconds: to)
        )
        self.init(reservation, left: Int(clamping: min(max(left, 0), quota)), time: time)
    }
}
