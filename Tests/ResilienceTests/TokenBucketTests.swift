import Domain
import Resilience
import Testing

struct TokenBucketTests {
    @Test
    func `lets the burst through and then the rate`() {
        var bucket = TokenBucket(ratePerSecond: 2, burst: 3, now: .zero)
        for _ in 1...3 { #expect(bucket.take(now: .zero) == .taken) }
        #expect(bucket.take(now: .zero) == .wait(.milliseconds(500)))
        #expect(bucket.take(now: .milliseconds(499)) == .wait(.milliseconds(1)))
        #expect(bucket.take(now: .milliseconds(500)) == .taken)
        #expect(bucket.take(now: .milliseconds(500)) == .wait(.milliseconds(500)))
    }

    @Test
    func `fills no higher than the burst`() {
        var bucket = TokenBucket(ratePerSecond: 10, burst: 2, now: .zero)
        for _ in 1...2 { #expect(bucket.take(now: .seconds(3_600)) == .taken) }
        #expect(bucket.take(now: .seconds(3_600)) == .wait(.milliseconds(100)))
    }

    @Test
    func `tells how many are left, as many as can be taken`() {
        var bucket = TokenBucket(ratePerSecond: 3, burst: 5, now: .zero)
        for step in 0..<40 {
            let now = Duration.milliseconds(step * 97)
            var other = bucket
            var taken = 0
            while case .taken = other.take(now: now) { taken += 1 }
            #expect(bucket.left(now: now) == taken)
            if step % 3 != 2 { _ = bucket.take(now: now) }
        }
    }

    @Test
    func `a clock that goes back gives nothing away and traps nothing`() {
        var bucket = TokenBucket(ratePerSecond: 1, burst: 1, now: .seconds(10))
        #expect(bucket.take(now: .seconds(10)) == .taken)
        #expect(bucket.take(now: .seconds(5)) == .wait(.seconds(6)))
        #expect(bucket.take(now: .seconds(11)) == .taken)
    }

    @Test
    func `a new rate keeps what is missing`() {
        var bucket = TokenBucket(ratePerSecond: 1, burst: 4, now: .zero)
        for _ in 1...4 { #expect(bucket.take(now: .zero) == .taken) }
        bucket.change(ratePerSecond: 10, burst: 4, now: .zero)
        #expect(bucket.take(now: .zero) == .wait(.milliseconds(100)))
        bucket.change(ratePerSecond: 10, burst: 2, now: .zero)
        #expect(bucket.take(now: .milliseconds(99)) == .wait(.milliseconds(1)))
    }

    /// The model: in every window the tokens taken are at most rate × time + burst, and no token is withheld.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random walks keep the rate`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rate = Double.random(in: 0.5..<200, using: &random)
        let burst = Int.random(in: 1...20, using: &random)
        var bucket = TokenBucket(ratePerSecond: rate, burst: burst, now: .zero)
        var now = 0.0
        var tokens = Double(burst)
        for _ in 0..<2_000 {
            let step = Double.random(in: 0..<2 / rate, using: &random)
            now += step
            tokens = min(tokens + step * rate, Double(burst))
            switch bucket.take(now: Duration(fractionalSeconds: now)) {
            case .taken:
                #expect(tokens > 0.999, "seed \(seed)")
                tokens -= 1
            case .wait(let wait):
                #expect(tokens < 1.001 && wait > .zero, "seed \(seed)")
                #expect(abs(wait.inSeconds - (1 - tokens) / rate) < 0.001, "seed \(seed)")
            }
        }
    }
}
