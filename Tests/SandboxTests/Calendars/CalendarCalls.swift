import Domain
import Providers
import Sandbox

/// Calls as the engine makes them, for conversations with calendars.
enum CalendarCalls {
    static let start = Instant("2027-06-01T10:00:00Z") ?? Instant(seconds: 0)
    static let wedding: JSONValue = [
        "title": "García, wedding; party", "text": "Line one\nline two", "place": "Finca El Olivar",
        "start": ["at": "2027-06-12T15:00:00", "zone": "Europe/Madrid"],
        "end": ["at": "2027-06-13T02:00:00", "zone": "Europe/Madrid"], "private": true,
    ]

    /// `wedding` with other members in place of its own.
    static func wedding(_ members: [(String, JSONValue)]) -> JSONValue {
        let kept = (wedding.object ?? []).filter { old in !members.contains { $0.0 == old.name } }
        return .object(kept + members.map { JSONMember($0.0, $0.1) })
    }

    /// A call whose attempt is number `attempt`.
    static func call(
        _ operation: Operation,
        _ input: JSONValue = [:],
        target: String? = nil,
        attempt: Int = 1
    ) throws -> CallRequest {
        CallRequest(
            operation: operation,
            input: try CallInput(operation, input),
            target: target,
            key: "0123456789abcdefghijklmnopqr\(1_000 + attempt)",
            tag: "call_\(attempt)",
            startedAt: start
        )
    }

    /// An account with OAuth and its token, asked of the vendor as the token keeper does.
    static func account(
        _ dialect: any CallDialect,
        _ vendor: inout some VendorMachine,
        credential: [String: String] = [:],
        now: Instant = start
    ) throws -> IntegrationAccount {
        let fields = [
            "client_id": VendorTokens.clientID, "client_secret": VendorTokens.clientSecret,
            "tenant": "contoso",
            "refresh_token": VendorTokens.refreshToken,
        ].merging(credential) { $1 }
        let account = IntegrationAccount(
            provider: dialect.facts.provider,
            baseURL: dialect.facts.baseURL,
            credential: fields.mapValues { Secret($0) }
        )
        let tokens = try tokens(dialect, &vendor, account, now: now).get()
        return IntegrationAccount(
            provider: account.provider,
            baseURL: account.baseURL,
            credential: account.credential,
            accessToken: tokens.access.secret
        )
    }

    /// What the vendor's token endpoint gives for the account.
    static func tokens(
        _ dialect: any CallDialect,
        _ vendor: inout some VendorMachine,
        _ account: IntegrationAccount,
        refreshToken: Secret? = nil,
        now: Instant = start
    ) throws -> Result<OAuthExchange.Tokens, TokenFailure> {
        guard case .oauth(let grant) = dialect.facts.authentication else { throw NoGrant() }
        let exchange = OAuthExchange(grant, account, ownBaseURL: dialect.facts.baseURL)
        return OAuthExchange.read(
            answer(try exchange.request(refreshToken: refreshToken), &vendor, now: now, seed: 7)
        )
    }

    /// The vendor's answer to one request.
    static func answer(
        _ request: ProviderRequest,
        _ vendor: inout some VendorMachine,
        now: Instant = start,
        seed: UInt64 = 3
    ) -> ProviderAnswer {
        var random = SeededRandom(seed: seed)
        var body: [UInt8] = []
        if case .bytes(let bytes) = request.body { body = bytes }
        let sent = CallConversation<GoogleCalendarVendor>.vendorRequest(request, body: body)
        let answer = vendor.answer(sent, now: now, random: &random)
        return ProviderAnswer(status: answer.status, headers: answer.headers, body: answer.body, at: now)
    }

    struct NoGrant: Error {}
}

extension CallVerdict {
    /// The outcome of a success; nil for everything else.
    var outcome: Providers.CallOutcome? {
        guard case .succeeded(let outcome) = self else { return nil }
        return outcome
    }

    /// The failure of an attempt that was not applied; nil for everything else.
    var notApplied: ProviderFailure? {
        guard case .notApplied(let failure) = self else { return nil }
        return failure
    }
}
