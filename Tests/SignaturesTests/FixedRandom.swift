import Domain
import Synchronization

/// A random source that repeats the sequence of `seed`.
func fixedRandom(_ seed: UInt64) -> RandomSource {
    let draws = RepeatedDraws(seed: seed)
    return RandomSource { draws.next() }
}

private final class RepeatedDraws: Sendable {
    private let state: Mutex<SeededRandom>

    init(seed: UInt64) {
        state = Mutex(SeededRandom(seed: seed))
    }

    func next() -> UInt64 {
        state.withLock { $0.next() }
    }
}
