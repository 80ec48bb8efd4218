import Domain
import Gateway
import Providers
import Sandbox
import ServiceLifecycle
import Synchronization

/// Pays for today's wedding through Usher, and plays the scene in which Stripe breaks and comes back.
struct PaymentTraffic: Service {
    /// The pause between two payments while the scene is on: steps of a return need a flow of calls.
    static let pause = Duration.milliseconds(250)
    /// The pause afterwards.
    static let calmPause = Duration.seconds(3)
    /// Payments between two lines on the screen.
    static let perLine = 10
    /// The most payments on their way.
    static let inFlightMax = 64

    let client: ControlClient
    let vendors: DemonstrationVendors
    let screen: DemonstrationScreen
    let time: Time

    private final class Book: Sendable {
        struct State {
            var by: [String: Int] = [:]
            var others = 0
            var inFlight = 0
        }
        let state = Mutex(State())
        /// When the vendors' ledgers were empty.
        let begin: Instant

        init(begin: Instant) {
            self.begin = begin
        }
    }

    func run() async throws {
        let book = Book(begin: time.now())
        await withDiscardingTaskGroup { group in
            var scene = PaymentScene(now: time.elapsed())
            var turn = 0
            while await rest(scene.isOver ? Self.calmPause : Self.pause) {
                turn += 1
                let mayPay = book.state.withLock { state in
                    guard state.inFlight < Self.inFlightMax else { return false }
                    state.inFlight += 1
                    return true
                }
                if mayPay { group.addTask { [turn] in await pay(turn, book) } }
                if turn % (scene.isOver ? 1 : Self.perLine) == 0 { tell(book) }
                guard !scene.isOver, let sight = await sight() else { continue }
                for action in scene.saw(sight, now: time.elapsed()) { await act(action, book) }
            }
            group.cancelAll()
        }
    }

    /// Waits; false when it is time to end.
    private func rest(_ pause: Duration) async -> Bool {
        (try? await cancelWhenGracefulShutdown { [time] in try await time.sleep(pause) }) != nil
    }

    private func pay(_ number: Int, _ book: Book) async {
        let body: JSONValue = [
            "capability": "payments", "operation": "charge",
            "wedding": SampleCast.couples.first { $0.daysAhead == 0 }.map { .string($0.wedding) } ?? .null,
            "input": [
                "amount": ["amount": .integer(2_500 + number % 40 * 250), "currency": "EUR"],
                "sources": ["stripe": "pm_card_visa", "square": "cnon:card-nonce-ok"],
                "description": "Guest gift",
            ],
        ]
        let key = CallArguments.freshKey(random: .system)
        let call = try? await client.call(ControlRequest("POST", "/api/calls", body: body), key: key)
        book.state.withLock { state in
            state.inFlight -= 1
            switch call?["state"]?.string {
            case "succeeded": state.by[call?["integration"]?.string ?? "", default: 0] += 1
            case "refused", "failed": state.others += 1
            default: break  // It goes on: the ledgers tell in the end.
            }
        }
    }

    private func tell(_ book: Book) {
        let (by, others) = book.state.withLock { state in
            defer { (state.by, state.others) = ([:], 0) }
            return (state.by, state.others)
        }
        guard !by.isEmpty || others > 0 else { return }
        screen.happened(.paid(by: by, others: others))
    }

    private func sight() async -> PaymentScene.Sight? {
        guard
            let failovers = try? await client.get(
                "/api/failovers",
                query: [(name: "open", value: "true")]
            )["data"]?.array,
            let doubts = try? await client.get(
                "/api/calls",
                query: [(name: "state", value: "in_doubt"), (name: "operation", value: "payments")]
            )["data"]?.array
        else { return nil }
        let own = failovers.first { $0["capability"]?.string == "payments" }
        return PaymentScene.Sight(failover: own?["why"]?.string, inDoubt: doubts.count)
    }

    private func act(_ action: PaymentScene.Action, _ book: Book) async {
        let stripe = vendors.server("stripe-main")
        switch action {
        case .loseAnswers: stripe?.fail(.dropAnswer, path: "/v1/payment_intents/")
        case .refuse: stripe?.fail(.refuse)
        case .mend: stripe?.fail(nil)
        case .say(let text, let tone): screen.happened(.scene(text, tone))
        case .compare: await compare(book)
        }
    }

    /// Holds what Usher calls done against the ledgers, once nothing is on its way.
    private func compare(_ book: Book) async {
        for _ in 0..<40 {
            guard book.state.withLock({ $0.inFlight }) > 0, await rest(.milliseconds(250)) else { break }
        }
        tell(book)
        let query = [(name: "state", value: "succeeded"), (name: "operation", value: "payments.charge")]
        let listed = try? await client.list("/api/calls", query: query, limit: 10_000).elements()
        let done = (listed ?? []).filter { call in
            // Calls of an earlier start stand in ledgers that are gone.
            call["created_at"]?.string.flatMap { Instant($0) }.map { $0 >= book.begin } ?? false
        }
        let paid = Set(done.compactMap { $0["id"]?.string })
        let comparison = LedgerComparison(paid: paid, ledgers: vendors.ledgers)
        screen.happened(.scene(comparison.sentence, comparison.isGood ? .success : .loss))
    }
}
