import Calls
import Domain
import Providers
import Synchronization

/// An application that sells: it asks for payments, repeats what had no answer under the same key, sometimes twice at
/// once, and believes what it is told.
final class SimulatedShop: Sendable {
    /// One operation, asked for under a key of its own.
    struct Step: Sendable {
        let key: String
        let operation: Operation
        /// The key of the step that made what it is about.
        let about: String?
        /// In minor units; nil is all of it.
        let amount: Int64?
        let isAsync: Bool
        let sources: [String: String]
    }

    /// What the application knows of a step.
    struct Record: Sendable {
        let step: Step
        /// The calls that it was told of: one, if all is well.
        var calls: Set<CallID> = []
        /// How it ended, as told; nil when it was never told an end.
        var told: StoredCall?
        /// Why it was not taken.
        var refusal: CallError?
    }

    /// How long it waits for an answer.
    private static let patience = Duration.seconds(25)
    /// How often it asks for the same before it gives up: long after everything is over.
    private static let triesMax = 300

    private let world: World
    private let nodes: SimulatedNodes<MoneyNode>
    private let weather: MoneyWeather
    private let random: RandomSource
    private let book = Mutex<[String: Record]>([:])

    init(_ world: World, _ nodes: SimulatedNodes<MoneyNode>, _ weather: MoneyWeather) {
        self.world = world
        self.nodes = nodes
        self.weather = weather
        random = world.random(for: "shop")
    }

    /// What was asked for and what was told, by key.
    var records: [String: Record] { book.withLock { $0 } }

    /// Sells everything; returns when the end of all of it is known, or it has given up asking.
    func run() async {
        await withDiscardingTaskGroup { group in
            for number in 1...weather.purchases {
                group.addTask { await self.sell(number) }
                let gap = random.fraction() * Double(weather.gapMax.microseconds)
                do { try await world.time.sleep(.microseconds(Int64(gap))) } catch { return }
            }
        }
    }

    private func sell(_ number: Int) async {
        let amount = Int64(10_000 + number)
        let plan = random.next() % 8
        let isHeldFirst = plan >= 5
        let first = Step(
            key: "order-\(number)",
            operation: isHeldFirst ? .paymentsAuthorize : .paymentsCharge,
            about: nil,
            amount: amount,
            isAsync: random.fraction() < weather.async,
            sources: random.fraction() < weather.declined ? Self.declined : Self.good
        )
        guard let paid = await demand(first, about: nil), paid.state == .succeeded else { return }
        guard plan >= 3, (try? await world.time.sleep(.seconds(Int64(random.next() % 20)))) != nil else {
            return
        }
        let (name, operation): (String, Operation) =
            switch plan {
            case 3, 4: ("refund", .paymentsRefund)
            case 5, 6: ("capture", .paymentsCapture)
            default: ("void", .paymentsVoid)
            }
        let second = Step(
            key: "\(first.key)-\(name)",
            operation: operation,
            about: first.key,
            amount: plan == 4 ? 4_000 : nil,
            isAsync: random.fraction() < weather.async,
            sources: [:]
        )
        _ = await demand(second, about: paid.id)
    }

    private static let good = ["stripe": "pm_card_visa", "square": "ccof:on-file", "paypal": "8kk84513"]
    private static let declined = [
        "stripe": "pm_card_chargeDeclined", "square": "cnon:card-nonce-declined", "paypal": "declined-1",
    ]

    /// Asks until the end is known; nil when it is never told.
    private func demand(_ step: Step, about: CallID?) async -> StoredCall? {
        book.withLock { $0[step.key] = Record(step: step) }
        let submission = Self.submission(step, about: about)
        if random.fraction() < weather.doubled {
            // A double click: both go on their way at the same time.
            async let other = ask(submission, step)
            let end = await ask(submission, step)
            if let end = await other ?? end { return end }
        }
        for round in 0..<Self.triesMax {
            if let end = await ask(submission, step) { return end }
            if book.withLock({ $0[step.key]?.refusal }) != nil { return nil }
            let pause = Duration.milliseconds(500 + random.next() % 2_000) * min(round + 1, 60)
            guard (try? await world.time.sleep(pause)) != nil else { return nil }
        }
        return nil
    }

    private static func submission(_ step: Step, about: CallID?) -> CallSubmission {
        let money: JSONValue =
            step.amount.map { ["amount": .integer($0), "currency": "EUR"] } ?? .null
        var members: [JSONMember] = []
        if step.amount != nil { members.append(JSONMember("amount", money)) }
        if !step.sources.isEmpty {
            let sources = step.sources.sorted { $0.key < $1.key }.map {
                JSONMember($0.key, .string($0.value))
            }
            members.append(JSONMember("sources", .object(sources)))
        }
        return CallSubmission(
            step.operation,
            input: .object(members),
            of: about.map { .call($0) },
            isAsync: step.isAsync,
            key: step.key
        )
    }

    /// Asks once; the call when it is over.
    private func ask(_ submission: CallSubmission, _ step: Step) async -> StoredCall? {
        let nodes = nodes
        let answer = try? await world.network.exchange(timeout: Self.patience) {
            try? await nodes.ask { await $0.submit(submission) }
        }
        switch answer {
        case .result(let result)?:
            let call = result.call
            world.record("\(step.key) is told of \(call.id): \(call.state.name)")
            book.withLock { book in
                book[step.key]?.calls.insert(call.id)
                if call.state.isFinal { book[step.key]?.told = call }
            }
            return call.state.isFinal ? call : nil
        case .refused(let error)?:
            world.record("\(step.key) is refused: \(error.code)")
            book.withLock { $0[step.key]?.refusal = error }
            return nil
        case .again?, nil: return nil
        }
    }
}
