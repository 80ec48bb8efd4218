import Domain
import Providers
import Sandbox

/// Drives one attempt of a call against a vendor without sockets, as the call engine does.
struct CallConversation<Vendor: VendorMachine> {
    let dialect: any CallDialect
    var vendor: Vendor
    let account: IntegrationAccount
    var now = Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)
    var random = SeededRandom(seed: 1)
    /// What `.content` bodies take their ranges from.
    var content: [UInt8]?
    /// Everything that was sent.
    private(set) var requests: [ProviderRequest] = []

    init(_ dialect: any CallDialect, _ vendor: Vendor, _ account: IntegrationAccount) {
        self.dialect = dialect
        self.vendor = vendor
        self.account = account
    }

    /// The most requests of one attempt.
    static var requestsMax: Int { 200 }

    /// Speaks until there is a verdict other than `goOn`; `wait` lets time pass.
    mutating func run(_ call: CallRequest) throws -> CallVerdict {
        try dialect.check(call)
        var progress = JSONValue.null
        for _ in 0..<Self.requestsMax {
            let request = try dialect.next(call, account, progress: progress, now: now)
            switch dialect.read(send(request, content: content), call, account, progress: progress) {
            case .goOn(let next): progress = next
            case .wait(let next, let pause):
                progress = next
                now = now + pause
            case let verdict: return verdict
            }
        }
        throw ConversationTooLong()
    }

    /// Sends one request; `content` is what a `.content` body takes its range from.
    mutating func send(_ request: ProviderRequest, content: [UInt8]?) -> ProviderAnswer {
        requests.append(request)
        let body: [UInt8] =
            switch request.body {
            case .none: []
            case .bytes(let bytes): bytes
            case .content(let prefix, let range, let suffix):
                prefix + (content ?? []).dropFirst(Int(range.lowerBound)).prefix(range.count) + suffix
            }
        let answer = vendor.answer(
            Self.vendorRequest(request, body: body),
            now: now,
            random: &random
        )
        return ProviderAnswer(status: answer.status, headers: answer.headers, body: answer.body, at: now)
    }

    /// The request as it reaches the vendor: the URL split, `host` filled in.
    static func vendorRequest(_ request: ProviderRequest, body: [UInt8]) -> VendorRequest {
        let afterScheme = request.url.split(separator: "://", maxSplits: 1).last.map(String.init) ?? ""
        let host = afterScheme.prefix { $0 != "/" && $0 != "?" }
        let target = afterScheme.dropFirst(host.count)
        let path = target.prefix { $0 != "?" }
        var headers = Headers([("host", String(host))])
        for field in request.headers { headers.append(lowercaseName: field.name, value: field.value) }
        headers.append(lowercaseName: "content-length", value: "\(body.count)")
        return VendorRequest(
            method: request.method,
            path: path.isEmpty ? "/" : String(path),
            query: String(target.dropFirst(path.count + 1)),
            headers: headers,
            body: body
        )
    }

    /// The attempt did not end.
    struct ConversationTooLong: Error {}
}
