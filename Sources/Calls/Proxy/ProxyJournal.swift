package import Domain
package import Logging
package import Storage
import Synchronization

/// Writes down what went through the proxy: in batches after the fact, and before a byte leaves where that is asked for.
///
/// Reads may be lost in a crash, up to `Limits.flushEvery` of them. A write that was written down first is not: its row
/// says `sent` until its end is known, and `unknown` when its process is gone.
package final class ProxyJournal: Sendable {
    /// The limits of a journal.
    package struct Limits: Sendable {
        /// The most records that wait to be written; more are dropped, and counted.
        package var waitingMax = 8_192
        /// How much more may wait of what was written down first.
        package var endingsMax = 2_048
        /// How long a record waits at most.
        package var flushEvery = Duration.seconds(1)
        /// The most records of one transaction.
        package var batchMax = 512
        /// After this long a request that did not end is given up: longer than any may take.
        package var openMax = Duration.seconds(2 * 3_600)
        /// How long records are kept.
        package var keptFor = Duration.seconds(30 * 86_400)
        /// The time between two looks at what is old.
        package var sweepEvery = Duration.seconds(60)
        /// The most records that are dropped in one step.
        package var sweptMax = 1_000

        /// The defaults.
        package init() {}
    }

    private struct State {
        var waiting: [ProxyRecord] = []
        var dropped = 0
        var isStopping = false
    }

    private let database: Database
    private let time: Time
    private let logger: Logger
    private let limits: Limits
    private let doorbell = Doorbell()
    private let state = Mutex(State())

    /// Makes an empty journal; nothing is written after the fact until `run`.
    package init(database: Database, time: Time, logger: Logger, limits: Limits = Limits()) {
        self.database = database
        self.time = time
        self.logger = logger
        self.limits = limits
    }

    /// How many records were dropped because too many waited.
    package var droppedCount: Int { state.withLock { $0.dropped } }

    /// Writes a record down; durable when it returns.
    package func begin(_ record: ProxyRecord) async throws {
        try await database.write { try ProxyTable.put(record, $0) }
    }

    /// Has a record written down soon.
    ///
    /// - Parameter isKnown: whether it was written down before it left.
    package func end(_ record: ProxyRecord, isKnown: Bool) {
        state.withLock { state in
            let max = limits.waitingMax + (isKnown ? limits.endingsMax : 0)
            guard state.waiting.count < max else {
                state.dropped += 1
                return
            }
            state.waiting.append(record)
        }
    }

    /// Writes what waits; what cannot be written waits on.
    package func flush() async {
        while true {
            let batch = state.withLock { Array($0.waiting.prefix(limits.batchMax)) }
            guard !batch.isEmpty else { return }
            do {
                // By id, so that two nodes cannot deadlock.
                let sorted = batch.sorted { $0.id < $1.id }
                try await database.write { transaction in
                    for record in sorted { try ProxyTable.put(record, transaction) }
                }
                state.withLock { $0.waiting.removeFirst(batch.count) }
            } catch {
                logger.warning(
                    "requests through the proxy cannot be written down for now",
                    metadata: ["error": "\(error)", "dropped": "\(droppedCount)"]
                )
                return
            }
        }
    }

    /// Writes every second what waits, and drops what is old, until `stop`; then writes once more.
    ///
    /// Cancelled, it ends at once, and what waits is lost.
    package func run() async {
        var sweptAt: Duration?
        while !Task.isCancelled, !state.withLock({ $0.isStopping }) {
            if sweptAt.map({ time.elapsed() - $0 >= limits.sweepEvery }) ?? true {
                sweptAt = time.elapsed()
                await sweep()
            }
            await doorbell.wait(atMost: limits.flushEvery, time)
            await flush()
        }
        await flush()
    }

    /// Has `run` end, once everything is written that waits now.
    package func stop() {
        state.withLock { $0.isStopping = true }
        doorbell.ring()
    }

    /// Gives up what never ended, and drops the oldest of what is too old.
    package func sweep() async {
        let now = time.now()
        let oldest = ProxyCallID(milliseconds: UInt64(clamping: (now - limits.keptFor).milliseconds), 0, 0)
        do {
            try await database.write { [limits] transaction in
                try ProxyTable.giveUp(before: now - limits.openMax, transaction)
                _ = try ProxyTable.drop(before: oldest, limit: limits.sweptMax, transaction)
            }
        } catch {
            logger.warning("old requests cannot be swept for now", metadata: ["error": "\(error)"])
        }
    }

    /// Gives up what an earlier process left open; only for who knows that no other works on this database.
    package static func giveUpAll(_ database: Database, now: Instant) async throws {
        try await database.write { transaction in
            _ = try ProxyTable.giveUp(before: now, transaction)
        }
    }

    /// The records that fit a filter, newest first, older than `before`.
    package func list(
        _ filter: ProxyFilter,
        before: ProxyCallID?,
        limit: Int
    ) async throws -> [ProxyRecord] {
        try await database.read { try ProxyTable.page(filter, before: before, limit: limit, $0) }
    }
}
