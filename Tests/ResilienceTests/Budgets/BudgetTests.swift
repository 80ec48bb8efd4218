import Domain
import Resilience
import Testing

/// Midnight of a Saturday, and the monotonic time zero.
let budgetStart = ClockReading(elapsed: .zero, wall: Instant(seconds: 1_785_542_400))

func at(_ seconds: Double) -> ClockReading {
    budgetStart + Duration(fractionalSeconds: seconds)
}

extension Budget {
    /// Sends as many calls as go at once, at most 100 000.
    mutating func takeAll(_ budgetClass: BudgetClass, wedding: WeddingID? = nil, now: ClockReading) -> Int {
        var count = 0
        while count < 100_000, admission(budgetClass, wedding: wedding, now: now) == .free {
            take(budgetClass, wedding: wedding, now: now)
            count += 1
        }
        return count
    }
}

struct BudgetTests {
    @Test(arguments: [
        (Priority.critical, BudgetClass.live), (.high, .normal), (.normal, .normal), (.low, .bulk),
    ])
    func `priorities have a class`(priority: Priority, budgetClass: BudgetClass) {
        #expect(BudgetClass(priority) == budgetClass)
    }

    @Test(arguments: [(BudgetClass.live, 23), (.normal, 19), (.bulk, 11)])
    func `a class leaves its reserve in the bucket`(budgetClass: BudgetClass, burst: Int) {
        var budget = Budget(.tokenBucket(ratePerSecond: 25, burst: 25), now: at(0))
        #expect(budget.takeAll(budgetClass, now: at(0)) == burst)
        #expect(budget.takeAll(.live, now: at(0)) == 23 - burst)
    }

    @Test(arguments: BudgetClass.allCases)
    func `every class uses the whole rate while the others are idle`(budgetClass: BudgetClass) {
        var budget = Budget(.tokenBucket(ratePerSecond: 25, burst: 25), now: at(0))
        _ = budget.takeAll(budgetClass, now: at(0))
        var time = 0.0
        for _ in 1...250 {
            guard case .wait(let wait) = budget.admission(budgetClass, now: at(time)) else { break }
            time += wait.inSeconds
            #expect(budget.admission(budgetClass, now: at(time)) == .free)
            budget.take(budgetClass, now: at(time))
        }
        #expect(abs(time - 10) < 0.05)
    }

    @Test(arguments: BudgetClass.allCases)
    func `a bucket of one token serves every class`(budgetClass: BudgetClass) {
        var budget = Budget(.tokenBucket(ratePerSecond: 1, burst: 1), now: at(0))
        #expect(budget.takeAll(budgetClass, now: at(0)) == 1)
        #expect(budget.admission(budgetClass, now: at(0)) == .wait(.seconds(1)))
        #expect(budget.takeAll(budgetClass, now: at(1)) == 1)
    }

    @Test(arguments: [(1, 1, 1, 1), (4, 4, 4, 2), (10, 10, 8, 5)])
    func `places are kept for the more urgent`(count: Int, live: Int, normal: Int, bulk: Int) {
        for (budgetClass, places) in [(BudgetClass.live, live), (.normal, normal), (.bulk, bulk)] {
            var budget = Budget(.concurrency(count: count), now: at(0))
            #expect(budget.takeAll(budgetClass, now: at(0)) == places)
            #expect(budget.admission(budgetClass, now: at(0)) == .full)
            budget.finished(sentAt: .zero, isAccepted: true, now: at(0))
            #expect(budget.admission(budgetClass, now: at(0)) == .free)
        }
    }

    @Test
    func `a window gives all to one class alone and turns with the minute`() {
        var budget = Budget(.fixedWindow(count: 100, length: .seconds(60)), now: at(10))
        #expect(budget.takeAll(.bulk, now: at(10)) == 100)
        #expect(budget.admission(.live, now: at(10)) == .wait(.seconds(50)))
        #expect(budget.takeAll(.live, now: at(59.999)) == 0)
        #expect(budget.takeAll(.live, now: at(60)) == 100)
    }

    @Test
    func `a window keeps a reserve for live calls, which melts to nothing at the turn`() {
        var budget = Budget(.fixedWindow(count: 1_500, length: .seconds(60)), now: at(0))
        for second in 0..<600 { budget.take(.live, now: at(Double(second))) }
        let early = budget.takeAll(.bulk, now: at(600))
        #expect((1_300...1_340).contains(early), "about 1500 - 3 · 60")
        for second in 600..<630 { budget.take(.live, now: at(Double(second))) }
        let later = budget.takeAll(.bulk, now: at(630))
        #expect((50...75).contains(later), "the 180 held at first, less the 90 still held and the 30 used")
        #expect((80...95).contains(budget.takeAll(.live, now: at(630))))
    }

    @Test
    func `a window keeps for normal calls what they will need by the rates of late, and little more`() {
        var budget = Budget(.fixedWindow(count: 1_500, length: .seconds(60)), now: at(0))
        for second in 0..<600 {
            budget.take(.live, now: at(Double(second)))
            for _ in 0..<6 { budget.take(.normal, now: at(Double(second))) }
        }
        let bulk = budget.takeAll(.bulk, now: at(600))
        #expect((1_020...1_060).contains(bulk), "1500 less 7 · 60 expected, less twice the root of that")
        for second in 600..<660 {
            budget.take(.live, now: at(Double(second)))
            for _ in 0..<6 { #expect(budget.admission(.normal, now: at(Double(second))) == .free) }
            for _ in 0..<6 { budget.take(.normal, now: at(Double(second))) }
        }
    }

    @Test
    func `calls at the edge of a window count in both`() {
        var budget = Budget(.fixedWindow(count: 10, length: .seconds(60)), now: at(0))
        #expect(budget.takeAll(.live, now: at(59.99)) == 10)
        #expect(budget.takeAll(.live, now: at(60)) == 0)
        #expect(budget.takeAll(.live, now: at(120)) == 10)
    }

    @Test(arguments: [-3_600.0, -61, -1, 1, 61, 3_600])
    func `a step of the wall clock opens no second window`(step: Double) {
        var budget = Budget(.fixedWindow(count: 10, length: .seconds(60)), now: at(30))
        #expect(budget.takeAll(.live, now: at(30)) == 10)
        var taken = 0
        for tenth in 300..<1_100 {
            let seconds = Double(tenth) / 10
            let now = ClockReading(elapsed: at(seconds).elapsed, wall: at(seconds + step).wall)
            taken += budget.takeAll(.live, now: now)
        }
        #expect(taken == 10, "from 30 s to 110 s the window turns once")
    }
}
