import Domain
import Synchronization

/// What happened in one simulation, as a hash and, when asked for, as lines.
///
/// Every choice of the executor goes into the hash, so two equal hashes mean two equal runs.
package final class Trace: Sendable {
    /// One thing that happened.
    package struct Line: Hashable, Sendable {
        /// Virtual time since the start.
        package let elapsed: Duration
        /// What happened.
        package let text: String
    }

    /// The most lines kept: a run that says more keeps its last ones.
    package static let linesMax = 100_000

    private struct State {
        /// FNV-1a, 64 bits: draft-eastlake-fnv.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var lines: [Line] = []

        mutating func mix(_ byte: UInt8) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
        }

        mutating func mix(_ word: UInt64) {
            for shift in stride(from: 0, to: 64, by: 8) {
                mix(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
            }
        }
    }

    private let keepsLines: Bool
    private let state = Mutex(State())

    /// Makes an empty trace.
    package init(keepsLines: Bool = false) {
        self.keepsLines = keepsLines
    }

    /// The hash of all that happened so far.
    package var hash: UInt64 { state.withLock { $0.hash } }

    /// What was recorded, oldest first; empty unless lines are kept.
    package var lines: [Line] { state.withLock { $0.lines } }

    /// Adds numbers to the hash only: for what happens too often to be told.
    func mix(_ first: UInt64, _ second: UInt64) {
        state.withLock {
            $0.mix(first)
            $0.mix(second)
        }
    }

    /// Adds a line.
    func record(_ text: String, elapsed: Duration) {
        state.withLock { state in
            state.mix(UInt64(bitPattern: elapsed.microseconds))
            for byte in text.utf8 { state.mix(byte) }
            guard keepsLines else { return }
            if state.lines.count == Self.linesMax { state.lines.removeFirst(Self.linesMax / 2) }
            state.lines.append(Line(elapsed: elapsed, text: text))
        }
    }
}
