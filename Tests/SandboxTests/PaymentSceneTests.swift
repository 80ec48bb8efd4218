import Domain
import Sandbox
import Testing

struct PaymentSceneTests {
    private func orders(_ actions: [PaymentScene.Action]) -> [PaymentScene.Action] {
        actions.filter { if case .say = $0 { false } else { true } }
    }

    @Test func `Stripe loses answers, goes down, works again, and in the end the ledgers are compared`() {
        var scene = PaymentScene(now: .seconds(100))
        var seen: [PaymentScene.Action] = []
        for tick in 0..<600 where !scene.isOver {
            seen += orders(scene.saw(PaymentScene.Sight(), now: .seconds(100) + .milliseconds(250 * tick)))
        }
        #expect(seen == [.loseAnswers, .refuse, .mend, .compare])
        #expect(scene.isOver)
        #expect(scene.saw(PaymentScene.Sight(), now: .seconds(900)).isEmpty)
    }

    @Test func `the end waits for the failover and for what is in doubt, but not for ever`() {
        var scene = PaymentScene(now: .zero)
        let trouble = PaymentScene.Sight(failover: "it fails", inDoubt: 1)
        var compared: Int?
        for second in 0..<600 where !scene.isOver {
            if scene.saw(trouble, now: .seconds(second)).contains(.compare) { compared = second }
        }
        #expect((174...180).contains(compared ?? 0))
    }

    @Test func `a failover and a doubt are told once, and their ends too`() {
        var scene = PaymentScene(now: .zero)
        let sights: [PaymentScene.Sight] = [
            .init(), .init(failover: "it fails", inDoubt: 2), .init(failover: "it fails", inDoubt: 1),
            .init(),
        ]
        let told = sights.map { scene.saw($0, now: .seconds(1)).count }
        #expect(told == [0, 2, 0, 2])
    }
}

struct LedgerComparisonTests {
    private func entry(_ kind: String, _ id: String, of: String? = nil, tag: String?) -> LedgerEntry {
        LedgerEntry(kind: kind, id: id, of: of, tag: tag, amount: 5, at: Instant(seconds: 0))
    }

    @Test func `a payment that stands in two ledgers was charged twice`() {
        let comparison = LedgerComparison(
            paid: ["a", "b"],
            ledgers: [
                "stripe": [entry("charge", "1", tag: "a"), entry("charge", "2", tag: "b")],
                "square": [entry("charge", "3", tag: "b")],
            ]
        )
        #expect(comparison.chargedTwice == 1 && !comparison.isGood)
        #expect(comparison.sentence.contains("CHARGED TWICE: 1"))
    }

    @Test func `what was given back does not count, and what is missing does`() {
        let comparison = LedgerComparison(
            paid: ["a", "c"],
            ledgers: [
                "stripe": [entry("charge", "1", tag: "a"), entry("refund", "9", of: "1", tag: nil)],
                "square": [entry("charge", "3", tag: "a")],
            ]
        )
        #expect(comparison.chargedTwice == 0 && comparison.missing == 1 && !comparison.isGood)
        #expect(comparison.charges == ["square": 1])
    }
}
