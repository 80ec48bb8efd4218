import Domain
import Synchronization

extension RandomSource {
    /// Eight bytes 0, 1, … 7 at each call: keys, salts and nonces that a known answer can be computed for.
    static var counting: RandomSource { RandomSource { 0x0706_0504_0302_0100 } }

    /// A repeatable sequence.
    static func seeded(_ seed: UInt64) -> RandomSource {
        let generator = Mutex(SeededRandom(seed: seed))
        return RandomSource { generator.withLock { $0.next() } }
    }
}
