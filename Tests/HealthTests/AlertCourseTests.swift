import Domain
import Health
import Resilience
import Testing

struct AlertCourseTests {
    private static let start = Instant(seconds: 1_800_000_000)
    private let plan: EscalationPlan

    init() throws {
        plan = EscalationPlan(steps: [
            EscalationPlan.Step(channels: [try #require(ResourceName("ops"))]),
            EscalationPlan.Step(
                channels: [try #require(ResourceName("chief"))],
                from: .high,
                after: .seconds(900)
            ),
        ])
    }

    private func at(_ seconds: Int64) -> Instant { Self.start + .seconds(seconds) }

    @Test func `the first step is told at once, and once`() {
        var course = AlertCourse(level: .warning)
        #expect(course.advance(plan, now: at(0), untilNext: nil) == [.init(step: 0, occasion: .began)])
        #expect(course.advance(plan, now: at(1), untilNext: nil) == [])
    }

    @Test func `a loud one goes on when nobody took it, a quiet one stays`() {
        for (level, expected) in [
            (AlertLevel.high, [AlertCourse.Telling(step: 1, occasion: .escalated)]), (.warning, []),
        ] {
            var course = AlertCourse(level: level)
            _ = course.advance(plan, now: at(0), untilNext: nil)
            #expect(course.advance(plan, now: at(899), untilNext: nil) == [])
            #expect(course.advance(plan, now: at(900), untilNext: nil) == expected)
        }
    }

    @Test func `delays shrink as the next item nears`() {
        var course = AlertCourse(level: .critical)
        _ = course.advance(plan, now: at(0), untilNext: .seconds(3_600))
        #expect(course.advance(plan, now: at(200), untilNext: .seconds(3_400)) == [])
        #expect(
            course.advance(plan, now: at(225), untilNext: .seconds(3_375)) == [
                .init(step: 1, occasion: .escalated)
            ]
        )
    }

    @Test(
        arguments: [
            (nil, 900), (14_400, 900), (7_200, 450), (3_600, 225), (960, 60), (0, 60), (-60, 60),
        ] as [(Int64?, Int64)]
    )
    func `a step of 15 min has this long`(_ untilNext: Int64?, _ expected: Int64) {
        #expect(
            EscalationPlan.delay(.seconds(900), untilNext: untilNext.map { .seconds($0) })
                == .seconds(expected)
        )
    }

    @Test func `a delay under the least is left as it is`() {
        #expect(EscalationPlan.delay(.seconds(20), untilNext: .zero) == .seconds(20))
    }

    @Test func `who takes it stops it, until it becomes louder`() {
        var course = AlertCourse(level: .warning)
        _ = course.advance(plan, now: at(0), untilNext: nil)
        #expect(course.take() == true)
        #expect(course.advance(plan, now: at(9_000), untilNext: nil) == [])
        #expect(course.became(.critical, plan, now: at(9_001)) == [.init(step: 0, occasion: .louder)])
        #expect(course.stage == .firing)
        #expect(
            course.advance(plan, now: at(9_901), untilNext: nil) == [.init(step: 1, occasion: .escalated)]
        )
    }

    @Test func `quieter tells nobody`() {
        var course = AlertCourse(level: .critical)
        _ = course.advance(plan, now: at(0), untilNext: nil)
        #expect(course.became(.info, plan, now: at(5)) == [])
        #expect(course.level == .info)
    }

    @Test func `its end is told to all who know of it, once`() {
        var course = AlertCourse(level: .critical)
        _ = course.advance(plan, now: at(0), untilNext: nil)
        _ = course.advance(plan, now: at(900), untilNext: nil)
        _ = course.became(.info, plan, now: at(901))
        #expect(course.end(plan) == [.init(step: 0, occasion: .over), .init(step: 1, occasion: .over)])
        #expect(course.end(plan) == [])
        #expect(course.take() == false)
    }

    @Test func `nobody who was not told hears of its end`() {
        var course = AlertCourse(level: .info)
        #expect(course.end(plan) == [])
    }

    @Test func `the last step is reminded, a bounded number of times`() {
        var course = AlertCourse(level: .critical)
        var reminders = 0
        for hour in 0..<100 {
            reminders += course.advance(plan, now: at(Int64(hour) * 3_600), untilNext: nil).count {
                $0 == .init(step: 1, occasion: .reminded)
            }
        }
        #expect(reminders == AlertCourse.remindersMax)
    }

    @Test func `without a plan nobody is told and nothing breaks`() {
        var course = AlertCourse(level: .critical)
        #expect(course.advance(EscalationPlan(), now: at(0), untilNext: nil) == [])
        #expect(course.became(.critical, EscalationPlan(), now: at(1)) == [])
        #expect(course.end(EscalationPlan()) == [])
    }

    @Test func `a plan that lost its steps meanwhile is followed as far as it goes`() {
        var course = AlertCourse(stage: .firing, level: .critical, told: 2, reminders: 0, toldAt: at(0))
        #expect(course.advance(EscalationPlan(), now: at(9_000), untilNext: nil) == [])
        #expect(course.end(EscalationPlan()) == [])
    }

    @Test func `loudness follows state and meaning`() {
        #expect(AlertLevel(state: .degraded, impact: .low) == .info)
        #expect(AlertLevel(state: .down, impact: .none) == .warning)
        #expect(AlertLevel(state: .degraded, impact: .critical) == .critical)
        #expect(AlertLevel(state: .down, impact: .high) == .high)
    }

    @Test func `a silence covers its subject for its time, and the loudest only when told so`() throws {
        let stripe = IncidentSubject.integration(try #require(ResourceName("stripe")))
        let other = IncidentSubject.source("stripe")
        let silence = try #require(AlertSilence(subject: stripe, from: at(0), until: at(60)))
        #expect(silence.covers(stripe, .high, at: at(0)))
        #expect(!silence.covers(stripe, .high, at: at(60)))
        #expect(!silence.covers(stripe, .critical, at: at(1)))
        #expect(!silence.covers(other, .info, at: at(1)))
        let all = try #require(AlertSilence(subject: nil, coversCritical: true, from: at(0), until: at(60)))
        #expect(all.covers(other, .critical, at: at(1)))
        #expect(AlertSilence(subject: nil, from: at(0), until: at(0)) == nil)
        #expect(AlertSilence(subject: nil, from: at(0), until: at(0) + AlertSilence.durationMax) != nil)
        #expect(AlertSilence(subject: nil, from: at(0), until: at(1) + AlertSilence.durationMax) == nil)
    }

    @Test func `the loudest that waits says when a message leaves`() {
        let quiet = AlertGrouping.Waiting(level: .info, since: at(0))
        let loud = AlertGrouping.Waiting(level: .critical, since: at(20))
        #expect(AlertGrouping.due([], sentAt: nil) == nil)
        #expect(AlertGrouping.due([quiet], sentAt: nil) == at(60))
        #expect(AlertGrouping.due([quiet, loud], sentAt: nil) == at(22))
        #expect(AlertGrouping.due([quiet, loud], sentAt: at(19)) == at(29))
    }
}
