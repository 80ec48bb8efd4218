import Domain
import Testing

@Suite struct PriorityRuleTests {
    private static let now = Instant(seconds: 1_781_971_200)

    private func moment(_ phase: Phase, next seconds: Int64?) -> WeddingMoment {
        WeddingMoment(now: Self.now, phase: phase, nextStart: seconds.map { Self.now + .seconds($0) })
    }

    /// The table of `PriorityRule`: own critical, high, normal, low.
    @Test(arguments: [
        (Phase.planning, Int64?.none, "critical high normal low"),
        (.planning, 3_601, "critical high normal low"), (.planning, 3_600, "critical high high low"),
        (.after, nil, "critical high normal low"), (.after, 60, "critical high high low"),
        (.finalWeek, nil, "critical high high low"), (.finalWeek, 3_600, "critical critical critical normal"),
        (.eve, 7_200, "critical critical high normal"), (.eve, 60, "critical critical critical normal"),
        (.day, nil, "critical critical critical normal"), (.day, 60, "critical critical critical normal"),
    ])
    func `follows its table`(phase: Phase, next: Int64?, row: String) {
        let priorities = Priority.allCases.map {
            PriorityRule.priority(of: $0, moment(phase, next: next)).name
        }
        #expect(priorities.joined(separator: " ") == row)
    }

    @Test(arguments: Priority.allCases)
    func `without a wedding, an event's own priority holds`(own: Priority) {
        #expect(PriorityRule.priority(of: own, nil) == own)
    }

    @Test func `a wedding never makes anything less urgent`() {
        for phase in Phase.allCases {
            for own in Priority.allCases {
                for next in [nil, Int64(1), 100_000] {
                    #expect(PriorityRule.priority(of: own, moment(phase, next: next)) <= own)
                }
            }
        }
    }

    @Test(arguments: [(Priority.critical, Int64(60)), (.high, 300), (.normal, 3_600), (.low, 86_400)])
    func `a deadline is as far as the priority allows, and not after the next item`(
        priority: Priority,
        seconds: Int64
    ) {
        let usual = Self.now + .seconds(seconds)
        #expect(PriorityRule.deadline(priority, queuedAt: Self.now, nil) == usual)
        #expect(PriorityRule.deadline(priority, queuedAt: Self.now, moment(.day, next: 90_000)) == usual)
        #expect(
            PriorityRule.deadline(priority, queuedAt: Self.now, moment(.day, next: 30))
                == Self.now + .seconds(30)
        )
    }

    /// The table of `RetryBound`.
    @Test(arguments: [
        (Int64(172_800), Int64(43_200)), (14_400, 3_600), (3_600, 900), (600, 150), (121, 30), (120, 30),
        (1, 30),
    ])
    func `a retry waits at most a quarter of the time left, and never less than the floor`(
        left: Int64,
        longest: Int64
    ) throws {
        let bound = try #require(RetryBound.longest(moment(.day, next: left)))
        #expect(bound.microseconds / 1_000_000 == longest)
        #expect(RetryBound.bounded(.seconds(100_000), moment(.day, next: left)) == bound)
        #expect(RetryBound.bounded(.seconds(1), moment(.day, next: left)) == .seconds(1))
    }

    @Test func `without an item ahead a retry is not bounded`() {
        #expect(RetryBound.longest(nil) == nil)
        #expect(RetryBound.bounded(.seconds(43_200), moment(.day, next: nil)) == .seconds(43_200))
    }
}
