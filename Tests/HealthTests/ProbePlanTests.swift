import Domain
import Health
import Resilience
import Testing

struct ProbePlanTests {
    /// The seconds at which probes were sent in so many seconds, asked ten times a second.
    private func probes(
        _ state: HealthState,
        health: IntegrationHealth = IntegrationHealth(),
        floor: Duration = .seconds(2),
        seconds: Int
    ) -> Int {
        var plan = ProbePlan(now: .zero, jitter: 0)
        plan.saw(state, floor: floor, now: .zero, jitter: 0.5)
        return (0..<(seconds * 10)).count { step in
            plan.due(health, floor: floor, now: .milliseconds(step * 100), jitter: 0.5)
        }
    }

    @Test(arguments: [
        (HealthState.healthy, 600, 10...11), (.unknown, 600, 10...11), (.degraded, 60, 12...13),
        (.unhealthy, 60, 12...13), (.down, 64, 8...9),
    ])
    func `the worse it does the more often it is probed`(
        _ state: HealthState,
        _ seconds: Int,
        _ count: ClosedRange<Int>
    ) {
        #expect(count.contains(probes(state, seconds: seconds)))
    }

    @Test func `calls that flow make probes needless, suspicion makes them needed`() {
        let busy = IntegrationHealth(state: .healthy, recentCalls: ProbePlan.callsEnough)
        #expect(probes(.healthy, health: busy, seconds: 600) == 0)
        let suspected = IntegrationHealth(state: .healthy, isWatched: true, recentCalls: 50)
        #expect(probes(.healthy, health: suspected, seconds: 60) >= 12)
    }

    @Test func `no trouble brings more probes than the share of its limits allows`() {
        #expect(probes(.down, floor: .seconds(300), seconds: 900) == 3)
        var plan = ProbePlan(now: .zero, jitter: 0)
        let health = IntegrationHealth()
        let isFirst = plan.due(health, floor: .seconds(300), now: .zero, jitter: 0.5)
        #expect(isFirst)
        for second in 1..<300 {
            plan.saw(
                second.isMultiple(of: 2) ? .down : .healthy,
                floor: .seconds(300),
                now: .seconds(second),
                jitter: 0
            )
            plan.expectCalls(floor: .seconds(300), now: .seconds(second))
            let isDue = plan.due(health, floor: .seconds(300), now: .seconds(second), jitter: 0)
            #expect(!isDue)
        }
    }

    @Test func `one that calls may soon go to is kept warm`() {
        var plan = ProbePlan(now: .zero, jitter: 0)
        let count = (0..<30).count { second in
            plan.expectCalls(floor: .seconds(2), now: .seconds(second))
            return plan.due(IntegrationHealth(), floor: .seconds(2), now: .seconds(second), jitter: 0.5)
        }
        #expect(count == 10)
    }
}
