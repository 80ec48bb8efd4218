/// Which reading connection a read goes to: the one with the least to do; none beyond the limit.
package struct ReaderSchedule: Sendable {
    private let waitingMax: Int
    private var loads: [Int]
    private var isClosed = false

    /// Makes a schedule without load.
    ///
    /// - Parameters:
    ///   - readers: connections to choose from.
    ///   - waitingMax: reads that may wait or run at once.
    package init(readers: Int, waitingMax: Int) {
        precondition(readers > 0 && waitingMax > 0, "Somebody must be able to read.")
        self.waitingMax = waitingMax
        loads = Array(repeating: 0, count: readers)
    }

    /// Admits a read and says which connection it goes to.
    package mutating func admit() throws(StorageError) -> Int {
        guard !isClosed else { throw .closed }
        guard loads.reduce(0, +) < waitingMax else { throw .overloaded }
        let index = loads.indices.min { loads[$0] < loads[$1] } ?? 0
        loads[index] += 1
        return index
    }

    /// A read that was admitted has ended.
    package mutating func finished(_ index: Int) {
        loads[index] -= 1
    }

    /// Admits nothing more.
    package mutating func close() {
        isClosed = true
    }
}
