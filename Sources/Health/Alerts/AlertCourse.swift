package import Domain

/// The way of one alert: whom it was told, when it goes on to the next, and how it ends.
///
///     firing --its step had its time--> firing, one step on
///        |  \--louder than before-----> told again to all who know of it
///        |--somebody takes it---------> taken (silent, until it becomes louder)
///        '--the incident is over------> over: all who know of it are told
///
/// A value: the same inputs at the same instants lead to the same messages. Asked again after a long pause (a restart)
/// it takes one step, not all that were missed.
package struct AlertCourse: Hashable, Sendable {
    /// Where it stands; raw values are for documents.
    package enum Stage: String, CaseIterable, Hashable, Sendable {
        case firing
        /// Somebody said that they are at it.
        case taken
        case over
    }

    /// Why a step is told; raw values are for documents.
    package enum Occasion: String, CaseIterable, Hashable, Sendable {
        /// It began.
        case began
        /// The step before did not take it.
        case escalated
        /// It is louder than before.
        case louder
        /// Nobody took it for long: the last step is told again.
        case reminded
        /// It is over.
        case over
    }

    /// What is to be sent: to the channels of a step of the plan, for an occasion.
    package struct Telling: Hashable, Sendable {
        /// The step's number, from 0.
        package let step: Int
        /// Why.
        package let occasion: Occasion

        /// Names the step and the occasion.
        package init(step: Int, occasion: Occasion) {
            self.step = step
            self.occasion = occasion
        }
    }

    /// The last step is told again this often at most.
    package static let remindersMax = 24
    /// The time between two reminders on a calm day.
    package static let remindAfter = Duration.seconds(3_600)

    /// Longer ago than any delay.
    private static let farBack = Duration.seconds(366 * 86_400)

    /// Where it stands.
    package private(set) var stage = Stage.firing
    /// How loud it is.
    package private(set) var level: AlertLevel
    /// The steps that were told.
    package private(set) var told: Int
    /// The reminders that were sent.
    package private(set) var reminders: Int
    /// When the latest step was told; nil before the first.
    package private(set) var toldAt: Instant?

    /// Begins; nothing is told before `advance`.
    package init(level: AlertLevel) {
        self.init(stage: .firing, level: level, told: 0, reminders: 0, toldAt: nil)
    }

    /// Goes on from what was stored.
    package init(stage: Stage, level: AlertLevel, told: Int, reminders: Int, toldAt: Instant?) {
        self.stage = stage
        self.level = level
        self.told = told
        self.reminders = reminders
        self.toldAt = toldAt
    }

    /// Does what time does: the first step at once, the next when the one before had its time.
    ///
    /// - Parameter untilNext: from now to the next timeline item of the weddings concerned; nil when there is none.
    package mutating func advance(_ plan: EscalationPlan, now: Instant, untilNext: Duration?) -> [Telling] {
        guard stage == .firing else { return [] }
        guard let toldAt else {
            guard let first = next(plan) else { return [] }
            return tell(first, .began, now)
        }
        let waited = now - toldAt
        if let step = next(plan) {
            guard waited >= EscalationPlan.delay(plan.steps[step].after, untilNext: untilNext) else {
                return []
            }
            return tell(step, .escalated, now)
        }
        let isDue = waited >= EscalationPlan.delay(Self.remindAfter, untilNext: untilNext)
        guard level >= .high, isDue, reminders < Self.remindersMax, told > 0 else { return [] }
        reminders += 1
        self.toldAt = now
        return [Telling(step: min(told, plan.steps.count) - 1, occasion: .reminded)].filter { $0.step >= 0 }
    }

    /// Takes in how loud it is now.
    ///
    /// Louder tells all who know of it, and fires again when somebody had taken it; quieter tells nobody.
    package mutating func became(_ level: AlertLevel, _ plan: EscalationPlan, now: Instant) -> [Telling] {
        guard stage != .over, level != self.level else { return [] }
        let isLouder = level > self.level
        self.level = level
        guard isLouder, told > 0 else { return [] }
        stage = .firing
        toldAt = now
        return knowing(plan, .louder)
    }

    /// Takes in that nobody of the latest step could be told: the next one is told at once.
    package mutating func wasUnheard() {
        guard stage == .firing, let toldAt else { return }
        self.toldAt = toldAt - Self.farBack
    }

    /// Somebody is at it; false when it is over.
    package mutating func take() -> Bool {
        guard stage != .over else { return false }
        stage = .taken
        return true
    }

    /// The incident is over.
    package mutating func end(_ plan: EscalationPlan) -> [Telling] {
        guard stage != .over else { return [] }
        stage = .over
        return knowing(plan, .over)
    }

    /// The next step that such a loud alert comes to.
    private func next(_ plan: EscalationPlan) -> Int? {
        plan.steps.indices.dropFirst(told).first { plan.steps[$0].from <= level }
    }

    private mutating func tell(_ step: Int, _ occasion: Occasion, _ now: Instant) -> [Telling] {
        told = step + 1
        toldAt = now
        return [Telling(step: step, occasion: occasion)]
    }

    /// All steps that were told, as far as the plan still has them.
    private func knowing(_ plan: EscalationPlan, _ occasion: Occasion) -> [Telling] {
        plan.steps.indices.prefix(told).filter { plan.steps[$0].from <= level || occasion == .over }
            .map { Telling(step: $0, occasion: occasion) }
    }
}
