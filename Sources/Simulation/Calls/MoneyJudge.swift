import Calls
import Domain
import Providers
import Sandbox

/// What the database of a simulation of payments holds in the end.
struct StoredMoney: Sendable {
    /// One call with its attempts.
    struct Entry: Sendable {
        let call: StoredCall
        let attempts: [StoredAttempt]
    }

    /// The most calls of one simulation, undoing ones included.
    private static let callsMax = 1_000

    let calls: [CallID: Entry]

    init(from node: MoneyNode) async throws {
        var calls: [CallID: Entry] = [:]
        for call in try await node.engine.list(CallFilter(), before: nil, limit: Self.callsMax) {
            calls[call.id] = Entry(call: call, attempts: try await node.engine.attempts(of: call.id))
        }
        self.calls = calls
    }
}

/// Compares what the applications were told, what Usher has stored and what the processors did.
///
/// | promise | what it says |
/// |---|---|
/// | M1 | at most one charge or authorization of a call stands |
/// | M2 | what was accepted exists, once, and comes to an end that does not change |
/// | M3 | what Usher says of a payment is so at the processor |
/// | M4 | nothing is left to a person that a machine could find out |
/// | M5 | no money moves without a call |
/// | M6 | what a bank refused is not tried elsewhere |
struct MoneyJudge {
    /// A charge or an authorization at a processor, with what became of it.
    private struct Payment {
        let account: String
        let id: String
        let amount: Int64
        let tag: String?
        var captured: [Int64] = []
        var isVoided = false
        var refunded: Int64 = 0

        /// Whether the payer's money is taken or held.
        var stands: Bool { !isVoided && refunded < (captured.first ?? amount) }
    }

    private let oracle: Oracle
    private let records: [String: SimulatedShop.Record]
    private let stored: StoredMoney
    private var payments: [Payment] = []

    init(
        _ oracle: Oracle,
        _ records: [String: SimulatedShop.Record],
        _ ledgers: [String: [LedgerEntry]],
        _ stored: StoredMoney
    ) {
        self.oracle = oracle
        self.records = records
        self.stored = stored
        for (account, entries) in ledgers.sorted(by: { $0.key < $1.key }) { enter(entries, of: account) }
    }

    private mutating func enter(_ entries: [LedgerEntry], of account: String) {
        var names: [String: Int] = [:]
        for entry in entries {
            let amount = entry.amount ?? 0
            guard entry.kind != "charge", entry.kind != "authorization" else {
                names[entry.id] = payments.count
                payments.append(Payment(account: account, id: entry.id, amount: amount, tag: entry.tag))
                continue
            }
            guard let index = entry.of.flatMap({ names[$0] }) else {
                oracle.expect(false, "M5", "\(entry.kind) \(entry.id) at \(account) changes nothing known")
                continue
            }
            switch entry.kind {
            case "capture":
                payments[index].captured.append(amount)
                names[entry.id] = index
            case "void": payments[index].isVoided = true
            case "refund": payments[index].refunded += amount
            default: oracle.expect(false, "M5", "\(account) has a \(entry.kind)")
            }
        }
    }

    /// Judges everything, and counts.
    func judge(hasTrueClocks: Bool) -> (MoneyFigures.Counts, ages: [Duration]) {
        judgeMoney()
        for record in records.values.sorted(by: { $0.step.key < $1.step.key }) {
            judgeAnswers(record)
            if record.step.about == nil { judgePayment(record) }
        }
        var counts = MoneyFigures.Counts()
        var ages: [Duration] = []
        counts.charges = payments.count
        for entry in stored.calls.values.sorted(by: { $0.call.id < $1.call.id }) {
            judgeCourse(entry)
            counts.calls += entry.call.undoes == nil ? 1 : 0
            counts.succeeded += entry.call.undoes == nil && entry.call.state == .succeeded ? 1 : 0
            counts.held += entry.call.state == .held ? 1 : 0
            counts.attempts += entry.attempts.count
            counts.undone += entry.attempts.count { $0.state == .compensated }
            for attempt in entry.attempts where attempt.rounds > 0 {
                counts.inDoubt += 1
                guard hasTrueClocks, let ended = attempt.endedAt else { continue }
                ages.append(ended - (attempt.sentAt ?? attempt.startedAt))
            }
        }
        return (counts, ages)
    }

    /// M1 and M5, from the ledgers alone.
    private func judgeMoney() {
        for payment in payments {
            let id = payment.tag.flatMap { CallID($0) }
            oracle.expect(
                id.map { stored.calls[$0] != nil } ?? false,
                "M5",
                "\(payment.account) has \(payment.id) of \(payment.tag ?? "nobody")"
            )
            oracle.expect(
                payment.refunded <= payment.captured.first ?? payment.amount,
                "M5",
                "\(payment.id) at \(payment.account): \(payment.refunded) of \(payment.amount) given back"
            )
            oracle.expect(
                payment.captured.count <= 1,
                "M1",
                "\(payment.id) at \(payment.account) was captured \(payment.captured.count) times"
            )
        }
        let tagged = Dictionary(grouping: payments.filter(\.stands)) { $0.tag ?? "" }
        for (tag, standing) in tagged.sorted(by: { $0.key < $1.key }) {
            let places = standing.map { "\($0.id) at \($0.account)" }.joined(separator: ", ")
            oracle.expect(standing.count == 1, "M1", "\(tag) is charged more than once: \(places)")
        }
    }

    /// M2: what an application was told.
    private func judgeAnswers(_ record: SimulatedShop.Record) {
        let key = record.step.key
        oracle.expect(record.calls.count <= 1, "M2", "\(key) became \(record.calls.count) calls")
        oracle.expect(
            record.told != nil || record.refusal != nil,
            "M2",
            "the application was never told what became of \(key)"
        )
        for id in record.calls {
            let call = stored.calls[id]?.call
            oracle.expect(call != nil, "M2", "\(id) of \(key) was accepted and is lost")
            guard let told = record.told, let call else { continue }
            oracle.expect(
                told.state == call.state && told.reference == call.reference,
                "M2",
                "\(key) was told to be \(told.state.name) and is \(call.state.name)"
            )
        }
    }

    /// M3: what was told of a payment and of what followed, against the processor's book.
    private func judgePayment(_ record: SimulatedShop.Record) {
        guard let told = record.told else { return }
        let key = record.step.key
        let mine = payments.filter { $0.tag == told.id.description }
        guard told.state == .succeeded else {
            let standing = mine.filter(\.stands).map { "\($0.id) at \($0.account)" }
            return oracle.expect(
                standing.isEmpty,
                "M3",
                "\(key) was told to be \(told.state.name), but \(standing.joined(separator: ", ")) stands"
            )
        }
        guard let good = mine.first(where: { told.reference?.hasSuffix($0.id) == true }) else {
            return oracle.expect(
                false,
                "M3",
                "\(key) was told to be paid as \(told.reference ?? "nothing"), which no processor has"
            )
        }
        let follower = records.values.first { $0.step.about == key }
        let isDone = follower?.told?.state == .succeeded
        let isOpen = follower.map { $0.told == nil && $0.refusal == nil } ?? false
        guard !isOpen else { return }  // M2 says so.
        let operation = isDone ? follower?.step.operation : nil
        let refunded = operation == .paymentsRefund ? follower?.step.amount ?? good.amount : 0
        oracle.expect(
            good.refunded == refunded,
            "M3",
            "\(key): \(good.refunded) given back at \(good.account), \(refunded) by what was told"
        )
        oracle.expect(
            good.isVoided == (operation == .paymentsVoid),
            "M3",
            "\(key): \(good.id) at \(good.account) is \(good.isVoided ? "" : "not ")voided"
        )
        oracle.expect(
            good.captured.count == (operation == .paymentsCapture ? 1 : 0),
            "M3",
            "\(key): \(good.id) at \(good.account) was captured \(good.captured.count) times"
        )
    }

    /// M2, M4 and M6, from what is stored.
    private func judgeCourse(_ entry: StoredMoney.Entry) {
        let call = entry.call
        oracle.expect(call.state != .held, "M4", "\(call.id) was left to a person")
        oracle.expect(
            call.state.isFinal || call.state == .held,
            "M2",
            "\(call.id) is still \(call.state.name)"
        )
        let refused = entry.attempts.firstIndex { $0.state == .refused }
        oracle.expect(
            refused == nil || refused == entry.attempts.count - 1,
            "M6",
            "\(call.id) was tried again after a bank refused it"
        )
    }
}
