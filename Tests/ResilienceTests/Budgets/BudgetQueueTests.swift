import Domain
import Resilience
import Testing

func wedding(_ name: String) throws -> WeddingID {
    try #require(WeddingID(name))
}

extension BudgetQueue where ID == Int {
    /// Sends what can be sent now.
    mutating func sendAll(now: ClockReading) -> [SentCall<Int>] {
        var sent: [SentCall<Int>] = []
        while sent.count < 100_000, case .send(let call) = next(now: now) { sent.append(call) }
        return sent
    }

    /// Sends until nothing waits, from `start` on, each call finishing at once; the times by call.
    mutating func drain(from start: Double) -> [Int: Double] {
        var sent: [Int: Double] = [:]
        var time = start
        for _ in 0..<1_000_000 {
            switch next(now: at(time)) {
            case .send(let call):
                sent[call.call.id] = time
                finished(call, isAccepted: true, now: at(time))
            case .wait(let wait): time += wait.inSeconds
            case .expired, .unsaved: break
            case .idle: return sent
            }
        }
        return sent
    }
}

struct BudgetQueueTests {
    private func queue(
        _ kinds: LimitKind...,
        limits: BudgetQueue<Int>.Limits = .init()
    ) -> BudgetQueue<Int> {
        let list = kinds.enumerated().map { BudgetLimit("limit-\($0.offset)", $0.element) }
        return BudgetQueue(IntegrationBudget(list, now: at(0)), limits: limits)
    }

    @Test
    func `sends the more urgent first, and equals in the order they came`() {
        var queue = queue(.tokenBucket(ratePerSecond: 1, burst: 1))
        for (id, budgetClass) in [(1, BudgetClass.bulk), (2, .normal), (3, .live), (4, .live), (5, .normal)] {
            _ = queue.add(WaitingCall(id, budgetClass), now: at(0))
        }
        #expect(queue.drain(from: 0).sorted { $0.value < $1.value }.map(\.key) == [3, 4, 2, 5, 1])
        #expect(queue.next(now: at(9)) == .idle)
    }

    @Test
    func `weddings take turns, whoever has queued how much`() throws {
        var queue = queue(.tokenBucket(ratePerSecond: 1, burst: 1))
        let (a, b, c) = (try wedding("a"), try wedding("b"), try wedding("c"))
        for id in 1...6 { _ = queue.add(WaitingCall(id, .bulk, wedding: a), now: at(0)) }
        for id in 11...12 { _ = queue.add(WaitingCall(id, .bulk, wedding: b), now: at(0)) }
        _ = queue.add(WaitingCall(21, .bulk, wedding: c), now: at(0))
        let order = queue.drain(from: 0).sorted { $0.value < $1.value }.map(\.key)
        #expect(order.prefix(3).sorted() == [1, 11, 21])
        #expect(order.prefix(5).sorted() == [1, 2, 11, 12, 21])
        #expect(order.suffix(4) == [3, 4, 5, 6])
    }

    @Test
    func `a wedding that comes later goes next`() throws {
        var queue = queue(.tokenBucket(ratePerSecond: 1, burst: 1))
        let (a, b) = (try wedding("a"), try wedding("b"))
        for id in 1...100 { _ = queue.add(WaitingCall(id, .normal, wedding: a), now: at(0)) }
        #expect(queue.sendAll(now: at(0)).map(\.call.id) == [1])
        _ = queue.add(WaitingCall(200, .normal, wedding: b), now: at(0.5))
        #expect(queue.sendAll(now: at(1)).map(\.call.id) == [200])
    }

    @Test(arguments: [BudgetClass.live, .normal, .bulk])
    func `a wedding with many calls leaves some standing, and loses nothing of the rate`(
        budgetClass: BudgetClass
    ) throws {
        var queue = queue(.tokenBucket(ratePerSecond: 25, burst: 25))
        let (loud, quiet) = (try wedding("loud"), try wedding("quiet"))
        for id in 1...1_000 { _ = queue.add(WaitingCall(id, budgetClass, wedding: loud), now: at(0)) }
        var sent = 0
        for step in 0..<400 {
            let now = at(Double(step) / 20)
            sent += queue.sendAll(now: now).count
            guard step % 10 == 9 else { continue }
            // Two at a time: what is left standing is enough for both.
            for id in [10_000 + step, 20_000 + step] {
                _ = queue.add(WaitingCall(id, budgetClass, wedding: quiet), now: now)
            }
            let next = queue.sendAll(now: now).map(\.call.id)
            #expect(next == [10_000 + step, 20_000 + step])
            sent += next.count
        }
        #expect(sent >= 25 * 20)
    }

    @Test
    func `when what was left is used up, crowds and others take turns until no other waits`() throws {
        var queue = queue(.tokenBucket(ratePerSecond: 10, burst: 25))
        let loud = try wedding("loud")
        for id in 1...500 { _ = queue.add(WaitingCall(id, .live, wedding: loud), now: at(0)) }
        #expect(queue.sendAll(now: at(0)).count == 22)  // Of 24.5 tokens.
        for id in 1_001...1_010 {
            _ = queue.add(WaitingCall(id, .live, wedding: try wedding("other-\(id)")), now: at(0))
        }
        let first = queue.sendAll(now: at(0)).map(\.call.id)
        #expect(first == [1_001, 1_002])
        var turns: [Int] = []
        for step in 1...11 { turns += queue.sendAll(now: at(Double(step) / 10)).map(\.call.id) }
        // The crowd has one turn of nine, then the others are done, and it leaves some again.
        #expect(turns.prefix(9).filter { $0 <= 500 }.count == 1)
        #expect(Set(turns).isSuperset(of: 1_003...1_010))
        #expect(turns.count == 9)
        #expect(queue.sendAll(now: at(2)).count > 0)
    }

    /// Buckets of 1 to 100 tokens, and places, with calls that come and go.
    @Test(arguments: [2, 4, 5, 10, 25, 100])
    func `a crowd never waits behind less urgent calls`(burst: Int) throws {
        for (urgent, other) in [(BudgetClass.live, BudgetClass.normal), (.normal, .bulk)] {
            var queue = queue(.tokenBucket(ratePerSecond: 2, burst: burst))
            for id in 1...200 {
                _ = queue.add(WaitingCall(id, urgent, wedding: try wedding("loud")), now: at(0))
            }
            for id in 1_001...1_200 { _ = queue.add(WaitingCall(id, other), now: at(0)) }
            var sent: [Int] = []
            for step in 0..<200 { sent += queue.sendAll(now: at(Double(step) / 10)).map(\.call.id) }
            #expect(sent.count >= 38)
            #expect(sent.allSatisfy { $0 <= 200 }, "\(sent)")
        }
    }

    @Test
    func `a crowd with a reservation leaves the others their turns and what it must`() throws {
        let (holder, crowd, quiet) = (try wedding("holder"), try wedding("crowd"), try wedding("quiet"))
        var queue = queue(.tokenBucket(ratePerSecond: 10, burst: 25))
        let reservation = Reservation(
            wedding: holder,
            quota: 5,
            from: at(0).wall + .seconds(86_400),
            to: at(0).wall + .seconds(90_000)
        )
        try queue.budget.reserve(reservation, of: "limit-0", now: at(0))
        for id in 1...300 { _ = queue.add(WaitingCall(id, .live, wedding: holder), now: at(0)) }
        for id in 1_001...1_300 { _ = queue.add(WaitingCall(id, .live, wedding: crowd), now: at(0)) }
        var sent: [Int] = []
        for step in 0..<200 { sent += queue.sendAll(now: at(Double(step) / 10)).map(\.call.id) }
        let ofCrowd = sent.filter { $0 > 1_000 }.count
        #expect(abs(2 * ofCrowd - sent.count) <= 2, "\(ofCrowd) of \(sent.count)")
        _ = queue.add(WaitingCall(5_000, .live, wedding: quiet), now: at(20))
        #expect(queue.sendAll(now: at(20)).map(\.call.id).first == 5_000)
    }

    @Test
    func `calls of no wedding are nobody's crowd`() {
        var queue = queue(.tokenBucket(ratePerSecond: 25, burst: 25))
        for id in 1...100 { _ = queue.add(WaitingCall(id, .live), now: at(0)) }
        #expect(queue.sendAll(now: at(0)).count == 23)
    }

    @Test
    func `what has waited too long gets every tenth turn`() {
        var queue = queue(.tokenBucket(ratePerSecond: 1, burst: 1))
        for id in 0..<200 { _ = queue.add(WaitingCall(id, .live), now: at(0)) }
        for id in 1_000..<1_010 { _ = queue.add(WaitingCall(id, .normal), now: at(0)) }
        let sent = queue.drain(from: 0)
        let aged = sent.filter { $0.key >= 1_000 }.values.sorted()
        #expect((aged.first ?? 0) >= 59.9)
        #expect(zip(aged, aged.dropFirst()).allSatisfy { (9.9...10.1).contains($1 - $0) })
        #expect(sent.count == 210)
    }

    @Test
    func `bulk calls may not fill the room of live ones`() {
        var queue = queue(.tokenBucket(ratePerSecond: 1, burst: 1), limits: .init(callsMax: 10))
        for id in 0..<8 {
            guard case .waiting = queue.add(WaitingCall(id, .bulk), now: at(0)) else {
                Issue.record("call \(id) is refused")
                return
            }
        }
        guard case .full(8, let wait) = queue.add(WaitingCall(8, .bulk), now: at(0)) else {
            Issue.record("a ninth bulk call is let in")
            return
        }
        #expect((7...9).contains(wait.inSeconds))
        for id in 10..<12 { _ = queue.add(WaitingCall(id, .live), now: at(0)) }
        #expect(queue.add(WaitingCall(12, .live), now: at(0)) != .waiting(.zero))
        #expect(queue.count == 10)
        #expect(queue.add(WaitingCall(0, .bulk), now: at(0)) == .known)
    }

    @Test
    func `one wedding's calls are limited in number`() throws {
        let a = try wedding("a")
        var queue = queue(.tokenBucket(ratePerSecond: 1, burst: 1), limits: .init(callsOfWeddingMax: 2))
        for id in 0..<2 { _ = queue.add(WaitingCall(id, .bulk, wedding: a), now: at(0)) }
        guard case .weddingFull(2, _) = queue.add(WaitingCall(3, .bulk, wedding: a), now: at(0)) else {
            Issue.record("a third call is let in")
            return
        }
        guard case .waiting = queue.add(WaitingCall(4, .bulk), now: at(0)) else {
            Issue.record("another wedding's call is refused")
            return
        }
    }

    @Test
    func `a cancelled call is not sent, and may be added again`() {
        var queue = queue(.tokenBucket(ratePerSecond: 1, burst: 1))
        for id in 1...3 { _ = queue.add(WaitingCall(id, .normal), now: at(0)) }
        let isCancelled = [queue.cancel(1), queue.cancel(1)]
        #expect(isCancelled == [true, false])
        _ = queue.add(WaitingCall(1, .normal), now: at(0))
        #expect(queue.drain(from: 0).sorted { $0.value < $1.value }.map(\.key) == [2, 3, 1])
    }

    @Test
    func `a call whose deadline passes is given back`() {
        var queue = queue(.tokenBucket(ratePerSecond: 0.1, burst: 1))
        _ = queue.add(WaitingCall(1, .normal), now: at(0))
        _ = queue.add(WaitingCall(2, .normal, deadline: .seconds(3)), now: at(0))
        #expect(queue.sendAll(now: at(0)).map(\.call.id) == [1])
        #expect(queue.next(now: at(0)) == .wait(.seconds(3)))
        #expect(queue.next(now: at(3)) == .expired(2))
        #expect(queue.next(now: at(3)) == .idle)
    }

    @Test
    func `the estimate is what is then waited`() throws {
        var queue = queue(.tokenBucket(ratePerSecond: 10, burst: 1))
        let (a, b) = (try wedding("a"), try wedding("b"))
        for id in 0..<100 { _ = queue.add(WaitingCall(id, .bulk, wedding: a), now: at(0)) }
        let fair = queue.estimate(.bulk, wedding: b, now: at(0)).inSeconds
        let behind = queue.estimate(.bulk, wedding: a, now: at(0)).inSeconds
        _ = queue.add(WaitingCall(500, .bulk, wedding: b), now: at(0))
        _ = queue.add(WaitingCall(600, .bulk, wedding: a), now: at(0))
        let sent = queue.drain(from: 0)
        #expect(abs(try #require(sent[500]) - fair) <= 0.15)
        #expect(abs(try #require(sent[600]) - behind) <= 0.15)
    }

    @Test
    func `a call goes when every one of its limits lets it`() {
        let limits = [
            BudgetLimit("places", .concurrency(count: 1)),
            BudgetLimit("minute", .fixedWindow(count: 2, length: .seconds(60))),
        ]
        var queue = BudgetQueue<Int>(IntegrationBudget(limits, now: at(0)))
        for id in 1...3 { _ = queue.add(WaitingCall(id, .live), now: at(0)) }
        let first = queue.sendAll(now: at(0))
        #expect(first.map(\.call.id) == [1])
        #expect(queue.next(now: at(1)) == .idle)
        queue.finished(first[0], isAccepted: true, now: at(1))
        let second = queue.sendAll(now: at(1))
        #expect(second.map(\.call.id) == [2])
        queue.finished(second[0], isAccepted: true, now: at(2))
        #expect(queue.next(now: at(2)) == .wait(.seconds(58)))
        #expect(queue.sendAll(now: at(60)).map(\.call.id) == [3])
    }

    @Test
    func `calls to an object over its limit let the others pass`() {
        let limits = [
            BudgetLimit("mailbox", .concurrency(count: 1), scope: .object),
            BudgetLimit("calendar", .tokenBucket(ratePerSecond: 1, burst: 1), scope: .object),
        ]
        var queue = BudgetQueue<Int>(IntegrationBudget(limits, now: at(0)))
        let (mailbox, calendar) = (
            queue.budget.limits(named: ["mailbox"]), queue.budget.limits(named: ["calendar"])
        )
        for id in 1...2 {
            _ = queue.add(WaitingCall(id, .live, need: BudgetNeed(mailbox, object: "m")), now: at(0))
        }
        for id in 11...12 {
            _ = queue.add(WaitingCall(id, .live, need: BudgetNeed(calendar, object: "c")), now: at(0))
        }
        _ = queue.add(WaitingCall(21, .bulk, need: BudgetNeed(mailbox, object: "n")), now: at(0))
        let sent = queue.sendAll(now: at(0))
        #expect(sent.map(\.call.id).sorted() == [1, 11, 21])
        #expect(queue.next(now: at(0.5)) == .wait(.milliseconds(500)))
        #expect(queue.sendAll(now: at(1)).map(\.call.id) == [12])
        queue.finished(sent.first { $0.call.id == 1 } ?? sent[0], isAccepted: true, now: at(2))
        #expect(queue.sendAll(now: at(2)).map(\.call.id) == [2])
    }

    @Test
    func `remembers no more objects than its limit`() {
        let limit = BudgetLimit("calendar", .tokenBucket(ratePerSecond: 0.01, burst: 1), scope: .object)
        var queue = BudgetQueue<Int>(IntegrationBudget([limit], now: at(0)))
        let count = IntegrationBudget.objectsMax + 10
        for id in 0..<count {
            _ = queue.add(WaitingCall(id, .live, need: BudgetNeed(object: "\(id)")), now: at(0))
        }
        #expect(queue.sendAll(now: at(0)).count == IntegrationBudget.objectsMax)
        #expect(queue.sendAll(now: at(99)).isEmpty, "no object can be forgotten yet")
        #expect(queue.sendAll(now: at(101)).count == 10)
    }

    /// The model: an order of ids in which every call is sent once, expired once, cancelled once, or still waits.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random walks lose and double no call`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let limits = [
            BudgetLimit("rate", .tokenBucket(ratePerSecond: 20, burst: 5)),
            BudgetLimit("places", .concurrency(count: 3), scope: .object),
        ]
        var queue = BudgetQueue<Int>(IntegrationBudget(limits, now: at(0)))
        var waiting: Set<Int> = []
        var flying: [SentCall<Int>] = []
        var time = 0.0
        for id in 0..<2_000 {
            time += Double.random(in: 0..<0.1, using: &random)
            let object = ["x", "y", nil][Int.random(in: 0..<3, using: &random)]
            let call = WaitingCall(
                id,
                BudgetClass.allCases[Int.random(in: 0..<3, using: &random)],
                wedding: try wedding("w\(Int.random(in: 0..<5, using: &random))"),
                need: BudgetNeed(object: object),
                deadline: Bool.random(using: &random) ? .seconds(Int(time) + 20) : nil
            )
            _ = queue.add(call, now: at(time))
            waiting.insert(id)
            if Int.random(in: 0..<10, using: &random) == 0, let id = waiting.min() {
                let isCancelled = queue.cancel(id)
                #expect(isCancelled, "seed \(seed)")
                waiting.remove(id)
            }
            if flying.count > 2 {
                let index = Int.random(in: 0..<flying.count, using: &random)
                queue.finished(flying.remove(at: index), isAccepted: true, now: at(time))
            }
            loop: for _ in 0..<100 {
                switch queue.next(now: at(time)) {
                case .send(let sent):
                    #expect(waiting.remove(sent.call.id) != nil, "seed \(seed)")
                    flying.append(sent)
                    #expect(flying.count { $0.call.need.object == object } <= 3, "seed \(seed)")
                case .expired(let id): #expect(waiting.remove(id) != nil, "seed \(seed)")
                default: break loop
                }
            }
            #expect(queue.count == waiting.count, "seed \(seed)")
        }
        for call in flying { queue.finished(call, isAccepted: true, now: at(time)) }
        let rest = queue.drain(from: time)
        #expect(Set(rest.keys).isSubset(of: waiting) && queue.count == 0, "seed \(seed)")
    }
}
