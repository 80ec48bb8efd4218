import Domain
import Resilience
import Testing

struct BudgetLearningTests {
    typealias Arrival = (time: Double, id: Int, budgetClass: BudgetClass, wedding: WeddingID?)

    /// Calls of one class, evenly.
    private func arrivals(
        _ rate: Double,
        _ budgetClass: BudgetClass,
        from: Double = 0,
        until end: Double,
        ids: Int = 0
    ) -> [Arrival] {
        (0..<Int((end - from) * rate)).map { (from + Double($0) / rate, ids + $0, budgetClass, nil) }
    }

    private func merged(_ lists: [Arrival]...) -> [Arrival] {
        lists.flatMap { $0 }.sorted { $0.time < $1.time }
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `a known bucket is used to the full and never refuses`(seed: UInt64) {
        let limit = BudgetLimit("rate", .tokenBucket(ratePerSecond: 25, burst: 25))
        var run = ModelRun(limit, .bucket(25, 25), seed: seed)
        run.run(until: 60, arrivals: arrivals(40, .bulk, until: 60))
        #expect(run.refusals.isEmpty, "seed \(seed)")
        #expect(run.provider.accepted >= 25 * 60 - 5, "seed \(seed)")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `a known window is used to the full and never refuses`(seed: UInt64) {
        let limit = BudgetLimit("minute", .fixedWindow(count: 600, length: .seconds(60)))
        var run = ModelRun(limit, .window(600, 60), seed: seed)
        run.run(
            until: 240,
            arrivals: merged(arrivals(15, .bulk, until: 230), arrivals(1, .live, until: 230, ids: 9_000))
        )
        #expect(run.refusals.isEmpty, "seed \(seed)")
        #expect(run.provider.accepted >= 4 * 600 - 10, "seed \(seed)")
        let late = run.outcomes.values.filter {
            $0.budgetClass == .live && ($0.acceptedAt ?? 999) - $0.addedAt > 0.2
        }
        #expect(late.count <= 60, "only in the first window, before their rate is known; seed \(seed)")
        #expect(late.allSatisfy { $0.addedAt < 60 }, "seed \(seed)")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `a rate that is halved silently is learned in ten seconds and found again in two minutes`(
        seed: UInt64
    ) {
        let limit = BudgetLimit("rate", .tokenBucket(ratePerSecond: 20, burst: 20))
        var run = ModelRun(limit, .bucket(20, 20), seed: seed)
        let calls = arrivals(30, .normal, until: 700)
        run.run(until: 60, arrivals: calls.filter { $0.time < 60 })
        #expect(run.refusals.isEmpty)
        run.provider.change(to: .bucket(rate: 10, burst: 10, tokens: 0, at: 60))
        run.run(until: 360, arrivals: calls.filter { (60..<360).contains($0.time) })
        let sent = run.sends.count { $0 >= 70 }
        let refused = run.refusals.count { $0 >= 70 }
        #expect(Double(refused) < 0.02 * Double(sent), "seed \(seed): \(refused) of \(sent)")
        #expect(Double(sent) > 0.85 * 10 * 290, "seed \(seed): \(sent)")
        run.provider.change(to: .bucket(rate: 20, burst: 20, tokens: 0, at: 360))
        run.run(until: 500, arrivals: calls.filter { (360..<500).contains($0.time) })
        let restored = run.sends.count { (480..<500).contains($0) }
        #expect(Double(restored) >= 0.95 * 20 * 20, "seed \(seed): \(restored)")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `a window that is halved silently costs one refusal each and is found again at once`(seed: UInt64) {
        let limit = BudgetLimit("minute", .fixedWindow(count: 600, length: .seconds(60)))
        var run = ModelRun(limit, .window(600, 60), seed: seed)
        let calls = arrivals(12, .normal, until: 700)
        run.run(until: 60, arrivals: calls.filter { $0.time < 60 })
        run.provider.change(to: .window(count: 300, length: 60, used: 0, number: 1))
        run.run(until: 300, arrivals: calls.filter { (60..<300).contains($0.time) })
        let early = run.refusals.count { $0 < 70 }
        let later = run.refusals.count { $0 >= 120 }
        #expect(early <= 4 && later <= 3, "seed \(seed): \(run.refusals)")
        #expect(run.provider.accepted >= 600 + 4 * 300 - 4, "seed \(seed)")
        run.provider.change(to: .window(count: 600, length: 60, used: 0, number: 5))
        let before = run.provider.accepted
        run.run(until: 420, arrivals: calls.filter { (300..<420).contains($0.time) })
        #expect(run.provider.accepted - before >= 2 * 600 - 60, "seed \(seed)")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `a provider that punishes does so at most once in ten minutes`(seed: UInt64) {
        let policy = Budget.Policy(punishes: true)
        let limit = BudgetLimit("rate", .tokenBucket(ratePerSecond: 25, burst: 25), policy: policy)
        var run = ModelRun(limit, .bucket(25, 25, block: 2), seed: seed)
        run.run(until: 600, arrivals: arrivals(30, .bulk, until: 600))
        #expect(run.provider.blocks.count <= 1, "seed \(seed): \(run.provider.blocks)")
        #expect(run.provider.accepted > 25 * 590, "seed \(seed)")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `nothing is tried above what a provider that punishes has taught`(seed: UInt64) {
        let policy = Budget.Policy(punishes: true)
        let limit = BudgetLimit("rate", .tokenBucket(ratePerSecond: 25, burst: 25), policy: policy)
        var run = ModelRun(limit, .bucket(20, 20, block: 2), seed: seed)
        run.run(until: 1_200, arrivals: arrivals(30, .bulk, until: 1_200))
        #expect(run.provider.blocks.count { $0 > 120 } == 0, "seed \(seed): \(run.provider.blocks)")
        #expect(run.provider.accepted > 10 * 1_200, "seed \(seed): \(run.provider.accepted)")
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `an unknown limit is found`(seed: UInt64) {
        var run = ModelRun(BudgetLimit("unknown", nil), .bucket(30, 30), seed: seed)
        run.run(until: 300, arrivals: arrivals(60, .bulk, until: 300))
        let sent = run.sends.count { $0 >= 120 }
        let refused = run.refusals.count { $0 >= 120 }
        #expect(Double(sent - refused) > 0.8 * 30 * 180, "seed \(seed): \(sent)")
        #expect(Double(refused) < 0.02 * Double(sent), "seed \(seed): \(refused) of \(sent)")
    }

    /// T8: 120 s in which the provider lets through a quarter of what it should and names waits of every kind.
    @Test(arguments: [Duration.seconds(5), .seconds(30), nil])
    func `a storm of refusals stops bulk calls, and live ones still get through`(wait: Duration?) {
        let limit = BudgetLimit("rate", .tokenBucket(ratePerSecond: 20, burst: 20))
        var run = ModelRun(limit, .bucket(20, 20), seed: 1)
        run.retryAfter = { _ in wait }
        let calls = merged(arrivals(15, .bulk, until: 240), arrivals(1, .live, until: 240, ids: 100_000))
        run.run(until: 60, arrivals: calls.filter { $0.time < 60 })
        run.provider.change(to: .bucket(rate: 5, burst: 5, tokens: 0, at: 60))
        run.run(until: 180, arrivals: calls.filter { (60..<180).contains($0.time) })
        let live = run.outcomes.values.filter { $0.budgetClass == .live && $0.addedAt >= 62 }
        let waits = live.map { ($0.acceptedAt ?? 240) - $0.addedAt }.sorted()
        #expect(waits[waits.count / 2] < 0.5, "\(waits)")
        #expect(waits[waits.count * 9 / 10] < 8, "\(waits)")
        #expect(run.refusals.count < 60, "\(run.refusals.count)")
    }

    /// T15: one wedding's import of 10 000 calls in the same class as everybody else's.
    @Test
    func `an import of ten thousand calls leaves the other weddings alone`() throws {
        let weddings = try (0..<6).map { try wedding("w\($0)") }
        var random = SeededRandom(seed: 7)
        var calls: [Arrival] = []
        var time = 0.0
        for id in 0..<4_800 {
            time += Double.random(in: 0..<0.25, using: &random)
            calls.append((time, id, .normal, weddings[1 + id % 5]))
        }
        let limit = BudgetLimit("rate", .tokenBucket(ratePerSecond: 25, burst: 25))
        func p99(_ calls: [Arrival]) -> Double {
            var run = ModelRun(limit, .bucket(25, 25), seed: 7)
            run.run(until: time + 1, arrivals: calls)
            // What a call takes at the provider is there with and without the import.
            let waits = run.outcomes.filter { $0.key < 4_800 }.values
                .map { ($0.acceptedAt ?? time + 99) - $0.addedAt + 0.7 }.sorted()
            return waits[waits.count * 99 / 100]
        }
        let imported = (0..<10_000).map { Arrival(10, 10_000 + $0, .normal, weddings[0]) }
        let alone = p99(calls)
        let beside = p99(merged(calls, imported))
        #expect(beside <= alone * 1.1, "\(alone) becomes \(beside)")
    }
}
