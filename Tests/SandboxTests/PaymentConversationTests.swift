import Domain
import Providers
import Sandbox
import Testing

/// The dialects of the payment processors against the processors as the sandbox plays them.
@Suite struct PaymentConversationTests {
    private static let tag = "call_01kc0000000000000000000000"
    private static let amount: JSONValue = ["amount": 12_500, "currency": "EUR"]

    private func call(
        _ operation: Providers.Operation,
        _ input: JSONValue,
        of target: String? = nil,
        key: String = "0123456789abcdefghijklmnopqrstuv"
    ) throws -> CallRequest {
        CallRequest(
            operation: operation,
            input: try CallInput(operation, input),
            target: target,
            key: key,
            tag: Self.tag,
            startedAt: Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)
        )
    }

    private func payment(_ source: String, _ provider: APIProvider) -> JSONValue {
        [
            "amount": Self.amount,
            "sources": .object([JSONMember(provider.rawValue, .string(source))]),
        ]
    }

    private var stripe: CallConversation<StripeVendor> {
        let credential = ["key": Secret(StripeVendor.secretKeyDefault)]
        return CallConversation(
            StripeCalls(),
            StripeVendor(),
            IntegrationAccount(provider: .stripe, baseURL: "https://stripe.sandbox", credential: credential)
        )
    }

    private var square: CallConversation<SquareVendor> {
        let credential = [
            "token": Secret(SquareVendor.accessTokenDefault), "location": Secret(SquareVendor.location),
        ]
        return CallConversation(
            SquareCalls(),
            SquareVendor(),
            IntegrationAccount(provider: .square, baseURL: "https://square.sandbox", credential: credential)
        )
    }

    /// A conversation with an access token that the vendor has given.
    private func paypal() throws -> CallConversation<PayPalVendor> {
        var vendor = PayPalVendor()
        var random = SeededRandom(seed: 7)
        let basic = WireText.basic(PayPalVendor.clientIDDefault, PayPalVendor.clientSecretDefault)
        let answer = vendor.answer(
            VendorRequest(
                method: "POST",
                path: "/v1/oauth2/token",
                headers: Headers([
                    ("authorization", basic), ("content-type", "application/x-www-form-urlencoded"),
                ]),
                body: Array("grant_type=client_credentials".utf8)
            ),
            now: Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0),
            random: &random
        )
        let token = try #require(try JSONParser.parse(answer.body)["access_token"]?.string)
        return CallConversation(
            PayPalCalls(),
            vendor,
            IntegrationAccount(
                provider: .paypal,
                baseURL: "https://paypal.sandbox",
                credential: [:],
                accessToken: Secret(token)
            )
        )
    }

    /// Charges, refunds a part, authorizes, captures, authorizes, voids, and reads; the ledger must tell the same.
    private func wholeStory<Vendor: VendorMachine>(
        _ conversation: inout CallConversation<Vendor>,
        source: String
    ) throws {
        let input = payment(source, conversation.account.provider)
        let charged = try succeeded(&conversation, try call(.paymentsCharge, input, key: key(0)))
        #expect(charged.reply["status"]?.string == "succeeded")
        let part: JSONValue = ["amount": ["amount": 500, "currency": "EUR"], "reason": "the band was ill"]
        conversation.now = conversation.now + .seconds(1)
        let refunded = try succeeded(
            &conversation,
            try call(.paymentsRefund, part, of: charged.reference, key: key(1))
        )
        #expect(["refunded", "processing"].contains(refunded.reply["status"]?.string))
        let read = try succeeded(
            &conversation,
            try call(.paymentsGet, [:], of: refunded.reference, key: key(2))
        )
        #expect(read.reply["amount"]?["amount"]?.int64 == 500)
        let held = try succeeded(&conversation, try call(.paymentsAuthorize, input, key: key(3)))
        #expect(held.reply["status"]?.string == "authorized")
        let taken = try succeeded(
            &conversation,
            try call(.paymentsCapture, [:], of: held.reference, key: key(4))
        )
        #expect(taken.reply["status"]?.string == "succeeded")
        let other = try succeeded(&conversation, try call(.paymentsAuthorize, input, key: key(5)))
        let released = try succeeded(
            &conversation,
            try call(.paymentsVoid, [:], of: other.reference, key: key(6))
        )
        #expect(released.reply["status"]?.string == "voided")
        let late = try conversation.run(try call(.paymentsVoid, [:], of: taken.reference, key: key(7)))
        guard case .notApplied(let failure) = late else {
            Issue.record("a captured payment was voided: \(late)")
            return
        }
        #expect(failure.code == "already_captured")
        let kinds = conversation.vendor.ledger.map(\.kind)
        #expect(kinds == ["charge", "refund", "authorization", "capture", "authorization", "void"])
        #expect(conversation.vendor.ledger[0].tag == Self.tag)
        #expect(conversation.vendor.ledger[1].amount == 500)
    }

    private func key(_ number: Int) -> String { "0123456789abcdefghijklmnopqrstu\(number)" }

    private func succeeded<Vendor: VendorMachine>(
        _ conversation: inout CallConversation<Vendor>,
        _ call: CallRequest
    ) throws -> CallOutcome {
        let verdict = try conversation.run(call)
        guard case .succeeded(let outcome) = verdict else { throw NotSucceeded(verdict: verdict) }
        return outcome
    }

    /// The call did not succeed.
    struct NotSucceeded: Error {
        let verdict: CallVerdict
    }

    @Test func `Stripe's whole story is in its ledger`() throws {
        var conversation = stripe
        try wholeStory(&conversation, source: "pm_card_visa")
    }

    @Test func `Square's whole story is in its ledger`() throws {
        var conversation = square
        try wholeStory(&conversation, source: "ccof:customer-card-id-ok")
    }

    @Test func `a declined card is refused and takes nothing`() throws {
        var one = stripe
        let declined = try one.run(try call(.paymentsCharge, payment("pm_card_chargeDeclined", .stripe)))
        var two = square
        let rejected = try two.run(
            try call(.paymentsCharge, payment("ccof:customer-card-id-declined", .square))
        )
        var three = try paypal()
        let denied = try three.run(try call(.paymentsCharge, payment("vault-denied", .paypal)))
        for verdict in [declined, rejected, denied] {
            guard case .refused = verdict else {
                Issue.record("not refused: \(verdict)")
                continue
            }
        }
        #expect(one.vendor.ledger.isEmpty && two.vendor.ledger.isEmpty)
    }

    @Test func `PayPal's charge is in its ledger with the call's tag, and is given back once`() throws {
        var conversation = try paypal()
        let charged = try succeeded(
            &conversation,
            try call(.paymentsCharge, payment("vault-1", .paypal), key: key(0))
        )
        #expect(charged.reference?.hasPrefix("capture:") == true)
        _ = try succeeded(&conversation, try call(.paymentsRefund, [:], of: charged.reference, key: key(1)))
        _ = try succeeded(&conversation, try call(.paymentsRefund, [:], of: charged.reference, key: key(2)))
        #expect(conversation.vendor.ledger.map(\.kind) == ["charge", "refund"])
        #expect(conversation.vendor.ledger[0].tag == Self.tag)
    }

    @Test(arguments: [true, false])
    func `a stored 500 of Stripe's is read, and cancelled when nothing happened`(takesEffect: Bool) throws {
        var conversation = stripe
        let charge = try call(.paymentsCharge, payment("pm_card_visa", .stripe))
        let creation = conversation.send(try next(conversation, charge, .null), content: nil)
        guard
            case .goOn(let progress) = conversation.dialect.read(
                creation,
                charge,
                conversation.account,
                progress: .null
            )
        else {
            Issue.record("no intent")
            return
        }
        conversation.vendor.conditions.storedFailure = .init(status: 500, takesEffect: takesEffect)
        _ = conversation.send(try next(conversation, charge, progress), content: nil)
        conversation.vendor.conditions = VendorConditions()
        let verdict = try settled(&conversation, charge, progress)
        switch verdict {
        case .succeeded: #expect(takesEffect)
        case .dead: #expect(!takesEffect)
        default: Issue.record("not settled: \(verdict)")
        }
        #expect(conversation.vendor.ledger.map(\.kind) == (takesEffect ? ["charge"] : []))
        let late = conversation.send(try next(conversation, charge, progress), content: nil)
        #expect(late.status >= 400, "the lost request came after all")
        #expect(conversation.vendor.ledger.count == (takesEffect ? 1 : 0))
    }

    private func next<Vendor: VendorMachine>(
        _ conversation: CallConversation<Vendor>,
        _ call: CallRequest,
        _ progress: JSONValue
    ) throws -> ProviderRequest {
        try conversation.dialect.next(call, conversation.account, progress: progress, now: conversation.now)
    }

    /// Finds out as the engine does, until something is proved.
    private func settled<Vendor: VendorMachine>(
        _ conversation: inout CallConversation<Vendor>,
        _ call: CallRequest,
        _ progress: JSONValue
    ) throws -> SettleVerdict {
        for round in 0..<10 {
            conversation.now = conversation.now + .seconds(30)
            let age = Duration.seconds(30 * (round + 1))
            let step = conversation.dialect.settle(
                call,
                conversation.account,
                progress: progress,
                age: age,
                round: round,
                now: conversation.now
            )
            switch step {
            case .replay:
                let answer = conversation.send(try next(conversation, call, progress), content: nil)
                let verdict = conversation.dialect.read(
                    answer,
                    call,
                    conversation.account,
                    progress: progress
                )
                if case .succeeded(let outcome) = verdict { return .succeeded(outcome) }
            case .ask(let request):
                let verdict = conversation.dialect.readSettled(
                    conversation.send(request, content: nil),
                    call,
                    conversation.account,
                    progress: progress,
                    age: age,
                    round: round
                )
                guard verdict == .unknown else { return verdict }
            case .wait, .hold: return .unknown
            }
        }
        return .unknown
    }
}
