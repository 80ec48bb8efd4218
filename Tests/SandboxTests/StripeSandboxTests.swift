import Domain
import Providers
import Sandbox
import Signatures
import Testing

private let secret = Secret("whsec_sandbox-tests-0123456789")
private let start = Instant(seconds: 1_795_000_000)

private func sandbox(
    seed: UInt64 = 1,
    retryDelays: [Duration] = [.seconds(5), .seconds(25)]
) -> StripeSandbox {
    let url = "http://127.0.0.1:8080/api/integrations/webhooks/stripe"
    return StripeSandbox(.init(url: url, secret: secret, retryDelays: retryDelays), seed: seed)
}

private func isGenuine(_ shipment: StripeShipment, at now: Instant) -> Bool {
    (try? StripeSignature.verify(shipment.request, secrets: [secret], now: now)) == 0
}

struct StripeSandboxTests {
    @Test func `the same seed tells the same stories, byte for byte`() {
        var first = sandbox(seed: 7)
        var second = sandbox(seed: 7)
        var other = sandbox(seed: 8)
        for step in 0..<50 {
            let now = start + .seconds(step)
            first.happen(now: now)
            second.happen(now: now)
            other.happen(now: now)
        }
        let bodies = first.takeDue(now: start + .seconds(60)).map(\.request.body)
        #expect(bodies.count == 50)
        #expect(bodies == second.takeDue(now: start + .seconds(60)).map(\.request.body))
        #expect(bodies != other.takeDue(now: start + .seconds(60)).map(\.request.body))
    }

    @Test func `every event is signed by Stripe's scheme and understood by the dialect of stripe`() throws {
        var sandbox = sandbox()
        let dialect = WebhookDialect(.stripe(StripeSettings()))
        for _ in 0..<500 { sandbox.happen(now: start) }
        for shipment in sandbox.takeDue(now: start) {
            #expect(isGenuine(shipment, at: start))
            let description = try dialect.read(shipment.request).events[0]
            #expect(description.providerEventID == Array(shipment.eventID.utf8))
            #expect(description.type == shipment.type)
            let entry = try #require(sandbox.ledger[shipment.eventID])
            #expect(description.orderingKey == Array(entry.subject.utf8))
        }
        #expect(sandbox.ledger.happened == 500)
        #expect(Set(sandbox.ledger.events.map(\.id)).count == 500)
    }

    @Test func `a payment succeeds after it was created and is refunded after its charge`() {
        var sandbox = sandbox(seed: 3)
        for _ in 0..<2_000 { sandbox.happen(now: start) }
        let stories = Dictionary(grouping: sandbox.ledger.events, by: \.subject).values.map { $0.map(\.type) }
        #expect(stories.contains { $0.contains("payment_intent.payment_failed") })
        for types in stories {
            for (type, earlier) in [
                ("payment_intent.succeeded", "payment_intent.created"),
                ("charge.refunded", "charge.succeeded"),
                ("invoice.paid", "invoice.finalized"),
            ] {
                guard let place = types.firstIndex(of: type) else { continue }
                #expect(types.firstIndex(of: earlier).map { $0 < place } == true, "\(types)")
            }
        }
    }

    @Test(arguments: [nil, 500, 503, 302, 404])
    func `an answer that is not 2xx is tried again by the schedule`(
        _ status: Int?
    ) throws {
        var sandbox = sandbox()
        sandbox.happen(now: start)
        let first = try #require(sandbox.takeDue(now: start).first)
        sandbox.answered(first.number, status: status, now: start + .seconds(1))
        #expect(sandbox.nextDue == start + .seconds(6))
        #expect(sandbox.takeDue(now: start + .seconds(5)).isEmpty)
        let second = try #require(sandbox.takeDue(now: start + .seconds(6)).first)
        #expect(second.eventID == first.eventID)
        #expect(second.attempt == 2)
        #expect(second.request.body == first.request.body)
        #expect(isGenuine(second, at: start + .seconds(6)))
        sandbox.answered(second.number, status: 200, now: start + .seconds(7))
        #expect(sandbox.isIdle)
        #expect(sandbox.ledger[first.eventID]?.outcome == .acknowledged(at: start + .seconds(7)))
    }

    @Test func `an event is given up when the schedule is used up`() throws {
        var sandbox = sandbox(retryDelays: [.seconds(1)])
        sandbox.happen(now: start)
        for second in 0...1 {
            let now = start + .seconds(second)
            let shipment = try #require(sandbox.takeDue(now: now).first)
            sandbox.answered(shipment.number, status: 500, now: now)
        }
        #expect(sandbox.isIdle)
        #expect(sandbox.ledger.givenUp == 1)
        #expect(sandbox.ledger.sent == 2)
    }

    @Test func `an answer that comes twice or to nothing changes nothing`() throws {
        var sandbox = sandbox()
        sandbox.happen(now: start)
        let shipment = try #require(sandbox.takeDue(now: start).first)
        sandbox.answered(shipment.number, status: 200, now: start)
        sandbox.answered(shipment.number, status: 500, now: start)
        sandbox.answered(999, status: 500, now: start)
        #expect(sandbox.isIdle)
        #expect(sandbox.ledger.acknowledged == 1)
    }
}

struct StripeFaultTests {
    @Test func `a duplicate is the same event twice, acknowledged once, and not tried again`() {
        var sandbox = sandbox()
        sandbox.command(.duplicate)
        sandbox.happen(now: start)
        let shipments = sandbox.takeDue(now: start)
        #expect(shipments.map(\.kind) == [.original, .duplicate])
        #expect(Set(shipments.map(\.eventID)).count == 1)
        sandbox.answered(shipments[1].number, status: 200, now: start)
        sandbox.answered(shipments[0].number, status: 500, now: start)
        #expect(sandbox.isIdle)
        #expect(sandbox.ledger.acknowledged == 1)
        #expect(sandbox.ledger.happened == 1)
    }

    @Test func `a delayed event is not due before its time`() {
        var sandbox = sandbox()
        sandbox.command(.delay(.seconds(30)))
        sandbox.happen(now: start)
        #expect(sandbox.takeDue(now: start + .seconds(29)).isEmpty)
        #expect(sandbox.takeDue(now: start + .seconds(30)).count == 1)
    }

    @Test func `a reordered event leaves after the one that happens next`() {
        var sandbox = sandbox()
        sandbox.command(.reorder)
        sandbox.happen(now: start)
        #expect(sandbox.takeDue(now: start).isEmpty)
        sandbox.happen(now: start + .seconds(1))
        let numbers = sandbox.takeDue(now: start + .seconds(1)).compactMap {
            sandbox.ledger[$0.eventID]?.number
        }
        #expect(numbers == [1, 0])
    }

    @Test func `a forged copy has its own id, a wrong signature and no second try`() {
        var sandbox = sandbox()
        sandbox.command(.badSignature)
        sandbox.happen(now: start)
        let shipments = sandbox.takeDue(now: start)
        #expect(shipments.map(\.kind) == [.original, .forged])
        #expect(isGenuine(shipments[0], at: start))
        #expect(!isGenuine(shipments[1], at: start))
        #expect(sandbox.ledger[shipments[1].eventID] == nil)
        sandbox.answered(shipments[0].number, status: 200, now: start)
        sandbox.answered(shipments[1].number, status: 401, now: start)
        #expect(sandbox.isIdle)
        #expect(sandbox.ledger.forgeriesSent == 1)
        #expect(sandbox.ledger.forgeriesAccepted == 0)
    }

    @Test func `a forgery that is accepted is told`() {
        var sandbox = sandbox()
        sandbox.command(.badSignature)
        sandbox.happen(now: start)
        sandbox.answered(sandbox.takeDue(now: start)[1].number, status: 200, now: start)
        #expect(sandbox.ledger.forgeriesAccepted == 1)
        #expect(sandbox.ledger.acknowledged == 0)
    }

    @Test func `a burst is that many events at once, up to its limit`() {
        var small = sandbox()
        small.command(.burst(20))
        small.happen(now: start)
        #expect(small.takeDue(now: start, limit: 5).count == 5)
        #expect(small.takeDue(now: start).count == 15)
        var large = sandbox()
        large.command(.burst(StripeSandbox.burstMax + 1))
        large.happen(now: start)
        #expect(large.ledger.happened == StripeSandbox.burstMax)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `whatever goes wrong, every event ends acknowledged or given up`(
        _ seed: UInt64
    ) {
        var chance = SeededRandom(seed: seed)
        var sandbox = sandbox(seed: seed)
        let faults: [StripeFault] = [.duplicate, .delay(.seconds(9)), .reorder, .badSignature, .burst(7)]
        var now = start
        for step in 0..<400 {
            now = now + .milliseconds(Int.random(in: 1...3_000, using: &chance))
            if step < 200 {
                if let fault = faults.randomElement(using: &chance), Bool.random(using: &chance) {
                    sandbox.command(fault)
                }
                sandbox.happen(now: now)
            } else if step == 200 {
                sandbox.happen(now: now)
            } else {
                now = now + .seconds(30)
            }
            for shipment in sandbox.takeDue(now: now) {
                let fine = shipment.kind != .forged && Int.random(in: 0..<10, using: &chance) < 7
                sandbox.answered(shipment.number, status: fine ? 200 : 503, now: now)
            }
        }
        #expect(sandbox.isIdle, "seed \(seed)")
        let ledger = sandbox.ledger
        #expect(ledger.acknowledged + ledger.givenUp == ledger.happened, "seed \(seed)")
        #expect(ledger.events.filter(\.isAcknowledged).count == ledger.acknowledged, "seed \(seed)")
    }
}
