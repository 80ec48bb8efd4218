package import Domain
import Synchronization

extension RandomSource {
    /// A source whose draws repeat exactly from `seed`, as long as they are asked for in the same order.
    package static func seeded(_ seed: UInt64) -> RandomSource {
        let generator = SharedGenerator(seed: seed)
        return RandomSource { generator.next() }
    }
}

private final class SharedGenerator: Sendable {
    private let generator: Mutex<SeededRandom>

    init(seed: UInt64) {
        generator = Mutex(SeededRandom(seed: seed))
    }

    func next() -> UInt64 {
        generator.withLock { $0.next() }
    }
}
