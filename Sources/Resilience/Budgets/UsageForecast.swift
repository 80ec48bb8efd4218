package import Domain

/// What a limit is usually used for by the hours of the week, and how far it will reach.
///
/// For each of the 168 hours of the UTC week it keeps the calls of such an hour, the newest week for `weight` (0.25);
/// the first one counts whole. An hour not seen yet is expected to be like the mean of those that were.
///
/// | calls in four Saturdays' hour 15 | 100 | 100 | 200 | 200 |
/// |---|---|---|---|---|
/// | expected then | 100 | 100 | 125 | 143.75 |
package struct UsageForecast: Hashable, Sendable {
    /// How far a limit reaches in a time.
    package struct Outlook: Hashable, Sendable {
        /// The calls usual in that time.
        package let usual: Double
        /// The calls held for weddings in that time.
        package let reserved: Double
        /// The calls the limit lets through in that time, less what was used of the window it begins in.
        package let capacity: Double
        /// When usual and reserved calls are more than the limit lets through; nil is not in that time.
        package let runsOutAt: Instant?

        /// What is left over; negative when it does not reach.
        package var left: Double { capacity - usual - reserved }
    }

    /// Hours in a week.
    package static let hoursOfWeek = 168
    /// What the newest week counts for.
    package static let weight = 0.25
    /// The longest time that is looked at.
    package static let spanMax = Duration.seconds(31 * 86_400)

    private var usual = [Double?](repeating: nil, count: hoursOfWeek)
    private var hour: Int64?
    private var calls = 0.0

    /// Knows nothing.
    package init() {}

    /// Takes in that `calls` were made at about `now`; zero says that somebody watched.
    ///
    /// A clock that goes back adds to the hour it has left.
    package mutating func record(_ calls: Int, at now: Instant) {
        let current = Self.hour(now)
        if let hour, current > hour {
            learn(hour, self.calls)
            // Nobody watched the hours between, unless it is the next one.
            self.calls = 0
        }
        hour = max(current, hour ?? current)
        self.calls += Double(max(calls, 0))
    }

    /// The usual calls an hour at this time of the week; nil before anything was learned.
    package func usualPerHour(at now: Instant) -> Double? {
        if let value = usual[Self.index(Self.hour(now))] { return value }
        let known = usual.compactMap(\.self)
        return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
    }

    /// How far a limit reaches from `start` to `end`, which is at most `spanMax` later.
    ///
    /// - Parameters:
    ///   - kind: the limit; nil for one that counts places, which do not run out.
    ///   - used: the calls of the window that holds `start`, so far.
    ///   - reservations: what is held, with what is left of each.
    package func outlook(
        from start: Instant,
        to end: Instant,
        kind: LimitKind,
        used: Int,
        reservations: [(reservation: Reservation, left: Int)] = []
    ) -> Outlook? {
        let end = min(end, start + Self.spanMax)
        guard start < end, var supply = Supply(kind, used: used) else { return nil }
        var (usual, reserved, capacity) = (0.0, 0.0, 0.0)
        var runsOutAt: Instant?
        var time = start
        while time < end {
            let next = min(end, Instant(seconds: (Self.hour(time) + 1) * 3_600), supply.boundary(after: time))
            let seconds = (next - time).inSeconds
            let own = (usualPerHour(at: time) ?? 0) * seconds / 3_600
            let held = reservations.reduce(0.0) {
                $0 + Self.part($1.reservation, $1.left, time, next, from: start)
            }
            usual += own
            reserved += held
            let step = supply.use(own + held, from: time, to: next)
            capacity += step.added
            if let short = step.shortAfter, runsOutAt == nil {
                runsOutAt = time + Duration(fractionalSeconds: short)
            }
            time = next
        }
        return Outlook(usual: usual, reserved: reserved, capacity: capacity, runsOutAt: runsOutAt)
    }

    /// What to write down: 168 numbers or nulls.
    package var json: JSONValue {
        .array(usual.map { $0.map(JSONValue.fraction) ?? .null })
    }

    /// Goes on with what was written down; what cannot be read is not known.
    package init(json: JSONValue) {
        for (index, value) in (json.array ?? []).prefix(Self.hoursOfWeek).enumerated() {
            if let calls = value.double, calls >= 0, calls.isFinite { usual[index] = calls }
        }
    }

    private mutating func learn(_ hour: Int64, _ calls: Double) {
        let index = Self.index(hour)
        usual[index] = usual[index].map { $0 + Self.weight * (calls - $0) } ?? calls
    }

    /// The calls of a reservation expected between two times: what is left of it, evenly over what is left of its time.
    private static func part(
        _ reservation: Reservation,
        _ left: Int,
        _ from: Instant,
        _ to: Instant,
        from start: Instant
    ) -> Double {
        let begin = max(reservation.from, start)
        let overlap = (min(to, reservation.to) - max(from, begin)).inSeconds
        let whole = (reservation.to - begin).inSeconds
        return overlap > 0 && whole > 0 ? Double(left) * overlap / whole : 0
    }

    private static func hour(_ instant: Instant) -> Int64 {
        let seconds = instant.seconds
        return seconds / 3_600 - (seconds % 3_600 < 0 ? 1 : 0)
    }

    private static func index(_ hour: Int64) -> Int {
        let remainder = Int(hour % Int64(hoursOfWeek))
        return remainder < 0 ? remainder + hoursOfWeek : remainder
    }
}

/// What a limit lets through while time goes on.
private struct Supply {
    /// Calls a second, for limits that come round within the hour.
    private let rate: Double?
    /// A longer window's calls and length.
    private let count: Double
    private let length: Int64
    private var left: Double
    private var isFirst = true

    init?(_ kind: LimitKind, used: Int) {
        switch kind {
        case .concurrency: return nil
        case .tokenBucket(let rate, _):
            (self.rate, count, length, left) = (rate, 0, 0, 0)
        case .fixedWindow(let count, let length):
            let seconds = max(length.inSeconds, 0.001)
            rate = seconds < 3_600 ? Double(count) / seconds : nil
            self.count = Double(count)
            self.length = Int64(seconds)
            left = Double(max(0, count - used))
        }
    }

    func boundary(after time: Instant) -> Instant {
        guard rate == nil else { return Instant(microseconds: .max) }
        return Instant(seconds: (time.seconds / length + 1) * length)
    }

    /// Uses calls evenly between two times; what came free in it, and after how many seconds it was not enough.
    mutating func use(_ calls: Double, from: Instant, to: Instant) -> (added: Double, shortAfter: Double?) {
        let seconds = (to - from).inSeconds
        if let rate { return (rate * seconds, calls > rate * seconds ? 0 : nil) }
        var added = 0.0
        if isFirst {
            added = left
        } else if from.microseconds % (length * 1_000_000) == 0 {
            left = count
            added = count
        }
        isFirst = false
        defer { left = max(0, left - calls) }
        return (added, calls > left ? seconds * left / calls : nil)
    }
}
