import Domain
import Resilience
import Testing

struct BackoffTests {
    /// The table in the documentation of `DeliverySchedule`, in seconds.
    static let limits = [
        10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240, 20_480, 40_960, 43_200, 43_200,
    ]

    @Test
    func `the limit doubles up to the ceiling, as its table says`() {
        let backoff = DeliverySchedule.backoffDefault
        #expect((1...15).map { backoff.limit(afterAttempt: $0) } == Self.limits.map { .seconds($0) })
        #expect(backoff.limit(afterAttempt: 100_000) == .seconds(43_200))
        #expect(Self.limits.reduce(0, +) / 2 == 84_155)  // 23 h 23 min on average, twice that at most.
    }

    @Test
    func `the wait lies between the floor and the limit`() {
        let backoff = DeliverySchedule.backoffDefault
        #expect(backoff.delay(afterAttempt: 3, jitter: 0) == .seconds(1))
        #expect(backoff.delay(afterAttempt: 3, jitter: 0.5) == .seconds(20))
        #expect(backoff.delay(afterAttempt: 3, jitter: 1.0.nextDown) <= .seconds(40))
    }

    @Test
    func `gives up after the limit of attempts`() {
        let schedule = DeliverySchedule(attemptsMax: 3)
        #expect(schedule.delay(afterAttempt: 2, jitter: 0.5) == .seconds(10))
        #expect(schedule.delay(afterAttempt: 3, jitter: 0.5) == nil)
        #expect(schedule.delay(afterAttempt: 3, serverWait: .seconds(5), jitter: 0.5) == nil)
    }

    @Test(arguments: [
        (Duration.seconds(100), 0.0, Duration.seconds(100)),
        (.seconds(100), 0.5, .seconds(105)),
        (.seconds(2), 0.5, .seconds(5)),
        (.zero, 0.5, .seconds(5)),
        (.seconds(-5), 0.5, .seconds(5)),
        (.seconds(86_400), 0, .seconds(86_400)),
        (.seconds(999_999_999), 0, .seconds(86_400)),
    ])
    func `a peer's wait is the least, up to a day`(asked: Duration, jitter: Double, delay: Duration) {
        let schedule = DeliverySchedule(attemptsMax: 16)
        #expect(schedule.delay(afterAttempt: 1, serverWait: asked, jitter: jitter) == delay)
    }

    @Test
    func `the waits are spread evenly`() {
        var random = SeededRandom(seed: 1)
        let backoff = DeliverySchedule.backoffDefault
        let total = (0..<10_000).reduce(0.0) { sum, _ in
            sum + backoff.delay(afterAttempt: 8, jitter: Double.random(in: 0..<1, using: &random)).inSeconds
        }
        #expect(abs(total / 10_000 - 640) < 15)
    }
}
