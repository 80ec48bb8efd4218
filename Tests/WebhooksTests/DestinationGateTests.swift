import Domain
import Testing
import Webhooks

@Suite struct DestinationGateTests {
    private func limits(
        concurrency: Int = 4,
        rate: Double? = nil,
        standby: Bool = false,
        active: Bool = true
    ) -> DestinationGate.Limits {
        DestinationGate.Limits(
            concurrency: concurrency,
            ratePerSecond: rate,
            hasStandby: standby,
            isActive: active
        )
    }

    private func gate(_ limits: DestinationGate.Limits) -> DestinationGate {
        DestinationGate(id: 1, limits: limits, now: .zero)
    }

    private func permits(_ gate: inout DestinationGate, _ limit: Int, _ now: Duration) -> [DeliveryPermit] {
        gate.permits(atMost: limit, now: now)
    }

    /// Fails the route until its breaker opens.
    private func openBreaker(_ gate: inout DestinationGate, now: Duration) {
        for _ in 0..<5 {
            let permits = gate.permits(atMost: 1, now: now)
            for permit in permits { gate.report(permit, .failing, now: now, jitter: 0) }
        }
    }

    @Test func `never has more in flight than its concurrency`() {
        var gate = gate(limits(concurrency: 4))
        #expect(permits(&gate, 10, .zero).count == 4)
        gate.claimed(4, asked: 4, now: .zero)
        #expect(permits(&gate, 10, .zero).isEmpty)
        gate.finished(laneReady: false)
        #expect(permits(&gate, 10, .zero).count == 1)
    }

    @Test func `asks no more once a claim brought less than asked, until work arrives`() {
        var gate = gate(limits())
        gate.claimed(1, asked: 4, now: .zero)
        #expect(gate.freePlaces(now: .zero) == 0)
        gate.workArrived()
        #expect(gate.freePlaces(now: .zero) == 3)
    }

    @Test func `keeps its rate and says when the next one may go`() {
        var gate = gate(limits(concurrency: 100, rate: 2))
        #expect(gate.freePlaces(now: .zero) == 2)
        gate.claimed(2, asked: 2, now: .zero)
        #expect(gate.freePlaces(now: .zero) == 0)
        #expect(gate.nextChance(now: .zero) == .milliseconds(500))
        #expect(gate.freePlaces(now: .milliseconds(500)) == 1)
    }

    @Test func `waits while its breaker is open and has no standby`() {
        var gate = gate(limits())
        openBreaker(&gate, now: .zero)
        #expect(permits(&gate, 4, .zero).isEmpty)
        #expect(gate.nextChance(now: .zero) == .seconds(1))
        #expect(!permits(&gate, 4, .seconds(1)).isEmpty)
    }

    @Test func `goes to the standby URL while the first one's breaker is open`() {
        var gate = gate(limits(standby: true))
        openBreaker(&gate, now: .zero)
        let permits = gate.permits(atMost: 4, now: .zero)
        #expect(permits.count == 4)
        #expect(permits.allSatisfy { $0.route == .standby })
    }

    @Test func `rests as long as it was asked to`() {
        var gate = gate(limits())
        let permit = gate.permits(atMost: 1, now: .zero)[0]
        gate.report(permit, .throttled(.seconds(9)), now: .zero, jitter: 0)
        #expect(permits(&gate, 1, .seconds(8)).isEmpty)
        #expect(gate.nextChance(now: .zero) == .seconds(9))
        #expect(permits(&gate, 1, .seconds(9)).count == 1)
    }

    @Test func `gives nothing while it is stopped and goes on afterwards`() {
        var gate = gate(limits(active: false))
        #expect(permits(&gate, 1, .zero).isEmpty)
        #expect(gate.nextChance(now: .zero) == nil)
        gate.change(limits(), urlsChanged: false, now: .zero)
        #expect(permits(&gate, 1, .zero).count == 1)
    }

    @Test func `a changed URL starts with a closed breaker`() {
        var gate = gate(limits())
        openBreaker(&gate, now: .zero)
        gate.change(limits(), urlsChanged: true, now: .zero)
        #expect(permits(&gate, 1, .zero).count == 1)
    }
}
