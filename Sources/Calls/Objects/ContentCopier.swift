package import Domain
import Logging
import Providers
import Storage
import Synchronization

/// Copies objects back to where they belong, once that integration works again.
///
///     upload done elsewhere -> owed -due-> claimed -> looked at -> bytes at hand -> stored -> both ends compared -> settled
///                                ^                                                               |
///                                '--- a pause that grows, or a moment while it is not called ----'
///
/// Each debt is held with a lease and an epoch, as calls are; the upload's progress is stored before each request, so
/// that after a crash a large object goes on at its next part. All requests are of the lowest priority.
struct ContentCopier: Sendable {
    /// How long after its upload an object is first copied.
    static let firstPause = Duration.seconds(15)
    /// How long is waited while the integration is not called, or busy.
    static let busyPause = Duration.seconds(15)
    /// How long a debt is believed to be worked at after its last sign.
    static let leaseTime = Duration.seconds(600)
    /// The time between two looks at what is due.
    static let lookEvery = Duration.seconds(5)
    /// The most objects that are copied at a time.
    static let copiesMax = 2

    let ports: CallPorts
    let database: Database
    let desk: CallDesk
    let seal: CallSeal
    let content: ContentStore

    init(_ engine: CallEngine, _ content: ContentStore) {
        ports = engine.ports
        database = engine.database
        desk = engine.desk
        seal = engine.seal
        self.content = content
    }

    var series: CallSeries { CallSeries(metrics: ports.metrics) }

    /// Copies what is due until cancelled.
    func run() async {
        await begin()
        let running = Running()
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let room = Self.copiesMax - running.count
                for debt in await claim(room) {
                    running.enter()
                    group.addTask {
                        await ContentCopy(copier: self).run(debt)
                        running.leave()
                    }
                }
                try? await ports.time.sleep(Self.lookEvery)
            }
        }
    }

    /// Has everything looked at that an earlier process left.
    private func begin() async {
        let now = ports.time.now()
        do {
            try await database.write { transaction in
                guard transaction.dialect == .sqlite else { return }
                try ContentDebtTable.bringAll(to: now, transaction)
            }
        } catch {
            tell(error)
        }
    }

    private func claim(_ room: Int) async -> [ContentDebt] {
        guard room > 0 else { return [] }
        let now = ports.time.now()
        do {
            let owed = try await database.read { try ContentDebtTable.countOwed($0) }
            series.owed(Int(owed))
            guard owed > 0 else { return [] }
            return try await database.write { transaction in
                let shared = try transaction.sharedNow(local: now)
                return try ContentDebtTable.claim(
                    dueBy: shared,
                    until: shared + Self.leaseTime,
                    limit: room,
                    transaction
                )
            }
        } catch {
            tell(error)
            return []
        }
    }

    private func tell(_ error: any Error) {
        guard !Task.isCancelled else { return }
        ports.logger.warning(
            "what is to be copied back cannot be read for now",
            metadata: ["error": "\(error)"]
        )
    }

    /// Counts the copies on their way.
    private final class Running: Sendable {
        private let value = Mutex(0)

        var count: Int { value.withLock { $0 } }
        func enter() { value.withLock { $0 += 1 } }
        func leave() { value.withLock { $0 -= 1 } }
    }
}

extension CallEngine {
    /// What is, or was, to be copied back, newest first, older than `before`.
    package func contentDebts(
        _ filter: ContentDebtFilter,
        before: CallID?,
        limit: Int
    ) async throws -> [ContentDebt] {
        try await database.read { try ContentDebtTable.page(filter, before: before, limit: limit, $0) }
    }

    /// What is owed of one upload; nil when it went where it belongs.
    package func contentDebt(of call: CallID) async throws -> ContentDebt? {
        try await database.read { try ContentDebtTable.load(call, $0) }
    }
}
