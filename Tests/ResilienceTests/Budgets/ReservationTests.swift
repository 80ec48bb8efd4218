import Domain
import Resilience
import Testing

struct ReservationTests {
    private func reservation(_ name: String, _ quota: Int, _ from: Double, _ to: Double) throws -> Reservation
    {
        Reservation(wedding: try wedding(name), quota: quota, from: at(from).wall, to: at(to).wall)
    }

    @Test
    func `a day's share is kept for its wedding and free again when its time is over`() throws {
        var budget = Budget(.fixedWindow(count: 1_000, length: .seconds(86_400)), now: at(0))
        try budget.reserve(try reservation("a", 300, 3_600, 7_200), now: at(0))
        #expect(budget.takeAll(.live, now: at(3_600)) == 700)
        #expect(budget.takeAll(.live, wedding: try wedding("b"), now: at(3_601)) == 0)
        #expect(budget.takeAll(.live, wedding: try wedding("a"), now: at(3_601)) == 300)
        var unused = Budget(.fixedWindow(count: 1_000, length: .seconds(86_400)), now: at(0))
        try unused.reserve(try reservation("a", 300, 3_600, 7_200), now: at(0))
        #expect(unused.takeAll(.live, now: at(3_600)) == 700)
        #expect(
            (140...160).contains(unused.takeAll(.live, now: at(6_300))),
            "half of the time's second half is gone"
        )
        #expect((140...160).contains(unused.takeAll(.live, now: at(7_200))))
    }

    @Test
    func `tokens are kept for a wedding, and the rate is everybody's`() throws {
        var budget = Budget(.tokenBucket(ratePerSecond: 10, burst: 40), now: at(0))
        try budget.reserve(try reservation("a", 500, 0, 100), now: at(0))
        _ = budget.admission(.live, now: at(0))
        _ = budget.admission(.live, now: at(20))
        let others = budget.takeAll(.live, now: at(20))
        let own = budget.takeAll(.live, wedding: try wedding("a"), now: at(20))
        #expect((18...20).contains(others) && (18...21).contains(own), "\(others), \(own)")
        var taken = 0
        for tenth in 0..<400 { taken += budget.takeAll(.live, now: at(30 + Double(tenth) / 10)) }
        #expect(taken >= 380, "a wedding that sends nothing holds nobody up: \(taken)")
    }

    @Test
    func `more than the limit is not promised`() throws {
        var day = Budget(.fixedWindow(count: 100, length: .seconds(86_400)), now: at(0))
        try day.reserve(try reservation("a", 70, 0, 3_600), now: at(0))
        let late = try reservation("b", 31, 7_200, 9_000)
        #expect(throws: Reservation.Problem.tooMuch(left: 30)) { try day.reserve(late, now: at(0)) }
        try day.reserve(try reservation("b", 30, 7_200, 9_000), now: at(0))
        var bucket = Budget(.tokenBucket(ratePerSecond: 2, burst: 10), now: at(0))
        try bucket.reserve(try reservation("a", 100, 0, 100), now: at(0))
        let second = try reservation("b", 101, 50, 150)
        #expect(throws: Reservation.Problem.self) { try bucket.reserve(second, now: at(0)) }
        try bucket.reserve(try reservation("b", 200, 200, 300), now: at(0))
        #expect(throws: Reservation.Problem.isEmpty) {
            try bucket.reserve(try self.reservation("c", 0, 0, 1), now: at(0))
        }
        var places = Budget(.concurrency(count: 5), now: at(0))
        #expect(throws: Reservation.Problem.notCounted) { try places.reserve(late, now: at(0)) }
    }

    @Test
    func `a budget keeps a limited number of reservations`() throws {
        var budget = Budget(.fixedWindow(count: 1_000, length: .seconds(86_400)), now: at(0))
        for index in 0..<Budget.reservationsMax {
            try budget.reserve(try reservation("w\(index)", 1, 0, 100), now: at(0))
        }
        let last = try reservation("last", 1, 0, 100)
        #expect(throws: Reservation.Problem.tooMany(Budget.reservationsMax)) {
            try budget.reserve(last, now: at(0))
        }
        try budget.reserve(try reservation("later", 1, 200, 300), now: at(100))
        budget.release(try wedding("later"))
        #expect(budget.reservations(now: at(100)).isEmpty)
    }

    @Test
    func `the queue lets a wedding use what is held for it while others wait`() throws {
        let limit = BudgetLimit("day", .fixedWindow(count: 10, length: .seconds(86_400)))
        var queue = BudgetQueue<Int>(IntegrationBudget([limit], now: at(0)))
        try queue.budget.reserve(try reservation("a", 4, 0, 3_600), of: "day", now: at(0))
        for id in 0..<10 { _ = queue.add(WaitingCall(id, .normal, wedding: try wedding("b")), now: at(0)) }
        for id in 10..<16 { _ = queue.add(WaitingCall(id, .normal, wedding: try wedding("a")), now: at(0)) }
        let sent = queue.sendAll(now: at(0)).map(\.call.id)
        #expect(sent.count == 10)
        #expect(sent.count { $0 >= 10 } >= 4, "\(sent)")
    }

    @Test
    func `the forecast tells when a day's limit runs out`() throws {
        var forecast = UsageForecast()
        #expect(forecast.usualPerHour(at: at(0).wall) == nil)
        for hour in 0..<169 { forecast.record(100, at: at(Double(hour) * 3_600).wall) }
        #expect(forecast.usualPerHour(at: at(0).wall) == 100)
        let kind = LimitKind.fixedWindow(count: 2_000, length: .seconds(86_400))
        let today = try #require(
            forecast.outlook(from: at(0).wall, to: at(86_400).wall, kind: kind, used: 500)
        )
        #expect(today.usual.rounded() == 2_400 && today.capacity == 1_500)
        #expect(today.runsOutAt == at(15 * 3_600).wall)
        let held = [(reservation: try reservation("a", 500, 3_600, 7_200), left: 500)]
        let with = try #require(
            forecast.outlook(from: at(0).wall, to: at(86_400).wall, kind: kind, used: 500, reservations: held)
        )
        #expect(with.reserved.rounded() == 500 && with.runsOutAt == at(10 * 3_600).wall)
        let two = try #require(
            forecast.outlook(from: at(0).wall, to: at(2 * 86_400).wall, kind: kind, used: 0)
        )
        #expect(two.capacity == 4_000 && two.runsOutAt == at(20 * 3_600).wall)
        let bucket = LimitKind.tokenBucket(ratePerSecond: 1, burst: 5)
        let rate = try #require(forecast.outlook(from: at(0).wall, to: at(3_600).wall, kind: bucket, used: 0))
        #expect(rate.runsOutAt == nil && rate.left.rounded() == 3_500)
        #expect(
            forecast.outlook(from: at(0).wall, to: at(1).wall, kind: .concurrency(count: 1), used: 0) == nil
        )
        #expect(UsageForecast(json: forecast.json).usualPerHour(at: at(0).wall) == 100)
    }

    @Test
    func `the newest week counts for a quarter`() {
        var forecast = UsageForecast()
        for (week, calls) in [100, 100, 200, 200, 0].enumerated() {
            forecast.record(calls, at: at(Double(week) * 7 * 86_400).wall)
        }
        #expect(forecast.usualPerHour(at: at(0).wall) == 143.75)
    }
}
