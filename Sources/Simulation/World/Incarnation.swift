package import Domain
import Synchronization

/// One life of a simulated process: from its start until it ends or is killed.
///
/// A dead incarnation still has tasks, as Swift cannot drop them: they are cancelled and run to their end, but its
/// disk answers errors, its clock throws, and what asks `isAlive` before an effect has none. So its memory is freed
/// and nothing it does is seen. A node that shares its machine with others dies alone or with the machine.
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

    /// 1 for the first life of this process.
    package let number: Int
    /// What the trace calls it.
    package let name: String
    /// Its clock; sleeps end with `CancellationError` once it is dead.
    package let time: Time
    /// Its chance: a sequence of its own, so that the dead do not shift what the living draw.
    package let random: RandomSource
    /// Whose sleeps and jobs are its own; no two lives have the same.
    let process: Int
    /// Where a node's tasks run; nil: with the world, and it cannot stand still by itself.
    let taskExecutor: ProcessExecutor?
    private let executor: SimulationExecutor
    private let death: Latch
    private let nodes = Mutex<[Incarnation]>([])

    /// A life of the machine: of everything that the disk's crash ends.
    init(number: Int, executor: SimulationExecutor, seed: UInt64) {
        let death = Latch()
        self.number = number
        name = "incarnation \(number)"
        process = number
        taskExecutor = nil
        self.executor = executor
        self.death = death
        time = executor.time(process: number, isAlive: { !death.isOpen })
        random = RandomSource(seed: seed, purpose: name)
    }

    /// Life `number` of a node, from 1, on this machine.
    init(node: Int, number: Int, on machine: Incarnation, seed: UInt64) {
        let death = Latch()
        let process = node * 1_000 + number
        self.number = number
        name = "node \(node), life \(number)"
        self.process = process
        executor = machine.executor
        taskExecutor = ProcessExecutor(process: process, executor: machine.executor)
        self.death = death
        time = executor.time(process: process, isAlive: { !death.isOpen })
        random = RandomSource(seed: seed, purpose: name)
        machine.nodes.withLock { $0.append(self) }
        if !machine.isAlive { die() }
    }

    /// Whether its effects still count.
    package var isAlive: Bool { !death.isOpen }

    /// Ends its effects at once and its tasks soon; may be called in the middle of a disk operation.
    func die() {
        guard death.open() else { return }
        executor.record("\(name) died")
        executor.release(process)
        for node in nodes.withLock({ $0 }) { node.die() }
    }

    /// Runs the process until it ends by itself or, once it died, until nothing of it is left.
    func live(_ process: @escaping @Sendable (Incarnation) async throws -> Void) async -> End {
        executor.record("\(name) started")
        return await withTaskGroup(of: End?.self) { group in
            group.addTask(executorPreference: taskExecutor) {
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
                if !isAlive { executor.wakeSleepers(of: self.process) }
            }
            return end
        }
    }
}
