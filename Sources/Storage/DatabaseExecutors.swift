/// Where a database's blocking work runs.
package struct DatabaseExecutors: Sendable {
    let writer: any TaskExecutor
    /// One for each reading connection.
    let readers: [any TaskExecutor]

    /// A thread for the committer and one for each reader: the choice for production.
    package static func threads(readers: Int) -> DatabaseExecutors {
        DatabaseExecutors(
            writer: ThreadExecutor(name: "usher-commit"),
            readers: (0..<readers).map { ThreadExecutor(name: "usher-read-\($0)") }
        )
    }

    /// Everything on one executor, such as a simulation's: no thread is started and none is hopped to.
    package static func single(_ executor: any TaskExecutor, readers: Int = 0) -> DatabaseExecutors {
        DatabaseExecutors(writer: executor, readers: Array(repeating: executor, count: readers))
    }
}
