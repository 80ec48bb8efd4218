package import Domain
import Synchronization

extension RandomSource {
    /// A source that gives the sequence of a seed, for simulated chance: never for keys outside a simulation.
    package init(seed: UInt64) {
        let generator = Generator(seed: seed)
        self.init { generator.next() }
    }

    /// A source of its own for one purpose, so that one part's draws do not shift another's.
    package init(seed: UInt64, purpose: String) {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for byte in purpose.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        self.init(seed: seed ^ hash)
    }

    /// One of the values; nil when there is none.
    package func element<Value>(of values: [Value]) -> Value? {
        values.isEmpty ? nil : values[Int(next() % UInt64(values.count))]
    }
}

private final class Generator: Sendable {
    private let random: Mutex<SeededRandom>

    init(seed: UInt64) {
        random = Mutex(SeededRandom(seed: seed))
    }

    func next() -> UInt64 {
        random.withLock { $0.next() }
    }
}
