import Domain
import Synchronization

/// A random source that repeats the sequence of `seed`.
func fixedRandom(_ seed: UInt64) -> RandomSource {
    let sequence = Sequence(seed: seed)
    return RandomSource { sequence.next() }
}

private final class Sequence: Sendable {
    private let state: Mutex<SeededRandom>

    init(seed: UInt64) {
        state = Mutex(SeededRandom(seed: seed))
    }

    func next() -> UInt64 {
        state.withLock { $0.next() }
    }
}
