import Domain
import Providers

/// Calls to payment processors as tests write them.
struct PaymentScene {
    let account: IntegrationAccount

    static let key = "0123456789abcdefghijklmnopqrstuv"
    static let tag = "call_01KC0000000000000000000000"
    static let now = Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)

    static let stripe = PaymentScene(
        account: IntegrationAccount(
            provider: .stripe,
            baseURL: "https://api.stripe.com",
            credential: ["key": Secret("sk_test_1")]
        )
    )
    static let square = PaymentScene(
        account: IntegrationAccount(
            provider: .square,
            baseURL: "https://connect.squareup.com",
            credential: ["token": Secret("EAAA1"), "location": Secret("L1")]
        )
    )
    static let paypal = PaymentScene(
        account: IntegrationAccount(
            provider: .paypal,
            baseURL: "https://api-m.paypal.com",
            credential: ["client_id": Secret("c"), "client_secret": Secret("s")],
            accessToken: Secret("A21")
        )
    )

    /// A call with its input as the API takes it.
    static func call(
        _ operation: Providers.Operation,
        _ input: JSONValue = [:],
        of target: String? = nil
    ) throws -> CallRequest {
        CallRequest(
            operation: operation,
            input: try CallInput(operation, input),
            target: target,
            key: key,
            tag: tag,
            startedAt: now
        )
    }

    /// The input of a charge of 1250.00 EUR.
    static func payment(
        _ amount: Int64 = 125_000,
        _ currency: String = "EUR",
        adding members: [JSONMember] = []
    ) -> JSONValue {
        .object(
            [
                JSONMember("amount", ["amount": .integer(amount), "currency": .string(currency)]),
                JSONMember("sources", ["stripe": "pm_1", "square": "ccof:1", "paypal": "8kk8451t"]),
            ] + members
        )
    }

    /// An answer with a JSON body.
    static func answer(
        _ status: Int,
        _ json: String = "",
        _ headers: [(String, String)] = []
    ) -> ProviderAnswer {
        ProviderAnswer(status: status, headers: Headers(headers), body: Array(json.utf8), at: now)
    }

    /// What `check` finds wrong; nil when nothing is.
    static func fault(_ dialect: any CallDialect, _ call: CallRequest) -> CallInputError.Code? {
        do throws(CallInputError) {
            try dialect.check(call)
            return nil
        } catch {
            return error.code
        }
    }

    /// The head and body of a request, one line each: what goes over the wire.
    static func wire(_ request: ProviderRequest) -> [String] {
        var lines = ["\(request.method) \(request.url)"] + request.headers.map { "\($0.name): \($0.value)" }
        if case .bytes(let bytes) = request.body { lines.append(String(decoding: bytes, as: UTF8.self)) }
        return lines
    }

    func next(
        _ dialect: any CallDialect,
        _ call: CallRequest,
        _ progress: JSONValue = .null
    ) throws -> ProviderRequest {
        try dialect.next(call, account, progress: progress, now: Self.now)
    }

    func read(
        _ dialect: any CallDialect,
        _ call: CallRequest,
        _ answer: ProviderAnswer,
        _ progress: JSONValue = .null
    ) -> CallVerdict {
        dialect.read(answer, call, account, progress: progress)
    }

    func settle(
        _ dialect: any CallDialect,
        _ call: CallRequest,
        _ progress: JSONValue = .null,
        age: Duration,
        round: Int
    ) -> SettleStep {
        dialect.settle(call, account, progress: progress, age: age, round: round, now: Self.now)
    }

    func readSettled(
        _ dialect: any CallDialect,
        _ call: CallRequest,
        _ answer: ProviderAnswer,
        _ progress: JSONValue = .null,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        dialect.readSettled(answer, call, account, progress: progress, age: age, round: round)
    }
}

extension CallVerdict {
    /// The verdict in one line: `succeeded authorized 125000 EUR`, `notApplied limited rate_limit`.
    var line: String {
        switch self {
        case .succeeded(let outcome): "succeeded \(outcome.line)"
        case .goOn(let progress): "goOn \(String(decoding: progress.serialized(), as: UTF8.self))"
        case .wait(_, let pause): "wait \(pause.inSeconds)"
        case .refused(let failure): "refused \(failure.line)"
        case .notApplied(let failure): "notApplied \(failure.line)"
        case .inDoubt(let failure): "inDoubt \(failure.line)"
        }
    }
}

extension SettleVerdict {
    /// The verdict in one line.
    var line: String {
        switch self {
        case .succeeded(let outcome): "succeeded \(outcome.line)"
        case .dead(let failure): "dead \(failure.line)"
        case .refused(let failure): "refused \(failure.line)"
        case .unknown: "unknown"
        }
    }
}

extension SettleStep {
    /// The step in one line, without query and host.
    var line: String {
        switch self {
        case .replay: return "replay"
        case .ask(let request):
            let target = request.url.split(separator: "://").last ?? ""
            return "\(request.method) \(target.drop { $0 != "/" }.prefix { $0 != "?" })"
        case .wait(let pause): return "wait \(pause.inSeconds)"
        case .hold: return "hold"
        }
    }
}

extension CallOutcome {
    /// Status, amount, what was given back, and the reference.
    var line: String {
        let amount = reply["amount"]?["amount"]?.int64 ?? -1
        let currency = reply["amount"]?["currency"]?.string ?? ""
        let refunded = reply["refunded"]?.int64 ?? -1
        return "\(reply["status"]?.string ?? "") \(amount) \(currency) \(refunded) \(reference ?? "")"
    }
}

extension ProviderFailure {
    /// Kind and code.
    var line: String { "\(kind.rawValue) \(code)" }
}
