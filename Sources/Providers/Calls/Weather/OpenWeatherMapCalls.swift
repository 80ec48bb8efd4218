package import Domain
package import Resilience

/// OpenWeatherMap, version 2.5: current weather, and five days in steps of three hours.
///
/// The key stands in the URL. Sources: openweathermap.org/current, openweathermap.org/forecast5.
package struct OpenWeatherMapCalls: CallDialect {
    /// How long a key is left alone after 429: OpenWeatherMap does not say.
    package static let coolDown = Duration.seconds(60)

    package let facts = ProviderFacts(
        provider: .openWeatherMap,
        title: "OpenWeatherMap",
        operations: [.weatherCurrent, .weatherForecast],
        baseURL: "https://api.openweathermap.org",
        credential: [
            CredentialField("key", isSecret: true, help: "An API key; a new one works after two hours.")
        ],
        authentication: .credential,
        idempotency: .none,
        limits: [
            ProviderLimit("minute", .fixedWindow(count: 60, length: .seconds(60))),
            // A million a month, spread over the days of the longest one.
            ProviderLimit("month", .fixedWindow(count: 32_258, length: .seconds(86_400))),
        ],
        apiVersion: "2.5",
        timeout: .seconds(5),
        probeInterval: .seconds(300),
        // The data changes every ten minutes.
        freshness: [.weatherCurrent: .seconds(600), .weatherForecast: .seconds(600)]
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
        return request(
            call.operation == .weatherCurrent ? "weather" : "forecast",
            WeatherQuery.degrees(input.latitudeHundredths),
            WeatherQuery.degrees(input.longitudeHundredths),
            account
        )
    }

    /// Decides by the status, or by the `cod` in the body where that tells of a failure: a number or a text.
    package func read(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        progress: JSONValue
    ) -> CallVerdict {
        let json = answer.json
        let code = json?["cod"].flatMap { $0.number ?? $0.string }
        let failed = code.flatMap { Int($0) }.flatMap { (400...599).contains($0) ? $0 : nil }
        guard (200...299).contains(answer.status), failed == nil else {
            let status = (200...299).contains(answer.status) ? failed ?? answer.status : answer.status
            let told = ProviderAnswer(status: status, headers: answer.headers, body: [], at: answer.at)
            let isLimited = status == 429 || status == 420
            return PlainFailure(
                told,
                code: code,
                message: json?["message"]?.string,
                wait: isLimited ? Self.coolDown : nil,
                account
            ).ofRead
        }
        guard let json, let reply = reply(json, call) else {
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
        request("weather", WeatherQuery.probePlace.latitude, WeatherQuery.probePlace.longitude, account)
    }

    /// Knows 429 alone: OpenWeatherMap sends no fields about its limits.
    package func limits(in answer: ProviderAnswer) -> [LimitNews] {
        answer.status == 429 ? [.refused(limit: "minute", wait: Self.coolDown)] : []
    }

    private func request(
        _ name: String,
        _ latitude: String,
        _ longitude: String,
        _ account: IntegrationAccount
    ) -> ProviderRequest {
        let query = [
            ("lat", latitude), ("lon", longitude), ("appid", account.text("key")), ("units", "metric"),
        ]
        return ProviderRequest(
            "GET",
            "\(account.baseURL)/data/2.5/\(name)?\(WireText.form(query))",
            effect: .none
        )
    }

    private func reply(_ json: JSONValue, _ call: CallRequest) -> JSONValue? {
        guard call.operation == .weatherForecast, case .weather(let input) = call.input else {
            return OpenWeatherMapAnswer.current(json)?.json
        }
        return OpenWeatherMapAnswer.forecast(json, days: Int(input.days))?.json
    }
}
