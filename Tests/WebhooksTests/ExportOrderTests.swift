import Dispatch
import Domain
import Storage
import Testing
import UsherTesting
import Webhooks

/// Up to which event the export may go, where numbers are taken before they are committed.
@Suite(
    .enabled(if: TestEngine.serverURL != nil, "run with scripts/with-postgres"),
    .timeLimit(.minutes(2))
)
struct ExportOrderTests {
    /// Holds a transaction of another node open that has taken the number behind `evt_1`, until `commit` or the end.
    private func withNumberTaken(
        _ body: (Station, _ commit: () async throws -> Void) async throws -> Void
    ) async throws {
        try await temporaryLocation(engine: .postgres) { configuration in
            try await Database.withOpened(configuration, migrations: Station.migrations) { first in
                try await Database.withOpened(configuration, migrations: Station.migrations) { second in
                    let station = try await Station.start(first, Station.World(seed: 1))
                    try await station.addSource()
                    try await station.take("evt_1")
                    let (taken, isTaken) = AsyncStream.makeStream(of: Void.self)
                    let gate = DispatchSemaphore(value: 0)
                    let held = Task {
                        try await second.write { transaction in
                            _ = try transaction.first("SELECT take_numbers('event_numbers'::regclass, 1)")
                            isTaken.finish()
                            gate.wait()
                        }
                    }
                    for await _ in taken {}
                    defer { gate.signal() }
                    try await body(station) {
                        gate.signal()
                        try await held.value
                    }
                }
            }
        }
    }

    @Test func `it waits for a number that is taken and not committed`() async throws {
        try await withNumberTaken { station, commit in
            try await station.take("evt_2")
            let settled = Task { try await station.queries.settledEventNumber() }
            await station.clock.waitForSleepers(1)
            try await commit()
            station.clock.advance(by: .milliseconds(20))
            let number = try await settled.value
            #expect(number == 3)
        }
    }

    @Test func `it gives up for now when that takes too long`() async throws {
        try await withNumberTaken { station, _ in
            let settled = Task { try await station.queries.settledEventNumber() }
            await station.clock.waitForSleepers(1)
            station.clock.advance(by: .seconds(6))
            let number = try await settled.value
            #expect(number == nil)
        }
    }
}
