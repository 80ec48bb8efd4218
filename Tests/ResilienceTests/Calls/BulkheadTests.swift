import Domain
import Resilience
import Testing

struct BulkheadTests {
    @Test(arguments: [
        (1, [1, 1, 1, 1]), (4, [4, 3, 2, 2]), (8, [8, 6, 5, 4]), (32, [32, 27, 22, 16]),
        (100, [100, 85, 70, 50]),
    ])
    func `lines stand as the table says`(_ inFlightMax: Int, _ lines: [Int]) {
        let subject = Bulkhead(inFlightMax: inFlightMax)
        #expect(Priority.allCases.map(subject.line) == lines)
    }

    @Test(arguments: [4, 8, 32])
    func `critical calls find room however many others there are`(_ inFlightMax: Int) {
        var subject = Bulkhead(inFlightMax: inFlightMax)
        for priority in [Priority.low, .normal, .high] {
            while subject.enter(priority) {}
            #expect(subject.inFlight == subject.line(priority))
        }
        let hasEntered = subject.enter(.critical)
        #expect(hasEntered)
        while subject.enter(.critical) {}
        #expect(subject.inFlight == inFlightMax)
        subject.leave()
        #expect(!subject.hasRoom(.high))
        #expect(subject.hasRoom(.critical))
    }

    @Test func `who did not enter cannot leave`() async {
        await #expect(processExitsWith: .failure) {
            var subject = Bulkhead(inFlightMax: 1)
            subject.leave()
        }
    }
}

struct RetryBudgetTests {
    @Test(arguments: [(0.5, 1.05), (5, 1.5), (50, 6)])
    func `retries in the long run are a tenth and one a second`(_ perSecond: Double, _ retries: Double) {
        var subject = RetryBudget(now: .zero)
        var taken = 0
        let calls = Int(perSecond * 1000)
        for number in 1...calls {
            subject.attempted()
            while subject.takeRetry(now: Duration(fractionalSeconds: Double(number) / perSecond)) {
                taken += 1
            }
        }
        // The ten saved up at the start come on top.
        #expect(abs(Double(taken - 10) - 1000 * retries) <= 4, "\(taken)")
    }

    @Test func `it saves up ten and no more`() {
        var subject = RetryBudget(now: .zero)
        for _ in 1...1000 { subject.attempted() }
        let taken = (1...100).count { _ in subject.takeRetry(now: .seconds(1_000_000)) }
        #expect(taken == 10)
        let isEarlier = subject.takeRetry(now: .seconds(5))
        #expect(!isEarlier)
    }

    @Test func `hedges are a twentieth`() {
        var subject = RetryBudget.hedges(now: .zero)
        var taken = 0
        for number in 1...1000 {
            subject.attempted()
            if subject.takeRetry(now: .seconds(number)) { taken += 1 }
        }
        #expect((50...55).contains(taken))
    }
}
