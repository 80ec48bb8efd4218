import Resilience
import Testing

struct AttemptLimiterTests {
    @Test
    func `waits double after the free failures, as its table says`() {
        var limiter = AttemptLimiter<String>()
        var now = Duration.zero
        for _ in 1...9 { limiter.failed("a", now: now) }
        #expect(limiter.wait(for: "a", now: now) == nil)
        for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            limiter.failed("a", now: now)
            #expect(limiter.wait(for: "a", now: now) == .seconds(seconds))
            now += .seconds(seconds)
            #expect(limiter.wait(for: "a", now: now) == nil)
        }
        #expect(limiter.wait(for: "b", now: now) == nil)
    }

    @Test
    func `forgets on success and after a while`() {
        var limiter = AttemptLimiter<String>(limits: .init(freeFailures: 1))
        limiter.failed("a", now: .zero)
        limiter.succeeded("a")
        #expect(limiter.wait(for: "a", now: .zero) == nil)
        for _ in 1...20 { limiter.failed("b", now: .zero) }
        #expect(limiter.wait(for: "b", now: .seconds(299)) == .seconds(1))
        limiter.failed("b", now: .seconds(900))
        #expect(limiter.wait(for: "b", now: .seconds(900)) == .seconds(1))
    }

    @Test
    func `a full table forgets who failed longest ago`() {
        var limiter = AttemptLimiter<Int>(limits: .init(freeFailures: 1, keysMax: 3))
        for key in 1...3 { limiter.failed(key, now: .zero) }
        limiter.failed(1, now: .zero)
        limiter.failed(4, now: .zero)
        #expect(limiter.count == 3)
        #expect(limiter.wait(for: 2, now: .zero) == nil)
        #expect(limiter.wait(for: 1, now: .zero) != nil)
    }

    @Test
    func `one who keeps failing pushes nobody else out`() {
        var limiter = AttemptLimiter<Int>(limits: .init(freeFailures: 1, keysMax: 10))
        limiter.failed(1, now: .zero)
        for _ in 0..<10_000 { limiter.failed(2, now: .zero) }
        #expect(limiter.wait(for: 1, now: .zero) != nil)
        for key in 0..<10_000 { limiter.failed(key, now: .zero) }
        #expect(limiter.count == 10)
    }
}
