import Domain
import Providers
import Resilience
import Testing

@Suite struct OpenWeatherMapCallsTests {
    private typealias Fixture = MessagingFixture
    private let dialect = OpenWeatherMapCalls()
    private let place: JSONValue = ["latitude": .number("40.4168"), "longitude": .number("-3.7038")]

    private func read(
        _ answer: ProviderAnswer,
        _ operation: Providers.Operation = .weatherCurrent
    ) throws -> CallVerdict {
        dialect.read(answer, try Fixture.call(operation, place), Fixture.openWeatherMap, progress: .null)
    }

    @Test(arguments: [
        ("40.4168", "-3.7038", "lat=40.42&lon=-3.70"), ("-0.051", "0", "lat=-0.05&lon=0.00"),
        ("90", "-180", "lat=90.00&lon=-180.00"), ("0.004", "-0.004", "lat=0.00&lon=0.00"),
    ])
    func `asks in metric units to a hundredth of a degree`(
        latitude: String,
        longitude: String,
        query: String
    ) throws {
        let json: JSONValue = ["latitude": .number(latitude), "longitude": .number(longitude)]
        let call = try Fixture.call(.weatherCurrent, json)
        try dialect.check(call)
        let request = try dialect.next(call, Fixture.openWeatherMap, progress: .null, now: Fixture.now)
        #expect(
            request.url
                == "https://api.openweathermap.org/data/2.5/weather?\(query)&appid=0123456789abcdef&units=metric"
        )
        #expect(request.effect == .none)
        let forecast = try dialect.next(
            try Fixture.call(.weatherForecast, json),
            Fixture.openWeatherMap,
            progress: .null,
            now: Fixture.now
        )
        #expect(forecast.url.contains("/data/2.5/forecast?"))
    }

    @Test func `normalises the weather now`() throws {
        let answer = Fixture.answer(
            200,
            try JSONParser.parse(
                Array(
                    """
                    {"coord":{"lon":-3.7,"lat":40.42},"weather":[{"id":501,"main":"Rain","description":"moderate rain",
                    "icon":"10d"}],"base":"stations","main":{"temp":18.456,"feels_like":18,"temp_min":17,"temp_max":20,
                    "pressure":1015,"humidity":72},"visibility":9000,"wind":{"speed":4.12,"deg":240},"rain":{"1h":1.2},
                    "snow":{"1h":0.1},"clouds":{"all":90},"dt":1812794400,"sys":{},"timezone":7200,"id":1,
                    "name":"Madrid","cod":200}
                    """.utf8
                )
            )
        )
        #expect(
            try read(answer).outcome?.reply == [
                "observed_at": "2027-06-12T10:00:00Z", "temperature_c": .number("18.46"),
                "feels_like_c": .number("18.0"), "wind_mps": .number("4.12"), "gust_mps": .null,
                "wind_degrees": .number("240.0"), "humidity": .number("72.0"), "clouds": .number("90.0"),
                "pressure_hpa": .number("1015.0"), "visibility_m": .number("9000.0"),
                "precipitation_mm": .number("1.3"), "is_day": true, "condition": "rain", "zone": .null,
                "offset_seconds": 7200,
            ]
        )
    }

    /// Steps of three hours from 2027-06-12T12:00:00Z on, at a place ten hours ahead of UTC.
    private var forecast: JSONValue {
        let list = (0..<40).map { index -> JSONValue in
            let time = 1_812_801_600 + index * 10_800
            return [
                "dt": .integer(time),
                "main": [
                    "temp": .integer(index), "temp_min": .integer(index - 1), "temp_max": .integer(index + 1),
                    "feels_like": .integer(index),
                ],
                "weather": [["id": .integer(index == 4 ? 800 : 804), "icon": "01n"]],
                "wind": ["speed": 1, "deg": 10], "pop": .number(index == 3 ? "0.7" : "0.1"),
                "rain": index == 3 ? ["3h": 2] : .null, "dt_txt": "",
            ]
        }
        return ["cod": "200", "message": 0, "cnt": 40, "list": .array(list), "city": ["timezone": 36_000]]
    }

    @Test func `sums up the days of the place, not those of UTC`() throws {
        let reply = try #require(try read(Fixture.answer(200, forecast), .weatherForecast).outcome?.reply)
        let days = try #require(reply["days"]?.array)
        // 12:00Z is 22:00 there: one step is left of the 12th.
        #expect(days.map { $0["date"]?.string } == ["2027-06-12", "2027-06-13", "2027-06-14"])
        #expect(days[0]["max_c"] == .number("1.0"))
        #expect(days[0]["min_c"] == .number("-1.0"))
        #expect(days[1]["min_c"] == .number("0.0"))
        #expect(days[1]["max_c"] == .number("9.0"))
        #expect(days[1]["precipitation_mm"] == .number("2.0"))
        #expect(days[1]["precipitation_probability"] == .number("0.7"))
        #expect(reply["hours"]?.array?.count == 1 + 8 + 8)
        #expect(reply["hours"]?.array?.first?["span_hours"] == 3)
        #expect(reply["offset_seconds"] == 36_000)
    }

    @Test func `the step nearest to noon gives the day its sky`() throws {
        let reply = try #require(try read(Fixture.answer(200, forecast), .weatherForecast).outcome?.reply)
        // Steps there begin at 22, 1, 4, 7, 10, 13 …: 13:00, index 5, is nearer to noon than 10:00, index 4.
        #expect(reply["days"]?.array?[1]["condition"] == "overcast")
    }

    @Test(arguments: [
        (400, JSONValue.string("400"), ProviderFailure.Kind.rejected), (401, .integer(401), .unauthorized),
        (404, .string("404"), .notFound), (429, .integer(429), .limited), (420, .integer(420), .limited),
        (500, .string("500"), .unavailable), (503, .null, .unavailable), (200, .string("404"), .notFound),
        (200, .integer(401), .unauthorized), (200, .integer(200), .unavailable),
    ])
    func `reads cod as a number or a text and never doubts`(
        status: Int,
        code: JSONValue,
        kind: ProviderFailure.Kind
    ) throws {
        let verdict = try read(Fixture.answer(status, ["cod": code, "message": "no"]))
        #expect(verdict.word == "notApplied")
        #expect(verdict.failure?.kind == kind)
        #expect(verdict.failure?.wait == (kind == .limited ? .seconds(60) : nil))
    }

    @Test func `reads a status below a body that is no JSON`() throws {
        let answer = ProviderAnswer(
            status: 502,
            headers: Headers(),
            body: Array("<html>".utf8),
            at: Fixture.now
        )
        #expect(try read(answer).failure?.kind == .unavailable)
        let page = ProviderAnswer(
            status: 200,
            headers: Headers(),
            body: Array("<html>".utf8),
            at: Fixture.now
        )
        #expect(try read(page).failure?.code == "unexpected_answer")
    }

    @Test func `cools down after 429`() {
        #expect(dialect.limits(in: Fixture.answer(429)) == [.refused(limit: "minute", wait: .seconds(60))])
        #expect(dialect.limits(in: Fixture.answer(200)).isEmpty)
    }

    @Test func `keeps the key out of messages`() throws {
        let answer = Fixture.answer(401, ["cod": 401, "message": "Invalid API key 0123456789abcdef"])
        #expect(try read(answer).failure?.message == "Invalid API key …")
    }
}

@Suite struct WeatherAPICallsTests {
    private typealias Fixture = MessagingFixture
    private let dialect = WeatherAPICalls()
    private let place: JSONValue = [
        "latitude": .number("40.4168"), "longitude": .number("-3.7038"), "days": 2,
    ]
    private let here: JSONValue = ["latitude": .number("40.4168"), "longitude": .number("-3.7038")]

    private func read(
        _ answer: ProviderAnswer,
        _ operation: Providers.Operation = .weatherCurrent
    ) throws -> CallVerdict {
        let input = operation == .weatherCurrent ? here : place
        return dialect.read(answer, try Fixture.call(operation, input), Fixture.weatherAPI, progress: .null)
    }

    @Test func `asks for the weather and for days of it`() throws {
        let next = { (operation: Providers.Operation, input: JSONValue) in
            try dialect.next(
                try Fixture.call(operation, input),
                Fixture.weatherAPI,
                progress: .null,
                now: Fixture.now
            )
        }
        #expect(
            try next(.weatherCurrent, here).url
                == "https://api.weatherapi.com/v1/current.json?key=fedcba9876543210&q=40.42%2C-3.70&aqi=no"
        )
        #expect(
            try next(.weatherForecast, place).url == """
                https://api.weatherapi.com/v1/forecast.json?key=fedcba9876543210&q=40.42%2C-3.70&days=2&aqi=no&alerts=no
                """
        )
    }

    private var current: JSONValue {
        [
            "last_updated_epoch": 1_812_794_400, "temp_c": 21, "feelslike_c": 20, "is_day": 0,
            "condition": ["text": "Clear", "code": 1000], "wind_kph": 18, "wind_degree": 90, "gust_kph": 36,
            "pressure_mb": 1012, "precip_mm": .number("0.0"), "humidity": 40, "cloud": 0, "vis_km": 10,
        ]
    }
    private let location: JSONValue = ["name": "Madrid", "tz_id": "Europe/Madrid", "lat": 40, "lon": -3]

    @Test func `normalises the weather now`() throws {
        let answer = Fixture.answer(200, ["location": location, "current": current])
        #expect(
            try read(answer).outcome?.reply == [
                "observed_at": "2027-06-12T10:00:00Z", "temperature_c": .number("21.0"),
                "feels_like_c": .number("20.0"), "wind_mps": .number("5.0"), "gust_mps": .number("10.0"),
                "wind_degrees": .number("90.0"), "humidity": .number("40.0"), "clouds": .number("0.0"),
                "pressure_hpa": .number("1012.0"), "visibility_m": .number("10000.0"),
                "precipitation_mm": .number("0.0"), "is_day": false, "condition": "clear",
                "zone": "Europe/Madrid", "offset_seconds": .null,
            ]
        )
    }

    @Test func `normalises a forecast, at most of the days that were asked for`() throws {
        let day = { (date: String) -> JSONValue in
            [
                "date": .string(date),
                "day": [
                    "maxtemp_c": 30, "mintemp_c": 17, "totalprecip_mm": .number("1.5"),
                    "daily_chance_of_rain": 80,
                    "daily_chance_of_snow": 0, "condition": ["code": 1240],
                ],
                "hour": [
                    [
                        "time_epoch": 1_812_794_400, "temp_c": 20, "wind_kph": 36, "precip_mm": 1,
                        "chance_of_rain": 55, "condition": ["code": 9],
                    ]
                ],
            ]
        }
        let days = ["2027-06-12", "2027-06-13", "2027-06-14"].map(day)
        let json: JSONValue = [
            "location": location, "current": current, "forecast": ["forecastday": .array(days)],
        ]
        let reply = try #require(try read(Fixture.answer(200, json), .weatherForecast).outcome?.reply)
        #expect(reply["days"]?.array?.count == 2)
        #expect(
            reply["days"]?.array?.first == [
                "date": "2027-06-12", "max_c": .number("30.0"), "min_c": .number("17.0"),
                "precipitation_mm": .number("1.5"), "precipitation_probability": .number("0.8"),
                "condition": "light_rain",
            ]
        )
        #expect(
            reply["hours"]?.array?.first == [
                "at": "2027-06-12T10:00:00Z", "span_hours": 1, "temperature_c": .number("20.0"),
                "feels_like_c": .null, "wind_mps": .number("10.0"), "gust_mps": .null,
                "precipitation_mm": .number("1.0"), "precipitation_probability": .number("0.55"),
                "condition": "unknown",
            ]
        )
        #expect(reply["zone"] == "Europe/Madrid")
    }

    @Test(arguments: [
        (401, 1002, ProviderFailure.Kind.unauthorized), (401, 2006, .unauthorized), (400, 1003, .rejected),
        (400, 1005, .rejected), (400, 1006, .notFound), (400, 9999, .unavailable), (403, 2007, .limited),
        (403, 2008, .unauthorized), (403, 2009, .unauthorized), (429, 0, .limited), (500, 9999, .unavailable),
    ])
    func `tells failures apart and never doubts`(status: Int, code: Int, kind: ProviderFailure.Kind) throws {
        let json: JSONValue = ["error": ["code": .integer(code), "message": "no"]]
        let verdict = try read(Fixture.answer(status, json))
        #expect(verdict.word == "notApplied")
        #expect(verdict.failure?.kind == kind)
        #expect(verdict.failure?.code == "\(code)")
    }

    @Test(arguments: [
        ("2027-06-12T10:00:00Z", "2027-07-01T00:00:00Z"), ("2027-12-31T23:59:59Z", "2028-01-01T00:00:00Z"),
        ("2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
    ])
    func `a month that is used up lasts until the next one`(now: String, end: String) throws {
        let now = try #require(Instant(now))
        let wait = try #require(Instant(end)) - now
        let answer = Fixture.answer(403, ["error": ["code": 2007, "message": "quota"]], at: now)
        #expect(try read(answer).failure?.wait == wait)
        #expect(dialect.limits(in: answer) == [.refused(limit: "month", wait: wait)])
    }

    @Test func `reads the queries left in the minute`() {
        let answer = Fixture.answer(200, headers: [("x-weatherapi-qpm-left", "4999")])
        #expect(dialect.limits(in: answer) == [.remaining(limit: "minute", count: 4_999, resetIn: nil)])
        #expect(dialect.limits(in: Fixture.answer(200)).isEmpty)
        #expect(dialect.limits(in: Fixture.answer(403, ["error": ["code": 2008]])).isEmpty)
    }

    @Test func `takes an answer without its weather for none`() throws {
        #expect(try read(Fixture.answer(200, ["location": location])).failure?.code == "unexpected_answer")
        let empty: JSONValue = ["location": location, "forecast": ["forecastday": []]]
        #expect(try read(Fixture.answer(200, empty), .weatherForecast).failure?.code == "unexpected_answer")
    }
}

@Suite struct MessagingFactsTests {
    @Test func `every fact is filled in`() {
        let dialects: [any CallDialect] = [
            TwilioCalls(), SendGridCalls(), ZoomCalls(), OpenWeatherMapCalls(), WeatherAPICalls(),
        ]
        for facts in dialects.map(\.facts) {
            #expect(!facts.title.isEmpty)
            #expect(!facts.operations.isEmpty)
            #expect(facts.baseURL.hasPrefix("https://") && !facts.baseURL.hasSuffix("/"))
            #expect(facts.credential.first { $0.isSecret } != nil)
            #expect(Set(facts.credential.map(\.name)).count == facts.credential.count)
            #expect(!facts.limits.isEmpty)
            #expect(Set(facts.limits.map(\.name)).count == facts.limits.count)
            #expect(!facts.apiVersion.isEmpty)
            #expect(facts.limits.allSatisfy { ($0.operations ?? []).isSubset(of: facts.operations) })
            #expect(facts.statusPage.map { $0.url.hasPrefix("https://") } ?? true)
        }
    }
}
