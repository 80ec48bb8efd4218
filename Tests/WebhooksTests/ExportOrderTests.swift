import Dispatch
import Domain
import Storage
import Testing
import UsherTesting
import Webhooks

/// Up to which event the export may go, where numbers are taken before they are committed.
@Suite(
    .enabled(if: TestEngine.serverURL != nil, "run with scripts/with-postgres"),
    // Transaction ids are the server's: one test's open transaction is waited for in the other.
    .serialized,
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
            // Others' transactions on the server have to end too, in their own time.
            let moving = Task {
                while !Task.isCancelled {
                    station.clock.advance(by: .milliseconds(20))
                    _ = try await station.rows("SELECT 1 FROM pg_sleep(0.02)")
                }
            }
            let number = try await settled.value
            moving.cancel()
            try await moving.value
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
