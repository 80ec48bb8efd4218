import Domain
import Providers
import Sandbox
import Testing

@Suite struct WeatherVendorsTests {
    private let openWeatherMap = IntegrationAccount(
        provider: .openWeatherMap,
        baseURL: "https://owm.sandbox",
        credential: ["key": Secret(OpenWeatherMapVendor.keyDefault)]
    )
    private let weatherAPI = IntegrationAccount(
        provider: .weatherAPI,
        baseURL: "https://weatherapi.sandbox",
        credential: ["key": Secret(WeatherAPIVendor.keyDefault)]
    )
    private let madrid: JSONValue = ["latitude": .number("40.42"), "longitude": .number("-3.70")]
    private let madridDays: JSONValue = [
        "latitude": .number("40.42"), "longitude": .number("-3.70"), "days": 3,
    ]

    private func reply(_ verdict: CallVerdict) throws -> JSONValue {
        guard case .succeeded(let outcome) = verdict else {
            Issue.record("\(verdict)")
            throw CancellationError()
        }
        return outcome.reply
    }

    @Test func `both tell the same weather in the same words`() throws {
        var first = CallConversation(OpenWeatherMapCalls(), OpenWeatherMapVendor(seed: 7), openWeatherMap)
        var second = CallConversation(WeatherAPICalls(), WeatherAPIVendor(seed: 7), weatherAPI)
        let call = try TwilioVendorTests.call(.weatherCurrent, madrid)
        let one = try reply(try first.run(call))
        let other = try reply(try second.run(call))
        #expect(one.object?.map(\.name) == other.object?.map(\.name))
        for name in ["temperature_c", "humidity", "clouds", "pressure_hpa", "precipitation_mm", "is_day"] {
            #expect(one[name] == other[name], "\(name)")
        }
        let temperature = try #require(one["temperature_c"]?.double)
        #expect((0...45).contains(temperature))
        #expect(one["condition"] != "unknown" && other["condition"] != "unknown")
    }

    @Test func `both forecast whole days`() throws {
        var first = CallConversation(OpenWeatherMapCalls(), OpenWeatherMapVendor(), openWeatherMap)
        var second = CallConversation(WeatherAPICalls(), WeatherAPIVendor(), weatherAPI)
        let call = try TwilioVendorTests.call(.weatherForecast, madridDays)
        for reply in [try reply(try first.run(call)), try reply(try second.run(call))] {
            let days = try #require(reply["days"]?.array)
            #expect(days.map { $0["date"]?.string } == ["2027-06-12", "2027-06-13", "2027-06-14"])
            for day in days {
                let highest = try #require(day["max_c"]?.double)
                let lowest = try #require(day["min_c"]?.double)
                let probability = try #require(day["precipitation_probability"]?.double)
                #expect(lowest < highest)
                #expect((0...1).contains(probability))
                #expect(day["condition"] != "unknown")
            }
            #expect(reply["hours"]?.array?.isEmpty == false)
        }
    }

    @Test func `one seed is one weather, another is another`() throws {
        let call = try TwilioVendorTests.call(.weatherForecast, madridDays)
        let replies = try [UInt64(1), 1, 2].map { seed in
            var conversation = CallConversation(
                OpenWeatherMapCalls(),
                OpenWeatherMapVendor(seed: seed),
                openWeatherMap
            )
            return try reply(try conversation.run(call))
        }
        #expect(replies[0] == replies[1])
        #expect(replies[0] != replies[2])
    }

    @Test func `winter is colder than summer, in the south the other way round`() throws {
        let temperature = { (month: String, latitude: String) in
            var conversation = CallConversation(WeatherAPICalls(), WeatherAPIVendor(), self.weatherAPI)
            conversation.now = try #require(Instant("2027-\(month)-15T12:00:00Z"))
            let json: JSONValue = ["latitude": .number(latitude), "longitude": 0]
            let reply = try self.reply(
                try conversation.run(try TwilioVendorTests.call(.weatherCurrent, json))
            )
            return try #require(reply["temperature_c"]?.double)
        }
        #expect(try temperature("01", "50") < temperature("07", "50"))
        #expect(try temperature("01", "-50") > temperature("07", "-50"))
    }

    @Test func `OpenWeatherMap grants sixty requests a minute`() throws {
        var conversation = CallConversation(OpenWeatherMapCalls(), OpenWeatherMapVendor(), openWeatherMap)
        let call = try TwilioVendorTests.call(.weatherCurrent, madrid)
        for _ in 0..<60 { _ = try reply(try conversation.run(call)) }
        guard case .notApplied(let failure) = try conversation.run(call) else {
            Issue.record("answered")
            return
        }
        #expect(failure.kind == .limited)
        #expect(failure.wait == .seconds(60))
        conversation.now = conversation.now + .seconds(60)
        _ = try reply(try conversation.run(call))
    }

    @Test func `WeatherAPI's month ends with the month`() throws {
        var conversation = CallConversation(WeatherAPICalls(), WeatherAPIVendor(monthly: 2), weatherAPI)
        let call = try TwilioVendorTests.call(.weatherCurrent, madrid)
        for _ in 0..<2 { _ = try reply(try conversation.run(call)) }
        guard case .notApplied(let failure) = try conversation.run(call), let wait = failure.wait else {
            Issue.record("answered")
            return
        }
        #expect(failure.code == "2007")
        conversation.now = conversation.now + wait
        _ = try reply(try conversation.run(call))
    }

    @Test func `neither knows a stranger's key`() throws {
        let key = ["key": Secret("somebody-elses-key")]
        let call = try TwilioVendorTests.call(.weatherCurrent, madrid)
        var first = CallConversation(
            OpenWeatherMapCalls(),
            OpenWeatherMapVendor(),
            IntegrationAccount(provider: .openWeatherMap, baseURL: "https://owm.sandbox", credential: key)
        )
        var second = CallConversation(
            WeatherAPICalls(),
            WeatherAPIVendor(),
            IntegrationAccount(provider: .weatherAPI, baseURL: "https://weatherapi.sandbox", credential: key)
        )
        for verdict in [try first.run(call), try second.run(call)] {
            guard case .notApplied(let failure) = verdict else {
                Issue.record("answered")
                continue
            }
            #expect(failure.kind == .unauthorized)
        }
    }

    @Test(arguments: [
        ("lat=1", 400), ("lat=91&lon=0", 400), ("lat=1&lon=181", 400), ("lat=nan&lon=0", 400),
        ("lat=1&lon=1", 200),
    ])
    func `OpenWeatherMap checks the place`(query: String, status: Int) {
        var vendor = OpenWeatherMapVendor()
        var random = SeededRandom(seed: 1)
        let request = VendorRequest(
            method: "GET",
            path: "/data/2.5/weather",
            query: "\(query)&appid=\(OpenWeatherMapVendor.keyDefault)"
        )
        #expect(
            vendor.answer(request, now: Instant(seconds: 1_812_794_400), random: &random).status == status
        )
    }
}
