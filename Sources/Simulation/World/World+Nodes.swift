import Domain

extension World {
    /// Runs node `index`, from 1, on a machine and over its database, again after each end, until the machine dies.
    ///
    /// - Parameter isAlone: whether the machine ends with it: then an error of its is thrown, else it starts again.
    /// - Throws: `SimulationError.livesExhausted`; what a node alone throws.
    package func runNode(
        _ index: Int,
        on machine: Incarnation,
        isAlone: Bool,
        _ process: @escaping @Sendable (Incarnation) async throws -> Void
    ) async throws {
        let random = random(for: "starts of node \(index) in life \(machine.number)")
        var end = Incarnation.End.returned
        while machine.isAlive, !Task.isCancelled {
            let node = try nextNode(index, on: machine, after: end)
            end = await node.live(process)
            guard machine.isAlive, !Task.isCancelled else { return }
            record("\(node.name) ended: \(end)")
            if isAlone {
                if case .failed(let error) = end { throw error }
                return
            }
            let delay = random.fraction() * Double(plan.downTimeMax.microseconds)
            try? await machine.time.sleep(.microseconds(Int64(delay)))
        }
    }

    /// Kills one node; the database and the other nodes live on.
    package func kill(node index: Int) {
        livingNode(index)?.die()
    }

    /// Lets a node stand still, as one whose machine is suspended.
    ///
    /// It does nothing, its database and everybody else go on; what comes in waits. One that stands still already
    /// stays so no longer than it was to.
    package func suspend(_ node: Incarnation, for length: Duration) {
        guard node.isAlive, executor.hold(node.process) else { return }
        record("\(node.name) stands still for \(length)")
        // Not a child of anybody: a suspended machine wakes up whatever becomes of who watched it.
        _ = Task {
            try? await time.sleep(length)
            if executor.release(node.process) { record("\(node.name) goes on") }
        }
    }
}
