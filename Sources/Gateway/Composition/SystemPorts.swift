package import Domain
import Foundation
import Glibc
import Registry
import Synchronization

extension Time {
    /// The machine's clocks.
    package static var system: Time {
        let clock = ContinuousClock()
        let start = clock.now
        return Time(
            now: {
                // A Double tells microseconds apart until the year 2255.
                Instant(microseconds: Int64((Date().timeIntervalSince1970 * 1_000_000).rounded(.down)))
            },
            elapsed: { start.duration(to: clock.now) },
            sleep: { try await Task.sleep(for: $0) }
        )
    }
}

extension RandomSource {
    /// The kernel's generator: fit for keys.
    package static var system: RandomSource {
        let reserve = RandomReserve()
        return RandomSource { reserve.next() }
    }
}

/// The time zones that come with this build.
package enum SystemZones {
    /// All of them.
    package static var directory: ZoneDirectory { .system }
}

/// Random words fetched from the kernel by the handful: a system call for each word costs more than sealing with it.
private final class RandomReserve: Sendable {
    /// As many as fit into the 256 bytes that one call gives (getentropy(3)).
    private static let wordsKept = 32

    private let words = Mutex([UInt64]())

    func next() -> UInt64 {
        words.withLock { words in
            if words.isEmpty { words = Self.fetch() }
            return words.removeLast()
        }
    }

    /// Traps when the kernel gives nothing: there is no safe way on without it.
    private static func fetch() -> [UInt64] {
        var words = [UInt64](repeating: 0, count: wordsKept)
        let isFilled = unsafe words.withUnsafeMutableBytes { bytes in
            unsafe getentropy(bytes.baseAddress, bytes.count) == 0
        }
        precondition(isFilled, "the kernel gives random bytes")
        return words
    }
}
