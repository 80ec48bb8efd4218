package import Domain
package import Resilience

/// WeatherAPI.com, version 1.
///
/// The key stands in the URL. A used-up month is answered with 403 and code 2007.
///
/// Source: weatherapi.com/docs.
package struct WeatherAPICalls: CallDialect {
    /// The error code of a month that is used up.
    static let monthUsedUp = "2007"
    /// The error code of a place that is not known.
    static let placeMissing = "1006"
    /// The error code of a fault at the provider.
    static let internalFault = "9999"

    package let facts = ProviderFacts(
        provider: .weatherAPI,
        title: "WeatherAPI.com",
        operations: [.weatherCurrent, .weatherForecast],
        baseURL: "https://api.weatherapi.com",
        credential: [CredentialField("key", isSecret: true, help: "The API key of the account's dashboard.")],
        authentication: .credential,
        idempotency: .none,
        // The free plan's 100,000 a month, spread over the days of the longest one.
        limits: [ProviderLimit("month", .fixedWindow(count: 3_225, length: .seconds(86_400)))],
        apiVersion: "v1",
        timeout: .seconds(5),
        probeInterval: .seconds(300),
        // `Cache-Control: max-age=180`: for so long its own CDN gives the same answer.
        freshness: [.weatherCurrent: .seconds(180), .weatherForecast: .seconds(180)]
    )

    /// Makes the dialect.
    package init() {}

    package func check(_ call: CallRequest) throws(CallInputError) {
        _ = try WeatherQuery.input(call, facts)
    }

    package func next(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        now: Instant
    ) throws(CallInputError) -> ProviderRequest {
        let input = try WeatherQuery.input(call, facts)
        let latitude = WeatherQuery.degrees(input.latitudeHundredths)
        let longitude = WeatherQuery.degrees(input.longitudeHundredths)
        guard call.operation == .weatherForecast else {
            return request("current", latitude, longitude, [("aqi", "no")], account)
        }
        let extra = [("days", "\(input.days)"), ("aqi", "no"), ("alerts", "no")]
        return request("forecast", latitude, longitude, extra, account)
    }

    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        guard (200...299).contains(answer.status) else { return failure(answer, account) }
        guard let json = answer.json, let reply = reply(json, call) else {
            return PlainFailure.unreadable(answer, call.operation)
        }
        return .succeeded(CallOutcome(reply: reply))
    }

    package func settle(
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int,
        now: Instant
    ) -> SettleStep {
        WeatherQuery.settle
    }

    package func readSettled(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue,
        age: Duration,
        round: Int
    ) -> SettleVerdict {
        .unknown
    }

    package func probe(_ account: IntegrationAccount, now: Instant) -> ProviderRequest {
        let place = WeatherQuery.probePlace
        return request("current", place.latitude, place.longitude, [("aqi", "no")], account)
    }

    /// Reads `x-weatherapi-qpm-left`, the queries left in this minute, and the end of a month's quota.
    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        if Self.isMonthUsedUp(answer) { return [.refused(limit: "month", wait: Self.restOfMonth(answer.at))] }
        if answer.status == 429 { return [.refused(limit: "minute", wait: nil)] }
        guard let left = answer.headers.first("x-weatherapi-qpm-left").flatMap({ Int($0) }), left >= 0 else {
            return []
        }
        return [.remaining(limit: "minute", count: left, resetIn: nil)]
    }
}

extension WeatherAPICalls {
    /// The time from `now` to the first instant of the next month, UTC.
    static func restOfMonth(_ now: Instant) -> Duration {
        let today = CivilDate(daysSinceEpoch: now.dayNumber)
        let isDecember = today.month == 12
        let next = CivilDate(
            year: isDecember ? today.year + 1 : today.year,
            month: isDecember ? 1 : today.month + 1,
            day: 1
        )
        guard let next else { return .seconds(86_400) }
        return Instant(seconds: Int64(next.daysSinceEpoch) * 86_400) - now
    }

    private static func code(_ answer: ProviderAnswer) -> String? { answer.json?["error"]?["code"]?.number }

    private static func isMonthUsedUp(_ answer: ProviderAnswer) -> Bool {
        answer.status == 403 && code(answer) == monthUsedUp
    }

    private func failure(_ answer: ProviderAnswer, _ account: IntegrationAccount) -> CallVerdict {
        let code = Self.code(answer)
        let isUsedUp = Self.isMonthUsedUp(answer)
        let plain = PlainFailure(
            answer,
            code: code,
            message: answer.json?["error"]?["message"]?.string,
            wait: isUsedUp ? Self.restOfMonth(answer.at) : nil,
            account
        )
        if isUsedUp { return .notApplied(plain.failure(.limited)) }
        guard answer.status == 400 else { return plain.ofRead }
        switch code {
        case Self.placeMissing: return .notApplied(plain.failure(.notFound))
        case Self.internalFault: return .notApplied(plain.failure(.unavailable))
        default: return plain.ofRead
        }
    }

    private func request(
        _ name: String,
        _ latitude: String,
        _ longitude: String,
        _ extra: [(String, String)],
        _ account: IntegrationAccount
    ) -> ProviderRequest {
        let query = [("key", account.text("key")), ("q", "\(latitude),\(longitude)")] + extra
        return ProviderRequest(
            "GET",
            "\(account.baseURL)/v1/\(name).json?\(WireText.form(query))",
            effect: .none
        )
    }

    private func reply(_ json: JSONValue, _ call: CallRequest) -> JSONValue? {
        guard call.operation == .weatherForecast, case .weather(let input) = call.input else {
            return WeatherAPIAnswer.current(json)?.json
        }
        return WeatherAPIAnswer.forecast(json, days: Int(input.days))?.json
    }
}
