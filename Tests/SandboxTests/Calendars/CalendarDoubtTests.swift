import Domain
import Providers
import Sandbox
import Testing

/// Creates events at vendors whose connections break and whose effects come late, settling each doubt as the engine does.
@Suite
struct CalendarDoubtTests {
    /// An attempt that is spoken to its end.
    private struct Attempt {
        /// The most requests of one attempt.
        static let requestsMax = 200

        let dialect: any CallDialect
        let account: IntegrationAccount
        let call: CallRequest
        var vendor: FaultyVendor
        var now: Instant
        var random: SeededRandom

        /// Whether the call came to its end with success; nil when a person is to look.
        mutating func run() throws -> Bool? {
            var progress = JSONValue.null
            var round = 0
            var isInDoubt = false
            for _ in 0..<Self.requestsMax {
                now = now + .seconds(7)
                if isInDoubt {
                    let step = dialect.settle(
                        call,
                        account,
                        progress: progress,
                        age: .seconds(7),
                        round: round,
                        now: now
                    )
                    round += 1
                    if case .ask(let request) = step {
                        guard let answer = send(request), case .succeeded = settled(answer, progress) else {
                            continue
                        }
                        return true
                    }
                    if case .hold = step { return nil }
                }
                let request = try dialect.next(call, account, progress: progress, now: now)
                guard let answer = send(request) else {
                    isInDoubt = isInDoubt || request.effect == .takesEffect
                    continue
                }
                switch dialect.read(answer, call, account, progress: progress) {
                case .succeeded: return true
                case .goOn(let next), .wait(let next, _): progress = next
                case .inDoubt: isInDoubt = true
                case .notApplied where isInDoubt: break
                case .notApplied, .refused: return false
                }
            }
            return nil
        }

        private func settled(_ answer: ProviderAnswer, _ progress: JSONValue) -> SettleVerdict {
            dialect.readSettled(answer, call, account, progress: progress, age: .seconds(7), round: 0)
        }

        private mutating func send(_ request: ProviderRequest) -> ProviderAnswer? {
            var body: [UInt8] = []
            if case .bytes(let bytes) = request.body { body = bytes }
            let sent = CallConversation<GoogleCalendarVendor>.vendorRequest(request, body: body)
            guard case .answer(let answer, _) = vendor.exchange(sent, now: now, random: &random) else {
                return nil
            }
            return ProviderAnswer(status: answer.status, headers: answer.headers, body: answer.body, at: now)
        }
    }

    private func faults() -> [VendorFault] {
        [
            VendorFault(.dropAnswer, share: 0.3, since: CalendarCalls.start),
            VendorFault(.failAfter(status: 503), share: 0.2, since: CalendarCalls.start),
            VendorFault(.failBefore(status: 500), share: 0.1, since: CalendarCalls.start),
            VendorFault(.lateEffect(.seconds(20)), share: 0.2, since: CalendarCalls.start),
        ]
    }

    private func stages() throws -> [(any CallDialect, any VendorMachine, IntegrationAccount)] {
        var google = GoogleCalendarVendor()
        let googleAccount = try CalendarCalls.account(GoogleCalendarCalls(), &google)
        var graph = GraphVendor()
        let graphAccount = try CalendarCalls.account(GraphCalls(), &graph)
        let apple = IntegrationAccount(
            provider: .appleCalendar,
            baseURL: AppleCalendarCalls().facts.baseURL,
            credential: [
                "user": Secret(AppleCalendarVendor.user), "password": Secret(AppleCalendarVendor.password),
                "calendar": Secret(AppleCalendarVendor.calendar),
            ]
        )
        return [
            (GoogleCalendarCalls(), google, googleAccount), (GraphCalls(), graph, graphAccount),
            (AppleCalendarCalls(), AppleCalendarVendor(), apple),
        ]
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `no event is made twice, and none that is told of is missing`(seed: UInt64) throws {
        for (dialect, machine, account) in try stages() {
            var vendor = FaultyVendor(machine)
            for fault in faults() { _ = vendor.add(fault) }
            var random = SeededRandom(seed: seed)
            var now = CalendarCalls.start
            var successes = 0
            for number in 1...12 {
                let call = try CalendarCalls.call(.calendarCreate, CalendarCalls.wedding, attempt: number)
                var attempt = Attempt(
                    dialect: dialect,
                    account: account,
                    call: call,
                    vendor: vendor,
                    now: now,
                    random: random
                )
                let isMade = try attempt.run()
                (vendor, now, random) = (attempt.vendor, attempt.now, attempt.random)
                let made = vendor.ledger.filter { $0.tag == call.tag && $0.kind == "event" }.count
                #expect(made <= 1, "seed \(seed), \(dialect.facts.provider), call \(number)")
                if isMade == true {
                    #expect(made == 1, "seed \(seed), \(dialect.facts.provider), call \(number)")
                }
                if isMade == false {
                    #expect(made == 0, "seed \(seed), \(dialect.facts.provider), call \(number)")
                }
                successes += isMade == true ? 1 : 0
            }
            #expect(successes >= 6, "seed \(seed), \(dialect.facts.provider)")
        }
    }
}
