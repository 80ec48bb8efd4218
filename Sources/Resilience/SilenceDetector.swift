package import Domain

/// Tells when a source has been silent for longer than chance explains, by the hours in which it usually sends.
///
///     watching -heard-> watching (expected = 0)
///     watching -advance-> watching (expected grows with the usual rate) -…-> quiet -heard-> watching
///
/// For each of the 168 hours of the UTC week it keeps how many events came in it and for how many hours it was
/// watched; both are multiplied by `keep` (0.75) for each week that passes. An hour of the week then has the usual
/// rate `events / hours`. Under a Poisson process the chance of no event while `expected` were due is
/// exp(-expected), and `expected` is summed up while time passes, hour by hour, from rates made careful twice:
/// `events / (hours + 1)`, as if one empty hour had been seen besides, and the least rate of an hour and its two
/// neighbours, because a day's traffic seldom begins on the hour and clocks move by one in spring and autumn.
///
/// | usual rate | weeks seen | quiet after (expected ≥ ln 10 000 = 9.21) |
/// |---|---|---|
/// | 30/h day and night | 1 | 53 min |
/// | 30/h day and night | 10 | 26 min |
/// | 1/h day and night | 10 | 14 h |
/// | 60/h from 9:00 to 17:00, else 0 | 10 | at night never; by day 13 min, and after 17:00 the next day at 10:13 |
/// | an hour of the week not seen yet | | it expects nothing |
///
/// A source that has gone for good stays quiet until less than `learnedMin` events are remembered.
///
/// Time in which nobody watched (the process was down, the machine slept) is neither learned nor held against the
/// source.
package struct SilenceDetector: Sendable {
    /// What was learned of one hour of the week.
    package struct Hour: Hashable, Sendable {
        /// The week it was last entered in, counted from 1970.
        package var week: Int64
        /// Events in it, the older the less.
        package var events: Double
        /// Hours it was watched for, the older the less; at most 1 / (1 - `keep`).
        package var hours: Double

        /// What was learned.
        package init(week: Int64, events: Double, hours: Double) {
            self.week = week
            self.events = events
            self.hours = hours
        }
    }

    /// A silence that chance does not explain.
    package struct Silence: Hashable, Sendable {
        /// How many events the usual rate has let expect since.
        package let expected: Double
        /// When the last event came.
        package let since: Instant
    }

    /// Hours in a week.
    package static let hoursOfWeek = 168
    /// What is kept of what was learned when a week passes.
    package static let keep = 0.75
    /// How many events must be expected for silence to be an alarm: ln 10 000, a chance below 1 in 10 000.
    package static let expectedMin = 9.210_340_371_976_184
    /// How many events must have been learned.
    package static let learnedMin = 50.0
    /// A longer time between two calls was not watched.
    package static let unwatchedMin = Duration.seconds(900)

    /// By hour of the week; nil is not seen yet.
    private var week = [Hour?](repeating: nil, count: hoursOfWeek)
    private var changed: Set<Int> = []
    /// Up to when time has been watched; nil before the first call.
    private var watchedUntil: Instant?
    /// When the last event came; nil when none ever did.
    package private(set) var lastEventAt: Instant?
    /// How many events the usual rate has let expect since then.
    package private(set) var expected = 0.0

    /// Knows nothing.
    package init() {}

    /// Goes on with what was learned before.
    ///
    /// - Parameter hours: by hour of the week; others than 0 to 167 are left out.
    package init(hours: [Int: Hour], lastEventAt: Instant?, expected: Double) {
        for (index, hour) in hours where week.indices.contains(index) { week[index] = hour }
        self.lastEventAt = lastEventAt
        self.expected = expected
    }

    /// Takes in that time has passed without an event; call it at least every `unwatchedMin`.
    ///
    /// A clock that goes back teaches nothing until it has caught up.
    package mutating func advance(to now: Instant) {
        defer { watchedUntil = max(now, watchedUntil ?? now) }
        guard var instant = watchedUntil, now > instant, now - instant <= Self.unwatchedMin else { return }
        while instant < now {
            let hour = Self.hour(instant)
            let end = min(now, Instant(seconds: (hour + 1) * 3_600))
            watched(hour, for: (end - instant).inSeconds / 3_600)
            instant = end
        }
    }

    /// Takes in one event.
    package mutating func heard(at now: Instant) {
        advance(to: now)
        let hour = Self.hour(now)
        enter(hour)
        week[Self.index(hour)]?.events += 1
        expected = 0
        lastEventAt = max(now, lastEventAt ?? now)
    }

    /// The silence that chance does not explain; nil while there is none, or too little was learned to say.
    package var silence: Silence? {
        guard expected >= Self.expectedMin, let lastEventAt else { return nil }
        guard week.reduce(0, { $0 + ($1?.events ?? 0) }) >= Self.learnedMin else { return nil }
        return Silence(expected: expected, since: lastEventAt)
    }

    /// The usual number of events in an hour at this time of the week; nil when it was not watched for half an hour.
    package func usualPerHour(at now: Instant) -> Double? {
        guard let hour = week[Self.index(Self.hour(now))], hour.hours >= 0.5 else { return nil }
        return hour.events / hour.hours
    }

    /// The hours of the week that have changed since this was last asked, to be stored.
    package mutating func takeChanges() -> [(index: Int, hour: Hour)] {
        defer { changed = [] }
        return changed.sorted().compactMap { index in week[index].map { (index, $0) } }
    }

    private mutating func watched(_ hour: Int64, for hours: Double) {
        enter(hour)
        expected += carefulRate(hour) * hours
        week[Self.index(hour)]?.hours += hours
    }

    /// Lets the older weeks of an hour count less when it comes round again.
    private mutating func enter(_ hour: Int64) {
        let index = Self.index(hour)
        let now = hour.quotientRoundedDown(by: Int64(Self.hoursOfWeek))
        changed.insert(index)
        guard var learned = week[index] else {
            week[index] = Hour(week: now, events: 0, hours: 0)
            return
        }
        guard now > learned.week else { return }
        for _ in 0..<min(now - learned.week, 100) {
            learned.events *= Self.keep
            learned.hours *= Self.keep
        }
        learned.week = now
        week[index] = learned
    }

    private func carefulRate(_ hour: Int64) -> Double {
        [hour - 1, hour, hour + 1].reduce(.infinity) { least, hour in
            min(least, week[Self.index(hour)].map { $0.events / ($0.hours + 1) } ?? 0)
        }
    }

    private static func hour(_ instant: Instant) -> Int64 {
        instant.seconds.quotientRoundedDown(by: 3_600)
    }

    private static func index(_ hour: Int64) -> Int {
        let remainder = Int(hour % Int64(hoursOfWeek))
        return remainder < 0 ? remainder + hoursOfWeek : remainder
    }
}

extension Int64 {
    fileprivate func quotientRoundedDown(by divisor: Int64) -> Int64 {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }
}
