import Domain

/// The demonstration's scene: Stripe breaks in the middle of a wedding's payments, and comes back.
///
///     calm --breakAfter--> losing an answer --lostFor--> broken --brokenFor--> mending --failover over--> compared
///
/// A value: what it orders follows from the time that has passed and from what was seen.
package struct PaymentScene: Sendable {
    /// How long all is well first.
    package static let breakAfter = Duration.seconds(8)
    /// How long answers get lost after the money was taken.
    package static let lostFor = Duration.milliseconds(600)
    /// How long nobody can connect.
    package static let brokenFor = Duration.seconds(16)
    /// The longest that is waited for the way back, before the ledgers are compared all the same.
    package static let returnMax = Duration.seconds(150)

    /// What is to be done or told.
    package enum Action: Hashable, Sendable {
        /// The money is taken, and the answer gets lost on its way.
        case loseAnswers
        /// Nobody can connect any more.
        case refuse
        /// Everything works again.
        case mend
        /// Tell this.
        case say(String, DemonstrationBoard.Tone)
        /// Compare the ledgers with the payments.
        case compare
    }

    /// What is seen of the gateway.
    package struct Sight: Hashable, Sendable {
        /// Why payments go elsewhere now; nil while they follow their route.
        package var failover: String?
        /// Payments whose end is being found out.
        package var inDoubt: Int

        /// Describes what is seen.
        package init(failover: String? = nil, inDoubt: Int = 0) {
            self.failover = failover
            self.inDoubt = inDoubt
        }
    }

    private enum State: Hashable, Sendable {
        case calm
        case losing(since: Duration)
        case broken(since: Duration)
        case mending(since: Duration)
        case over
    }

    private var state = State.calm
    private let begin: Duration
    private var isFailedOver = false
    private var isDoubtTold = false

    /// Begins at a monotonic time.
    package init(now: Duration) {
        begin = now
    }

    /// Whether the story is told.
    package var isOver: Bool { state == .over }

    /// Takes in the time and what is seen.
    package mutating func saw(_ sight: Sight, now: Duration) -> [Action] {
        tell(sight) + follow(now, sight)
    }

    private mutating func follow(_ now: Duration, _ sight: Sight) -> [Action] {
        switch state {
        case .calm:
            guard now - begin >= Self.breakAfter else { return [] }
            state = .losing(since: now)
            return [
                .say("Stripe begins to break: it takes the money, but its answer gets lost", .loss),
                .loseAnswers,
            ]
        case .losing(let since):
            guard now - since >= Self.lostFor else { return [] }
            state = .broken(since: now)
            return [.say("now Stripe is down: nobody can connect", .loss), .refuse]
        case .broken(let since):
            guard now - since >= Self.brokenFor else { return [] }
            state = .mending(since: now)
            return [
                .mend, .say("Stripe works again: Usher tries it, then gives calls back by steps", .success),
            ]
        case .mending(let since):
            let isBack = sight.failover == nil && sight.inDoubt == 0 && now - since >= .seconds(5)
            guard isBack || now - since >= Self.returnMax else { return [] }
            state = .over
            return [.compare]
        case .over: return []
        }
    }

    private mutating func tell(_ sight: Sight) -> [Action] {
        var actions: [Action] = []
        if let why = sight.failover, !isFailedOver {
            isFailedOver = true
            actions.append(.say("Usher fails over, payments go on by Square: \(why)", .trouble))
        } else if sight.failover == nil, isFailedOver {
            isFailedOver = false
            actions.append(.say("the failover is over: Stripe serves all payments again", .success))
        }
        if sight.inDoubt > 0, !isDoubtTold {
            isDoubtTold = true
            let text =
                "in doubt: \(sight.inDoubt) without an answer; not charged elsewhere, Stripe is asked again"
            actions.append(.say(text, .trouble))
        } else if sight.inDoubt == 0, isDoubtTold {
            isDoubtTold = false
            actions.append(
                .say("no payment is in doubt any more: Stripe has said what became of each", .success)
            )
        }
        return actions
    }
}

/// The payments that were asked for, held against what the vendors' ledgers say.
package struct LedgerComparison: Hashable, Sendable {
    /// The charges in all ledgers, by vendor.
    package let charges: [String: Int]
    /// The payments for which more than one charge stands, less those that were given back.
    package let chargedTwice: Int
    /// Payments that Usher calls done and for which no charge stands.
    package let missing: Int
    /// Payments that Usher calls done.
    package let paid: Int

    /// Compares.
    ///
    /// - Parameters:
    ///   - paid: the ids of the calls that succeeded.
    ///   - ledgers: what took effect, by the vendor's name.
    package init(paid: Set<String>, ledgers: [String: [LedgerEntry]]) {
        var standing: [String: Int] = [:]
        var charges: [String: Int] = [:]
        for (vendor, ledger) in ledgers {
            let givenBack = Set(ledger.filter { $0.kind == "refund" || $0.kind == "void" }.compactMap(\.of))
            for entry in ledger where entry.kind == "charge" {
                guard let tag = entry.tag, !givenBack.contains(entry.id) else { continue }
                standing[tag, default: 0] += 1
                charges[vendor, default: 0] += 1
            }
        }
        self.charges = charges
        self.paid = paid.count
        chargedTwice = standing.values.count { $0 > 1 }
        missing = paid.count { standing[$0] == nil }
    }

    /// Whether everything is as it must be.
    package var isGood: Bool { chargedTwice == 0 && missing == 0 }

    /// In words.
    package var sentence: String {
        let parts = charges.sorted { $0.key < $1.key }.map { "\($0.value) at \($0.key)" }
        let twice = chargedTwice == 0 ? "nobody was charged twice" : "CHARGED TWICE: \(chargedTwice)"
        let lost = missing == 0 ? "" : ", MISSING: \(missing)"
        return
            "ledgers compared: \(paid) payments done, charges \(parts.joined(separator: " and ")), \(twice)\(lost)"
    }
}
