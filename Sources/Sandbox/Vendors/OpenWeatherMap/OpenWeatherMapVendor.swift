package import Domain
package import Providers
import Resilience

/// OpenWeatherMap's version 2.5 as it behaves for a free key: the weather now, and five days in steps of three hours.
///
/// 60 requests a minute; over that 429 without any field. `cod` is a number in `/weather` and in some errors, a text in
/// `/forecast` and in others. Units are Kelvin unless `units` says otherwise.
///
/// Source: openweathermap.org/current, openweathermap.org/forecast5, openweathermap.org/faq.
package struct OpenWeatherMapVendor: VendorMachine {
    /// The key that is accepted unless told otherwise.
    package static let keyDefault = "0123456789abcdef0123456789abcdef"
    /// The steps of a forecast.
    static let stepsMax = 40
    static let stepSeconds: Int64 = 3 * 3_600

    package let provider = APIProvider.openWeatherMap
    package var conditions = VendorConditions()
    let key: String
    let weather: SandboxWeather
    private var limiter = VendorLimiter(.fixedWindow(count: 60, length: .seconds(60)))

    /// Makes the service; one `seed` is one weather.
    package init(key: String = keyDefault, seed: UInt64 = 1) {
        self.key = key
        weather = SandboxWeather(seed: seed)
    }

    /// Nothing that counts takes effect here.
    package var ledger: [LedgerEntry] { [] }

    package mutating func answer(
        _ request: VendorRequest,
        now: Instant,
        random: inout SeededRandom
    ) -> VendorAnswer {
        let query = request.queryFields
        guard let given = query?.text("appid"), sameText(given, key) else {
            return Self.error(
                401,
                .integer(401),
                "Invalid API key. Please see https://openweathermap.org/faq#error401 for more info."
            )
        }
        guard limiter.take(now: now, share: conditions.limitShare).isWithin else {
            return overLimit(random: &random)
        }
        guard request.method == "GET", ["/data/2.5/weather", "/data/2.5/forecast"].contains(request.path)
        else {
            return Self.error(404, "404", "Internal error")
        }
        guard let latitudeText = query?.text("lat"), let longitudeText = query?.text("lon") else {
            return Self.error(400, "400", "Nothing to geocode")
        }
        guard let latitude = WeatherNumber.degrees(latitudeText, most: 90) else {
            return Self.error(400, "400", "wrong latitude")
        }
        guard let longitude = WeatherNumber.degrees(longitudeText, most: 180) else {
            return Self.error(400, "400", "wrong longitude")
        }
        let place = Place(
            latitude: latitude,
            longitude: longitude,
            isMetric: query?.text("units") == "metric"
        )
        let json = request.path.hasSuffix("weather") ? current(place, now) : forecast(place, now)
        return VendorAnswer(status: 200, json: json)
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        Self.error(status, .string("\(status)"), "Internal error")
    }

    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        Self.error(
            429,
            .integer(429),
            """
            Your account is temporary blocked due to exceeding of requests limitation of your subscription type. \
            Please choose the proper subscription https://openweathermap.org/price
            """
        )
    }

    private struct Place {
        let latitude: Double
        let longitude: Double
        let isMetric: Bool

        func degrees(_ celsius: Double) -> JSONValue {
            WeatherNumber.json(isMetric ? celsius : celsius + 273.15)
        }

        var coordinates: JSONValue {
            ["lon": WeatherNumber.json(longitude), "lat": WeatherNumber.json(latitude)]
        }
    }

    private func current(_ place: Place, _ now: Instant) -> JSONValue {
        // Measured every ten minutes.
        let time = now.seconds - now.seconds % 600
        let hour = weather.hour(latitude: place.latitude, longitude: place.longitude, Instant(seconds: time))
        var members = [JSONMember("coord", place.coordinates)]
        members += common(hour, place)
        if hour.precipitation > 0 {
            let name = hour.temperature < 0 ? "snow" : "rain"
            members.append(JSONMember(name, ["1h": WeatherNumber.json(hour.precipitation)]))
        }
        members += [
            JSONMember("base", "stations"), JSONMember("dt", .integer(time)),
            JSONMember(
                "sys",
                [
                    "country": "", "sunrise": .integer(time - time % 86_400 + 18_000),
                    "sunset": .integer(time - time % 86_400 + 68_400),
                ]
            ),
            JSONMember("timezone", .integer(SandboxWeather.offset(longitude: place.longitude))),
            JSONMember("id", 0), JSONMember("name", "Sandbox"), JSONMember("cod", 200),
        ]
        return .object(members)
    }

    private func forecast(_ place: Place, _ now: Instant) -> JSONValue {
        let first = (now.seconds / Self.stepSeconds + 1) * Self.stepSeconds
        let list = (0..<Self.stepsMax).map { step($0, from: first, place) }
        return [
            "cod": "200", "message": 0, "cnt": .integer(list.count), "list": .array(list),
            "city": [
                "id": 0, "name": "Sandbox", "coord": place.coordinates, "country": "", "population": 0,
                "timezone": .integer(SandboxWeather.offset(longitude: place.longitude)),
                "sunrise": .integer(first - first % 86_400 + 18_000),
                "sunset": .integer(first - first % 86_400 + 68_400),
            ],
        ]
    }

    private func step(_ index: Int, from first: Int64, _ place: Place) -> JSONValue {
        let time = first + Int64(index) * Self.stepSeconds
        let hours = (0..<3).map { offset in
            weather.hour(
                latitude: place.latitude,
                longitude: place.longitude,
                Instant(seconds: time + Int64(offset) * 3_600)
            )
        }
        var members = [JSONMember("dt", .integer(time))] + common(hours[0], place)
        members.append(JSONMember("pop", WeatherNumber.json(hours.map(\.probability).max() ?? 0)))
        let fallen = hours.reduce(0) { $0 + $1.precipitation }
        if fallen > 0 {
            let name = hours[0].temperature < 0 ? "snow" : "rain"
            members.append(JSONMember(name, ["3h": WeatherNumber.json(fallen)]))
        }
        let text = String("\(Instant(seconds: time))".dropLast()).split(separator: "T").joined(separator: " ")
        members += [
            JSONMember("sys", ["pod": hours[0].isDay ? "d" : "n"]), JSONMember("dt_txt", .string(text)),
        ]
        return .object(members)
    }

    private func common(_ hour: SandboxWeather.Hour, _ place: Place) -> [JSONMember] {
        let sky = Self.sky(hour)
        let wind: [JSONMember] =
            [
                JSONMember("speed", WeatherNumber.json(hour.wind)),
                JSONMember("deg", .integer(hour.windDegrees)),
            ] + (hour.wind > 4 ? [JSONMember("gust", WeatherNumber.json(hour.wind * 1.5))] : [])
        return [
            JSONMember(
                "weather",
                [
                    [
                        "id": .integer(sky.id), "main": .string(sky.main), "description": .string(sky.text),
                        "icon": .string(sky.icon + (hour.isDay ? "d" : "n")),
                    ]
                ]
            ),
            JSONMember(
                "main",
                [
                    "temp": place.degrees(hour.temperature),
                    "feels_like": place.degrees(hour.temperature - hour.wind / 4),
                    "temp_min": place.degrees(hour.temperature - 0.6),
                    "temp_max": place.degrees(hour.temperature + 0.6), "pressure": .integer(hour.pressure),
                    "humidity": .integer(hour.humidity), "sea_level": .integer(hour.pressure),
                    "grnd_level": .integer(hour.pressure - 10),
                ]
            ),
            JSONMember("visibility", .integer(hour.precipitation > 1 ? 6_000 : 10_000)),
            JSONMember("wind", .object(wind)), JSONMember("clouds", ["all": .integer(hour.clouds)]),
        ]
    }

    private static func sky(
        _ hour: SandboxWeather.Hour
    ) -> (id: Int, main: String, text: String, icon: String) {
        if hour.precipitation > 0 {
            let size = hour.precipitation > 2.5 ? 2 : (hour.precipitation > 0.8 ? 1 : 0)
            let words = ["light", "moderate", "heavy intensity"]
            return hour.temperature < 0
                ? (600 + size, "Snow", ["light snow", "snow", "heavy snow"][size], "13")
                : (500 + size, "Rain", "\(words[size]) rain", "10")
        }
        return switch hour.clouds {
        case ..<11: (800, "Clear", "clear sky", "01")
        case ..<26: (801, "Clouds", "few clouds", "02")
        case ..<51: (802, "Clouds", "scattered clouds", "03")
        case ..<85: (803, "Clouds", "broken clouds", "04")
        default: (804, "Clouds", "overcast clouds", "04")
        }
    }

    private static func error(_ status: Int, _ code: JSONValue, _ message: String) -> VendorAnswer {
        VendorAnswer(status: status, json: ["cod": code, "message": .string(message)])
    }
}
