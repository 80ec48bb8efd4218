import Domain
import Providers
import Sandbox
import Testing

/// A processor as the call engine meets it: its dialect, its vendor, and sources that pay and that do not.
struct PaymentCase: Sendable, CustomTestStringConvertible {
    let dialect: any CallDialect
    let good: String
    let bad: String

    var provider: APIProvider { dialect.facts.provider }
    var testDescription: String { provider.rawValue }

    static let all = [
        PaymentCase(dialect: StripeCalls(), good: "pm_card_visa", bad: "pm_card_chargeDeclined"),
        PaymentCase(dialect: SquareCalls(), good: "cnon:card-nonce-ok", bad: "cnon:card-nonce-declined"),
        PaymentCase(dialect: PayPalCalls(), good: "vault-1", bad: "vault-declined"),
    ]

    func call(
        _ operation: Operation,
        target: String? = nil,
        paysWith source: String = "",
        attempt: Int = 1
    )
        throws -> CallRequest
    {
        let input: JSONValue =
            source.isEmpty
            ? [:]
            : [
                "amount": ["amount": 1_250, "currency": "EUR"],
                "sources": .object([JSONMember(provider.rawValue, .string(source))]),
            ]
        return CallRequest(
            operation: operation,
            input: try CallInput(operation, input),
            target: target,
            key: "0123456789abcdefghijklmnopqr\(1_000 + attempt)",
            tag: "call_\(attempt)",
            startedAt: CalendarCalls.start
        )
    }

    /// Speaks one call with the vendor; gives the verdict.
    func speak<Vendor: VendorMachine>(_ call: CallRequest, _ vendor: inout Vendor) throws -> CallVerdict {
        let fields = Dictionary(
            uniqueKeysWithValues: VendorCatalogue.credential(provider).map { ($0.field, $0.value) }
        )
        var account = IntegrationAccount(
            provider: provider,
            baseURL: dialect.facts.baseURL,
            credential: fields.mapValues { Secret($0) }
        )
        if case .oauth = dialect.facts.authentication {
            account = try CalendarCalls.account(dialect, &vendor, credential: fields)
        }
        var conversation = CallConversation(dialect, vendor, account)
        conversation.now = CalendarCalls.start
        // Each call draws ids of its own, as a vendor's sequence goes on from one to the next.
        conversation.random = SeededRandom(seed: UInt64(call.tag.utf8.last ?? 0))
        let verdict = try conversation.run(call)
        vendor = conversation.vendor
        return verdict
    }

    /// Charges, repeats the charge, and refunds it.
    func story<Vendor: VendorMachine>(_ start: Vendor) throws {
        var vendor = start
        let charge = try call(.paymentsCharge, paysWith: good)
        let outcome = try #require(try speak(charge, &vendor).outcome)
        #expect(outcome.reply["status"]?.string == "succeeded")
        #expect(vendor.effects == ["charge 1250"])
        #expect(vendor.ledger[0].tag == "call_1")

        #expect(try speak(charge, &vendor).outcome?.reference == outcome.reference)
        #expect(vendor.effects == ["charge 1250"])

        let refund = try call(.paymentsRefund, target: outcome.reference, attempt: 2)
        #expect(try speak(refund, &vendor).outcome != nil)
        #expect(vendor.effects == ["charge 1250", "refund 1250"])
        #expect(vendor.ledger[1].of == vendor.ledger[0].id)

        let declined = try call(.paymentsCharge, paysWith: bad, attempt: 3)
        guard case .refused(let failure) = try speak(declined, &vendor) else {
            Issue.record("a declined card is a refusal")
            return
        }
        #expect(failure.kind == .declined)
        #expect(vendor.effects.count == 2)
    }

    /// Holds twice; captures one and releases the other.
    func holds<Vendor: VendorMachine>(_ start: Vendor) throws {
        var vendor = start
        let first = try speak(call(.paymentsAuthorize, paysWith: good), &vendor).outcome
        let second = try speak(call(.paymentsAuthorize, paysWith: good, attempt: 2), &vendor).outcome
        #expect(first?.reply["status"]?.string == "authorized")
        let capture = try call(.paymentsCapture, target: first?.reference, attempt: 3)
        #expect(try speak(capture, &vendor).outcome?.reply["status"]?.string == "succeeded")
        let void = try call(.paymentsVoid, target: second?.reference, attempt: 4)
        let verdict = try speak(void, &vendor)
        #expect(verdict.outcome?.reply["status"]?.string == "voided", "\(verdict)")
        #expect(
            vendor.effects == ["authorization 1250", "authorization 1250", "capture 1250", "void 1250"]
        )
    }
}

struct PaymentVendorConversationTests {
    @Test(arguments: PaymentCase.all)
    func `a charge is taken once, given back, and a decline is a refusal`(_ payment: PaymentCase) throws {
        let vendor = try #require(VendorCatalogue.vendor(payment.provider, settings: VendorSettings()))
        try payment.story(vendor)
    }

    @Test(arguments: PaymentCase.all)
    func `held money is captured or released`(_ payment: PaymentCase) throws {
        let vendor = try #require(VendorCatalogue.vendor(payment.provider, settings: VendorSettings()))
        try payment.holds(vendor)
    }
}
