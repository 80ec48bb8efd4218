package import Domain

/// Who is told of an alert, and whom next when nobody takes it.
package struct EscalationPlan: Hashable, Sendable {
    /// One step of it.
    package struct Step: Hashable, Sendable {
        /// The channels told, by name.
        package let channels: [ResourceName]
        /// Quieter alerts do not come this far.
        package let from: AlertLevel
        /// How long after the alert's begin it is told, on a calm day; the first step is told at once.
        package let after: Duration

        /// Makes a step.
        package init(channels: [ResourceName], from: AlertLevel = .info, after: Duration = .seconds(900)) {
            self.channels = channels
            self.from = from
            self.after = after
        }
    }

    /// The most steps.
    package static let stepsMax = 8
    /// The most channels of one step.
    package static let channelsMax = 20
    /// No step is given less time than this, however near the next item is.
    package static let delayMin = Duration.seconds(60)
    /// The next timeline item shortens delays from this distance on.
    package static let nearness = Duration.seconds(4 * 3_600)

    /// The steps, in order; none tells nobody.
    package let steps: [Step]

    /// Makes a plan.
    package init(steps: [Step] = []) {
        precondition(steps.count <= Self.stepsMax, "a plan has at most \(Self.stepsMax) steps")
        self.steps = steps
    }

    /// The plan in which every channel is told when it says: one step for all that say the same.
    ///
    /// Channels beyond `stepsMax` different times, or beyond `channelsMax` of one, are left out; the configuration
    /// refuses so many.
    package init(_ channels: [AlertChannel]) {
        struct Moment: Hashable {
            let after: Duration
            let from: AlertLevel
        }
        let groups = Dictionary(grouping: channels) { Moment(after: $0.after, from: $0.from) }
        let steps = groups.sorted { ($0.key.after, $0.key.from) < ($1.key.after, $1.key.from) }.map {
            moment,
            channels in
            Step(
                channels: channels.map(\.name).sorted().prefix(Self.channelsMax).map { $0 },
                from: moment.from,
                after: moment.after
            )
        }
        self.init(steps: Array(steps.prefix(Self.stepsMax)))
    }

    /// How long the step before `step` has, on a calm day.
    func pause(before step: Int, after told: Int) -> Duration {
        let earlier = told > 0 && told <= steps.count ? steps[told - 1].after : .zero
        return max(steps[step].after - earlier, .zero)
    }

    /// How long a step has, when the next timeline item is `untilNext` away; nil is no item in sight.
    ///
    /// `after × untilNext / 4 h`, within 1 min and `after`:
    ///
    /// | to the next item | of 15 min | of 1 h |
    /// |---|---|---|
    /// | none, or 4 h and more | 15 min | 1 h |
    /// | 2 h | 7 min 30 s | 30 min |
    /// | 1 h | 3 min 45 s | 15 min |
    /// | 30 min | 1 min 52.5 s | 7 min 30 s |
    /// | 16 min | 1 min | 4 min |
    /// | now | 1 min | 1 min |
    package static func delay(_ after: Duration, untilNext: Duration?) -> Duration {
        guard let untilNext, untilNext < nearness else { return after }
        guard after > delayMin else { return after }
        let share = max(untilNext, .zero).inSeconds / nearness.inSeconds
        return max(delayMin, .microseconds(Int64(after.inSeconds * share * 1_000_000)))
    }
}
