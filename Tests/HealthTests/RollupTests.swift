import Domain
import Health
import Resilience
import Storage
import Testing
import UsherTesting

struct RollupTests {
    @Test func `a percentile is wrong by a fifth at most, and two histograms add up`() throws {
        var first = LatencyHistogram()
        var second = LatencyHistogram()
        for milliseconds in 1...500 { first.record(.milliseconds(milliseconds)) }
        for milliseconds in 501...1_000 { second.record(.milliseconds(milliseconds)) }
        first.add(second)
        #expect(first.total == 1_000)
        for (part, expected) in [(0.5, 500.0), (0.95, 950.0), (0.99, 990.0)] {
            let found = try #require(first.quantile(part)).inSeconds * 1_000
            #expect(abs(found - expected) / expected <= 0.2)
        }
        #expect(LatencyHistogram(text: first.text) == first)
        #expect(LatencyHistogram().quantile(0.5) == nil)
    }

    @Test(arguments: ["65:1", "-1:2", "1:0", "x", "1:2:3"])
    func `a text that is no histogram is refused`(_ text: String) {
        #expect(LatencyHistogram(text: text) == nil)
    }

    @Test func `answers longer than all bands count in the last one`() {
        var histogram = LatencyHistogram()
        histogram.record(.seconds(3_600))
        #expect(histogram.text == "64:1")
        #expect(histogram.quantile(0.5).map { $0 > .seconds(50) } == true)
    }

    @Test func `what is counted is added to the rows of its minute, hour and day`() async throws {
        try await temporaryDatabase(migrations: HealthTables.migrations) { database in
            let clock = ManualTime()
            let tally = RollupTally(time: clock.time)
            let book = RollupBook(database: database)
            let start = clock.now
            for _ in 0..<3 {
                tally.attempted(1, .ok, latency: .milliseconds(100))
                tally.attempted(1, .fail, latency: .seconds(2))
                tally.spent(1, in: .healthy, .seconds(45))
                tally.spent(1, in: .down, .seconds(15))
                try await book.write(tally)
                clock.advance(by: .seconds(60))
            }
            let end = clock.now
            let minutes = try await book.figures(.minute, from: start, to: end)
            #expect(minutes.count == 3 && minutes.allSatisfy { $0.rollup.attempts == 2 })
            let day = try #require(try await book.figures(.day, from: start, to: end).first)
            #expect(day.rollup.attempts == 6 && day.rollup.failures == 3 && day.rollup.errorRate == 0.5)
            #expect(day.rollup.uptime == 0.75 && day.rollup.latency.total == 3)
            try await book.sweep(now: end + RollupWindow.minute.kept + .seconds(60))
            #expect(try await book.figures(.minute, from: start, to: end).isEmpty)
            #expect(try await book.figures(.hour, from: start, to: end).count == 1)
        }
    }
}
