import Domain
import Testing
import Webhooks

@Suite struct DispatchPlanTests {
    private func plan(_ concurrency: [Int64: Int], places: Int = 256) -> DispatchPlan {
        var plan = DispatchPlan(placesMax: places)
        let limits = concurrency.mapValues {
            DestinationGate.Limits(concurrency: $0, ratePerSecond: nil, hasStandby: false, isActive: true)
        }
        plan.configure(limits, urlsChanged: [], now: .zero)
        return plan
    }

    private func order(_ plan: inout DispatchPlan) throws -> DispatchPlan.Order {
        let order = plan.order(now: .zero)
        return try #require(order)
    }

    private func isIdle(_ plan: inout DispatchPlan, _ now: Duration) -> Bool {
        plan.order(now: now) == nil
    }

    private func delivery(_ seq: Int64, to destination: Int64) -> ClaimedDelivery {
        let event = ClaimedEvent(
            id: EventID(at: Instant(seconds: 1), sequence: seq),
            sourceID: 1,
            providerEventID: [1],
            type: "t",
            contentType: nil,
            sealedBody: []
        )
        return ClaimedDelivery(
            seq: seq,
            destinationID: destination,
            lane: seq,
            epoch: 1,
            attempts: 0,
            priority: .normal,
            createdAt: Instant(seconds: 1),
            event: event
        )
    }

    @Test func `shares the places between destinations`() throws {
        var plan = plan([1: 100, 2: 100], places: 10)
        let order = try order(&plan)
        #expect(order.permits.mapValues(\.count) == [1: 5, 2: 5])
    }

    @Test func `orders nothing more for a destination whose claim came back short`() throws {
        var plan = plan([1: 4])
        let order = try order(&plan)
        let starts = plan.claimed([delivery(1, to: 1)], of: order, nextDue: nil, now: .zero)
        #expect(starts.count == 1)
        #expect(isIdle(&plan, .zero))
        #expect(plan.nextChance(now: .zero) == nil)
        plan.workArrived([1])
        #expect(try self.order(&plan).permits[1]?.count == 3)
    }

    @Test func `wakes when a lane falls due`() throws {
        var plan = plan([1: 4])
        let order = try order(&plan)
        _ = plan.claimed([], of: order, nextDue: .seconds(3), now: .zero)
        #expect(isIdle(&plan, .seconds(2)))
        #expect(plan.nextChance(now: .seconds(2)) == .seconds(3))
        #expect(!isIdle(&plan, .seconds(3)))
    }

    @Test func `holds off after the store failed, whatever arrives`() throws {
        var plan = plan([1: 4])
        let order = try order(&plan)
        plan.claimFailed(order, retryAfter: .seconds(1), now: .zero)
        plan.workArrived([1])
        #expect(isIdle(&plan, .milliseconds(999)))
        #expect(plan.nextChance(now: .zero) == .seconds(1))
        #expect(!isIdle(&plan, .seconds(1)))
    }

    @Test func `a removed destination gets nothing and its last result changes nothing`() throws {
        var plan = plan([1: 1, 2: 1])
        let order = try order(&plan)
        let starts = plan.claimed([delivery(1, to: 1)], of: order, nextDue: nil, now: .zero)
        plan.configure([:], urlsChanged: [], now: .zero)
        plan.workArrived([1])
        #expect(isIdle(&plan, .zero))
        plan.tried(starts[0].1, .alive, now: .zero, jitter: 0)
        plan.finished(1, laneReady: true, retryIn: nil, now: .zero)
        #expect(isIdle(&plan, .zero))
    }

    @Test(arguments: 0..<50)
    func `never exceeds its places and never rests while work could start`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var plan = plan([1: 3, 2: 5, 3: 1], places: 6)
        var waiting: [Int64: Int] = [1: 0, 2: 0, 3: 0]
        var running: [(Int64, DeliveryPermit)] = []
        var now = Duration.zero
        var seq: Int64 = 0
        for _ in 0..<400 {
            now += .milliseconds(Int64.random(in: 0...50, using: &random))
            let id = Int64.random(in: 1...3, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0:
                waiting[id, default: 0] += 1
                plan.workArrived([id])
            case 1 where !running.isEmpty:
                let (id, permit) = running.remove(at: Int.random(in: 0..<running.count, using: &random))
                plan.tried(permit, .alive, now: now, jitter: 0)
                plan.finished(id, laneReady: false, retryIn: nil, now: now)
            default:
                break
            }
            while let order = plan.order(now: now) {
                var found: [ClaimedDelivery] = []
                for (id, permits) in order.permits {
                    for _ in 0..<min(permits.count, waiting[id, default: 0]) {
                        seq += 1
                        waiting[id, default: 0] -= 1
                        found.append(delivery(seq, to: id))
                    }
                }
                let starts = plan.claimed(found, of: order, nextDue: nil, now: now)
                #expect(starts.count == found.count)
                running += starts.map { ($0.0.destinationID, $0.1) }
            }
            #expect(running.count <= 6)
            for (id, limit) in [(Int64(1), 3), (2, 5), (3, 1)] {
                let busy = running.count { $0.0 == id }
                #expect(busy <= limit)
                #expect(waiting[id] == 0 || busy == limit || running.count == 6)
            }
        }
    }
}
