import Calls
import Domain
import Providers
import Testing

@Suite("CallCourse")
struct CallCourseTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let failure = ProviderFailure(.unavailable, code: "timed_out", message: "no answer")

    private func course(_ attempts: [CallCourse.Attempt] = []) -> CallCourse {
        CallCourse(attempts: attempts, deadline: Instant(seconds: 1_800_000_600))
    }

    private func ended(_ verdict: CallVerdict, elsewhere: Bool = true) -> CallCourse.Decision {
        var course = course()
        course.began(at: 1)
        return course.ended(verdict, elsewhere: elsewhere, now: now, jitter: 0.5)
    }

    @Test func `a refusal ends the call, wherever else it could go`() {
        let declined = ProviderFailure(.declined, code: "card_declined", message: "declined")
        #expect(ended(.refused(declined)) == .finish(.refused))
    }

    @Test func `what took no effect goes elsewhere at once`() {
        #expect(ended(.notApplied(failure)) == .again(after: .zero))
    }

    @Test func `what took no effect waits before the same integration is tried again`() {
        #expect(ended(.notApplied(failure), elsewhere: false) == .again(after: .milliseconds(100)))
    }

    @Test func `a provider's own wait is kept where nothing else is left`() {
        let limited = ProviderFailure(.limited, code: "rate_limit", message: "slow down", wait: .seconds(7))
        #expect(ended(.notApplied(limited), elsewhere: false) == .again(after: .seconds(7)))
    }

    @Test func `a wait beyond the deadline ends the call`() {
        let limited = ProviderFailure(.limited, code: "rate_limit", message: "slow down", wait: .seconds(601))
        #expect(ended(.notApplied(limited), elsewhere: false) == .finish(.failed))
    }

    @Test(arguments: [ProviderFailure.Kind.rejected, .notFound, .declined])
    func `a request that cannot be fulfilled is not tried elsewhere`(_ kind: ProviderFailure.Kind) {
        #expect(ended(.notApplied(ProviderFailure(kind, code: "x", message: "x"))) == .finish(.failed))
    }

    @Test func `an attempt in doubt is never followed by another`() {
        var course = course()
        course.began(at: 1)
        #expect(
            course.ended(.inDoubt(failure), elsewhere: true, now: now, jitter: 0)
                == .settle(after: .seconds(1))
        )
        #expect(course.live?.state == .inDoubt)
        for round in 0..<20 {
            let decision = course.settled(
                .unknown,
                round: round,
                age: .seconds(60 * round),
                elsewhere: true,
                now: now,
                jitter: 0
            )
            guard case .settle = decision else {
                Issue.record("round \(round) gave \(decision)")
                return
            }
        }
    }

    @Test func `a doubt that lasts a day goes to a person`() {
        var course = course()
        course.began(at: 1)
        _ = course.ended(.inDoubt(failure), elsewhere: true, now: now, jitter: 0)
        let decision = course.settled(
            .unknown,
            round: 30,
            age: CallCourse.doubtMax,
            elsewhere: true,
            now: now,
            jitter: 0
        )
        #expect(decision == .hold)
    }

    @Test func `an attempt proved dead frees the call`() {
        var course = course()
        course.began(at: 1)
        _ = course.ended(.inDoubt(failure), elsewhere: true, now: now, jitter: 0)
        let decision = course.settled(
            .dead(failure),
            round: 0,
            age: .seconds(5),
            elsewhere: true,
            now: now,
            jitter: 0
        )
        #expect(decision == .again(after: .zero))
        #expect(course.live == nil)
    }

    @Test func `attempts are limited`() {
        let spent = (0..<CallCourse.attemptsMax - 1).map {
            CallCourse.Attempt(integration: Int64($0), state: .notApplied, failure: .unavailable)
        }
        var course = course(spent)
        course.began(at: 99)
        #expect(course.ended(.notApplied(failure), elsewhere: true, now: now, jitter: 0) == .finish(.failed))
    }

    @Test func `an integration whose credential was refused is not tried again`() {
        let course = course([
            CallCourse.Attempt(integration: 1, state: .notApplied, failure: .unauthorized),
            CallCourse.Attempt(integration: 2, state: .notApplied, failure: .unavailable),
        ])
        #expect(!course.mayTry(1))
        #expect(course.mayTry(2))
    }

    @Test func `a key fits every provider and differs for each attempt`() {
        let call = CallID(milliseconds: 1_800_000_000_000, 1, 2)
        let first = AttemptKey.make(CallAttemptID(milliseconds: 1_800_000_000_000, 3, 4), of: call)
        let second = AttemptKey.make(CallAttemptID(milliseconds: 1_800_000_000_000, 3, 8), of: call)
        #expect(first != second)
        #expect(first.utf8.count == 32)
        #expect(first.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x76).contains($0) })
    }

    @Test(arguments: [
        (0, 1), (1, 5), (2, 15), (3, 45), (4, 120), (5, 180), (6, 240), (8, 240), (9, 600), (60, 600),
    ])
    func `the wait of a round is as documented`(_ round: Int, _ seconds: Int64) {
        #expect(SettleSchedule.wait(round: round, jitter: 0) == .seconds(seconds))
        #expect(SettleSchedule.wait(round: round, jitter: 0.999) <= .seconds(seconds) * 1.25)
    }
}
