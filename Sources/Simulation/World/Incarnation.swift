package import Domain

/// One life of the simulated process: from its start until it ends or is killed.
///
/// A dead incarnation still has tasks, as Swift cannot drop them: they are cancelled and run to their end, but its
/// disk answers errors, its clock throws, and what asks `isAlive` before an effect has none. So its memory is freed
/// and nothing it does is seen.
package final class Incarnation: Sendable {
    /// How a life ended.
    package enum End: Sendable {
        /// The process returned.
        case returned
        /// The process threw an error while it was alive.
        case failed(any Error)
        /// It was killed, and what it left has run out.
        case killed
    }

    /// 1 for the first life.
    package let number: Int
    /// Its clock; sleeps end with `CancellationError` once it is dead.
    package let time: Time
    /// Its chance: a sequence of its own, so that the dead do not shift what the living draw.
    package let random: RandomSource
    private let executor: SimulationExecutor
    private let death: Latch

    init(number: Int, executor: SimulationExecutor, seed: UInt64) {
        let death = Latch()
        self.number = number
        self.executor = executor
        self.death = death
        time = executor.time(process: number, isAlive: { !death.isOpen })
        random = RandomSource(seed: seed, purpose: "incarnation \(number)")
    }

    /// Whether its effects still count.
    package var isAlive: Bool { !death.isOpen }

    /// Ends its effects at once and its tasks soon; may be called in the middle of a disk operation.
    func die() {
        guard death.open() else { return }
        executor.record("incarnation \(number) died")
    }

    /// Runs the process until it ends by itself or, once it died, until nothing of it is left.
    func live(_ process: @escaping @Sendable (Incarnation) async throws -> Void) async -> End {
        executor.record("incarnation \(number) started")
        return await withTaskGroup(of: End?.self) { group in
            group.addTask {
                do {
                    try await process(self)
                    return self.isAlive ? .returned : .killed
                } catch {
                    return self.isAlive ? .failed(error) : .killed
                }
            }
            group.addTask {
                await self.death.wait()
                return nil
            }
            var end = End.killed
            while let next = await group.next() {
                if let next { end = next }
                group.cancelAll()
                if !isAlive { executor.wakeSleepers(of: number) }
            }
            return end
        }
    }
}
