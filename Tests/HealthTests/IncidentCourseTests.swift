import Domain
import Health
import Providers
import Resilience
import Testing

struct IncidentCourseTests {
    @Test(arguments: [HealthState.unhealthy, .down])
    func `bad trouble is an incident at once`(_ state: HealthState) {
        var course = IncidentCourse()
        course.expect(state, counts: true, now: .seconds(1), .open)
        #expect(course.isOpen)
    }

    @Test func `what is degraded is an incident after a while, and only when it stays so`() {
        var course = IncidentCourse()
        course.expect(.degraded, counts: true, now: .seconds(0), .none)
        course.expect(.healthy, counts: true, now: .seconds(5), .none)
        course.expect(.degraded, counts: true, now: .seconds(6), .none)
        course.expect(.degraded, counts: true, now: .seconds(15), .none)
        course.expect(.degraded, counts: true, now: .seconds(16), .open)
    }

    @Test func `trouble that does not count opens nothing, and keeps open what is open`() {
        var course = IncidentCourse()
        course.expect(.down, counts: false, now: .zero, .none)
        course.expect(.down, counts: true, now: .zero, .open)
        course.expect(.down, counts: false, now: .seconds(3_600), .none)
        #expect(course.isOpen)
    }

    @Test func `it closes when all was well without a break for long enough`() {
        var course = IncidentCourse(open: .down)
        course.expect(.healthy, counts: false, now: .seconds(0), .changed(from: .down))
        course.expect(.degraded, counts: true, now: .seconds(29), .changed(from: .healthy))
        course.expect(.healthy, counts: false, now: .seconds(30), .changed(from: .degraded))
        course.expect(.healthy, counts: false, now: .seconds(59), .none)
        course.expect(.healthy, counts: false, now: .seconds(60), .close)
        #expect(!course.isOpen)
    }

    @Test func `what nothing is heard of is let go much later`() {
        var course = IncidentCourse(open: .down)
        course.expect(.unknown, counts: false, now: .seconds(0), .changed(from: .down))
        course.expect(.unknown, counts: false, now: .seconds(899), .none)
        course.expect(.unknown, counts: false, now: .seconds(900), .forget)
    }

    @Test func `the summary says who took over, what is open, and that nobody was charged twice`() throws {
        var figures = IncidentFigures(beingChecked: 2, hasPayments: true)
        figures.taken = [
            .init(capability: .payments, integration: try #require(ResourceName("square")), count: 41)
        ]
        let openedAt = try #require(Instant("2026-06-20T14:02:40Z"))
        var summary = IncidentSummary(title: "Stripe", trouble: "slow", openedAt: openedAt, figures: figures)
        #expect(
            summary.sentence(now: openedAt + .seconds(60))
                == "Stripe slow since 14:02 UTC; 41 payments taken by square; 2 being checked; nobody charged twice"
        )
        summary.closedAt = openedAt + .seconds(540)
        summary.figures = IncidentFigures(twice: 1, hasPayments: true)
        #expect(
            summary.sentence(now: openedAt + .seconds(86_400))
                == "Stripe slow from 2026-06-20 14:02 UTC to 2026-06-20 14:11 UTC (9 min); "
                + "1 charged twice and being given back"
        )
    }
}

extension IncidentCourse {
    /// Sees a state and expects what is to be written down of it.
    fileprivate mutating func expect(
        _ state: HealthState,
        counts: Bool,
        now: Duration,
        _ expected: Action,
        _ place: SourceLocation = #_sourceLocation
    ) {
        let action = saw(state, counts: counts, now: now)
        #expect(action == expected, sourceLocation: place)
    }
}
