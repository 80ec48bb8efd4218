/// When a wedding's phases turn and its timeline items begin, as instants: no zone is asked any more.
///
/// Made once for each state of a wedding; every question costs a few comparisons, so it is fit for hot paths.
package struct WeddingClock: Hashable, Sendable {
    /// How long before an item begins its nearness raises priorities; see `PriorityRule`.
    package static let nearness = Duration.seconds(3_600)
    /// When the day ends, after midnight of the next date as clocks show it.
    package static let dayEndsSeconds = 4 * 3_600
    /// How many days before the date the final week begins.
    package static let finalWeekDays = 7

    /// When the final week begins.
    package let finalWeek: Instant
    /// When the eve begins.
    package let eve: Instant
    /// When the day begins.
    package let day: Instant
    /// When it is over.
    package let after: Instant
    /// When the items of the timeline begin, in order.
    package let starts: [Instant]
    /// Every instant at which a priority can change: a phase turns, an item comes near, or it begins; in order.
    package let turns: [Instant]

    /// Computes the turns of a date in a zone.
    package init(date: CivilDate, zone: ZoneRules, starts: [Instant] = []) {
        func midnight(_ days: Int, _ seconds: Int = 0) -> Instant {
            zone.instant(LocalTime(date.adding(days: days), secondsOfDay: seconds))
        }
        finalWeek = midnight(-Self.finalWeekDays)
        eve = midnight(-1)
        day = midnight(0)
        after = midnight(1, Self.dayEndsSeconds)
        self.starts = starts.sorted()
        let items = starts.flatMap { [$0 - Self.nearness, $0] }
        turns = Set([finalWeek, eve, day, after] + items).sorted()
    }

    /// The phase at an instant; each begins with its first microsecond.
    package func phase(at now: Instant) -> Phase {
        if now < finalWeek { return .planning }
        if now < eve { return .finalWeek }
        if now < day { return .eve }
        return now < after ? .day : .after
    }

    /// When the next item begins, after `now`; nil when none does any more.
    package func nextStart(after now: Instant) -> Instant? {
        starts.first { $0 > now }
    }

    /// Phase and next item at an instant.
    package func moment(at now: Instant) -> WeddingMoment {
        WeddingMoment(now: now, phase: phase(at: now), nextStart: nextStart(after: now))
    }

    /// The next of `turns`; nil when nothing will change any more.
    package func nextTurn(after now: Instant) -> Instant? {
        turns.first { $0 > now }
    }
}

/// What priorities and retries need to know of a wedding at one instant.
package struct WeddingMoment: Hashable, Sendable {
    /// When.
    package let now: Instant
    /// The phase.
    package let phase: Phase
    /// When the next item of the timeline begins; nil when none does any more.
    package let nextStart: Instant?

    /// Collects what is known.
    package init(now: Instant, phase: Phase, nextStart: Instant?) {
        self.now = now
        self.phase = phase
        self.nextStart = nextStart
    }

    /// The time until the next item begins.
    package var untilNext: Duration? { nextStart.map { $0 - now } }

    /// Whole minutes until the next item begins, rounded up, so that 0 means: it has begun.
    package var minutesUntilNext: Int? {
        untilNext.map { Int(($0.microseconds + 59_999_999) / 60_000_000) }
    }

    /// Whether an item begins within the hour.
    package var isItemNear: Bool { untilNext.map { $0 <= WeddingClock.nearness } ?? false }
}
