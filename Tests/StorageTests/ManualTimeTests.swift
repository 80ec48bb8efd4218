import Domain
import Synchronization
import Testing
import UsherTesting

@Suite struct ManualTimeTests {
    @Test func `a sleep ends when its time has come and not before`() async throws {
        let manual = ManualTime()
        let time = manual.time
        let isAwake = Flag()
        let sleeping = Task {
            try await time.sleep(.seconds(10))
            isAwake.raise()
        }
        await manual.waitForSleepers(1)
        manual.advance(by: .seconds(9))
        #expect(manual.sleeperCount == 1)
        #expect(!isAwake.isRaised)
        manual.advance(by: .seconds(1))
        try await sleeping.value
        #expect(time.elapsed() == .seconds(10))
    }

    @Test func `a cancelled sleep ends at once`() async {
        let manual = ManualTime()
        let sleeping = Task { try await manual.time.sleep(.seconds(10)) }
        await manual.waitForSleepers(1)
        sleeping.cancel()
        await #expect(throws: CancellationError.self) { try await sleeping.value }
        #expect(manual.sleeperCount == 0)
    }

    @Test func `the wall clock can step without waking anybody`() {
        let manual = ManualTime(now: Instant(seconds: 100))
        manual.setWallClock(to: Instant(seconds: 50))
        #expect(manual.time.now() == Instant(seconds: 50))
        #expect(manual.time.elapsed() == .zero)
        manual.advance(by: .seconds(2))
        #expect(manual.time.now() == Instant(seconds: 52))
    }

    @Test func `a seeded source repeats`() {
        let first = RandomSource.seeded(7)
        let second = RandomSource.seeded(7)
        #expect(first.bytes(33) == second.bytes(33))
        #expect(first.bytes(8) != RandomSource.seeded(8).bytes(8))
    }
}
