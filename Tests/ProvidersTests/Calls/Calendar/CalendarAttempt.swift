import Domain
import Providers

/// An attempt at a calendar, for tests of single requests and answers.
struct CalendarAttempt {
    let dialect: any CallDialect
    let account: IntegrationAccount
    let now = Instant(seconds: 1_812_000_000)

    init(_ dialect: any CallDialect, baseURL: String? = nil, credential: [String: String] = [:]) {
        self.dialect = dialect
        account = IntegrationAccount(
            provider: dialect.facts.provider,
            baseURL: baseURL ?? dialect.facts.baseURL,
            credential: credential.mapValues { Secret($0) },
            accessToken: Secret("at")
        )
    }

    static let party: JSONValue = [
        "title": "Party", "start": ["at": "2027-06-12T15:00:00", "zone": "Europe/Madrid"],
        "end": ["at": "2027-06-12T18:00:00", "zone": "Europe/Madrid"],
    ]

    /// `party` with more members.
    static func party(_ members: [(String, JSONValue)]) -> JSONValue {
        .object((party.object ?? []) + members.map { JSONMember($0.0, $0.1) })
    }

    func call(_ operation: Operation, _ input: JSONValue = [:], target: String? = nil) throws -> CallRequest {
        CallRequest(
            operation: operation,
            input: try CallInput(operation, input),
            target: target,
            key: "0123456789abcdefghijklmnopqrstuv",
            tag: "call_1",
            startedAt: now
        )
    }

    func request(_ call: CallRequest, progress: JSONValue = .null) throws -> ProviderRequest {
        try dialect.check(call)
        return try dialect.next(call, account, progress: progress, now: now)
    }

    /// The body of the first request as JSON.
    func body(_ call: CallRequest) throws -> JSONValue {
        guard case .bytes(let bytes) = try request(call).body else { return .null }
        return try JSONParser.parse(bytes)
    }

    func read(
        _ call: CallRequest,
        _ status: Int,
        _ body: String = "",
        headers: [(String, String)] = [],
        progress: JSONValue = .null
    ) -> CallVerdict {
        let answer = ProviderAnswer(
            status: status,
            headers: Headers(headers),
            body: Array(body.utf8),
            at: now
        )
        return dialect.read(answer, call, account, progress: progress)
    }
}
