import Domain
import Resilience
import Testing

struct BudgetStateTests {
    private static let policy = Budget.Policy(isDurable: true)

    @Test(arguments: [
        LimitKind.tokenBucket(ratePerSecond: 5, burst: 10), .fixedWindow(count: 100, length: .seconds(60)),
    ])
    func `nothing goes before it is saved that it may`(kind: LimitKind) {
        var budget = Budget(kind, policy: Self.policy, now: at(0))
        #expect(budget.takeAll(.live, now: at(0)) == 0)
        let isUnsaved = budget.admission(.live, now: at(0)) == .unsaved
        #expect(isUnsaved && budget.wantsSave(now: at(0)))
        let state = budget.state(now: at(0))
        budget.saved(state)
        #expect(budget.takeAll(.live, now: at(0)) == 5, "a second's tokens, a twentieth of the window")
        #expect(budget.wantsSave(now: at(0)))
    }

    @Test
    func `a save of the window before covers nothing in this one`() {
        var budget = Budget(.fixedWindow(count: 100, length: .seconds(60)), policy: Self.policy, now: at(0))
        let state = budget.state(now: at(59))
        #expect(budget.takeAll(.live, now: at(60)) == 0)
        budget.saved(state)
        #expect(budget.takeAll(.live, now: at(60)) == 0)
    }

    @Test(arguments: [JSONValue.null, [:], ["used": "much"], ["full_at": "x", "turns_at": true]])
    func `what cannot be read counts as used up`(state: JSONValue) {
        var bucket = Budget(.tokenBucket(ratePerSecond: 1, burst: 10), state: state, now: at(0))
        #expect(bucket.takeAll(.live, now: at(0)) == 0)
        var window = Budget(.fixedWindow(count: 10, length: .seconds(60)), state: state, now: at(0))
        #expect(window.takeAll(.live, now: at(59)) == 0)
        #expect(window.takeAll(.live, now: at(60)) == 10)
        var places = Budget(.concurrency(count: 3), state: state, now: at(0))
        #expect(places.takeAll(.live, now: at(9.9)) == 0)
        #expect(places.takeAll(.live, now: at(10.1)) == 3)
    }

    @Test
    func `what was learned, asked for and held survives`() throws {
        let couple = try wedding("w")
        var budget = Budget(.tokenBucket(ratePerSecond: 20, burst: 20), policy: Self.policy, now: at(0))
        try budget.reserve(
            Reservation(wedding: couple, quota: 50, from: at(0).wall, to: at(100).wall),
            now: at(0)
        )
        for second in [1.0, 2, 3] {
            let sent = Duration(fractionalSeconds: second)
            budget.apply(.refused(limit: nil, wait: nil), sentAt: sent, now: at(second), chance: 0)
        }
        let learned = budget.kind
        #expect(learned != .tokenBucket(ratePerSecond: 20, burst: 20))
        budget.apply(.refused(limit: nil, wait: .seconds(30)), sentAt: .seconds(3), now: at(3), chance: 0)
        let state = budget.state(now: at(3)).json
        // The new process's monotonic clock begins elsewhere.
        let restart = ClockReading(elapsed: .seconds(7_000), wall: at(5).wall)
        var next = Budget(.tokenBucket(ratePerSecond: 20, burst: 20), state: state, now: restart)
        guard case .wait(let wait) = next.admission(.bulk, now: restart) else {
            Issue.record("the wait is forgotten")
            return
        }
        #expect((27.9...28.1).contains(wait.inSeconds))
        #expect(next.kind != .tokenBucket(ratePerSecond: 20, burst: 20))
        #expect(next.reservations(now: restart).map(\.left) == [50])
        let bytes = state.serialized()
        #expect(try JSONParser.parse(bytes) == state)
    }

    /// P8 over a crash: the process dies after any step, the provider counts on; a save takes effect only when it is
    /// written, and the crash may come between the writing and the process's knowing of it.
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `a crash after any step gives nothing away`(seed: UInt64) throws {
        for crashAfter in stride(from: 1, to: 120, by: 3) {
            var random = SeededRandom(seed: seed)
            let isBucket = seed % 2 == 0
            let limit = BudgetLimit(
                "limit",
                isBucket
                    ? .tokenBucket(ratePerSecond: 4, burst: 8)
                    : .fixedWindow(count: 40, length: .seconds(60)),
                policy: Self.policy
            )
            var disk: JSONValue?
            var shift = 0.0
            var budget = IntegrationBudget([limit], state: disk, now: at(0))
            var sends: [Double] = []
            var time = 0.0
            for step in 1...160 {
                time += Double.random(in: 0..<0.4, using: &random)
                let now = ClockReading(elapsed: .seconds(100) + at(time - shift).elapsed, wall: at(time).wall)
                switch Int.random(in: 0..<4, using: &random) {
                case 0:
                    let state = budget.state(now: now)
                    disk = state.json
                    if Bool.random(using: &random) { budget.saved(state) }
                default:
                    while budget.admission(BudgetNeed(), .live, now: now) == .free {
                        budget.take(BudgetNeed(), .live, now: now)
                        sends.append(time)
                    }
                }
                guard step % crashAfter == 0 else { continue }
                shift = time - Double.random(in: 0..<50, using: &random)
                let restart = ClockReading(
                    elapsed: .seconds(100) + at(time - shift).elapsed,
                    wall: at(time).wall
                )
                budget = IntegrationBudget([limit], state: disk, now: restart)
            }
            if isBucket {
                let isWithin = sends.indices.allSatisfy { first in
                    sends.indices[first...].allSatisfy { last in
                        Double(last - first + 1) <= 8 + 4 * (sends[last] - sends[first]) + 0.01
                    }
                }
                #expect(isWithin, "seed \(seed), crash \(crashAfter)")
            } else {
                let windows = Dictionary(grouping: sends) { Int($0 / 60) }
                #expect(windows.values.allSatisfy { $0.count <= 40 }, "seed \(seed), crash \(crashAfter)")
            }
            #expect(crashAfter < 20 || !sends.isEmpty, "who crashes all the time sends nothing")
        }
    }

    @Test
    func `budgets of objects are saved too`() {
        let limit = BudgetLimit(
            "calendar",
            .tokenBucket(ratePerSecond: 0.01, burst: 2),
            scope: .object,
            policy: Self.policy
        )
        var budget = IntegrationBudget([limit], now: at(0))
        let need = BudgetNeed(object: "c")
        var admission = budget.admission(need, .live, now: at(0))
        #expect(admission == .unsaved)
        let state = budget.state(now: at(0))
        budget.saved(state)
        admission = budget.admission(need, .live, now: at(0))
        #expect(admission == .free)
        var next = IntegrationBudget([limit], state: state.json, now: at(1))
        next.saved(next.state(now: at(1)))
        admission = next.admission(need, .live, now: at(1))
        #expect(admission == .free, "one of two tokens was covered")
        next.take(need, .live, now: at(1))
        next.saved(next.state(now: at(1)))
        guard case .wait = next.admission(need, .live, now: at(1)) else {
            Issue.record("three of two tokens")
            return
        }
    }
}
