import Domain
import Providers
import Testing

/// Calls and answers of the dialects for messages, meetings and weather.
enum MessagingFixture {
    static let now = Instant("2027-06-12T10:00:00Z") ?? Instant(seconds: 0)
    static let tag = "call_01j9x0000000000000000000aa"
    static let twilioAccount = "AC00000000000000000000000000000001"
    static let message = "SM000000000000000000000000000000ab"

    static func call(
        _ operation: Providers.Operation,
        _ json: JSONValue = [:],
        of target: String? = nil
    ) throws
        -> CallRequest
    {
        CallRequest(
            operation: operation,
            input: try CallInput(operation, json),
            target: target,
            key: "0123456789abcdefghijklmnopqrstuv",
            tag: tag,
            startedAt: now
        )
    }

    static func answer(
        _ status: Int,
        _ json: JSONValue? = nil,
        headers: [(String, String)] = [],
        at: Instant = now
    ) -> ProviderAnswer {
        ProviderAnswer(
            status: status,
            headers: Headers(headers),
            body: json?.serialized() ?? [],
            at: at
        )
    }

    static func twilio(from: String? = "+15005550006", callback: String? = nil) -> IntegrationAccount {
        var credential = ["account": Secret(twilioAccount), "token": Secret("secret-auth-token")]
        if let from { credential["from"] = Secret(from) }
        if let callback { credential["status_callback"] = Secret(callback) }
        return IntegrationAccount(
            provider: .twilio,
            baseURL: "https://api.twilio.com",
            credential: credential
        )
    }

    static let sendgrid = IntegrationAccount(
        provider: .sendgrid,
        baseURL: "https://api.sendgrid.com",
        credential: ["key": Secret("SG.secret-key"), "from": Secret("hello@venue.example")]
    )

    static let zoom = IntegrationAccount(
        provider: .zoom,
        baseURL: "https://api.zoom.us/v2",
        credential: [
            "account_id": Secret("acc"), "client_id": Secret("client"),
            "client_secret": Secret("client-secret"),
            "host": Secret("planner@example.com"),
        ],
        accessToken: Secret("access-token")
    )

    static let openWeatherMap = IntegrationAccount(
        provider: .openWeatherMap,
        baseURL: "https://api.openweathermap.org",
        credential: ["key": Secret("0123456789abcdef")]
    )

    static let weatherAPI = IntegrationAccount(
        provider: .weatherAPI,
        baseURL: "https://api.weatherapi.com",
        credential: ["key": Secret("fedcba9876543210")]
    )
}

extension ProviderRequest {
    /// The body's text.
    var text: String? {
        guard case .bytes(let bytes) = body else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of a field.
    func field(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

extension CallVerdict {
    /// The failure in it.
    var failure: ProviderFailure? {
        switch self {
        case .refused(let failure), .notApplied(let failure), .inDoubt(let failure): failure
        default: nil
        }
    }

    /// The outcome in it.
    var outcome: CallOutcome? {
        guard case .succeeded(let outcome) = self else { return nil }
        return outcome
    }

    /// The verdict's name.
    var word: String {
        switch self {
        case .succeeded: "succeeded"
        case .goOn: "goOn"
        case .wait: "wait"
        case .refused: "refused"
        case .notApplied: "notApplied"
        case .inDoubt: "inDoubt"
        }
    }
}
