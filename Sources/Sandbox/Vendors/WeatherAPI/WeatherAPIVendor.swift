package import Domain
package import Providers

/// WeatherAPI.com's version 1 as it behaves for a free key: the weather now, and up to three days in hours.
///
/// 100,000 requests in a calendar month; over that 403 with code 2007. A place is `latitude,longitude`.
///
/// Source: weatherapi.com/docs.
package struct WeatherAPIVendor: VendorMachine {
    /// The key that is accepted unless told otherwise.
    package static let keyDefault = "fedcba9876543210fedcba98765432"
    /// The requests of a month.
    package static let monthlyDefault = 100_000
    /// The days of a free key's forecast, and the most that may be asked for.
    static let daysOfPlan = 3
    static let daysMax = 14

    package let provider = APIProvider.weatherAPI
    package var conditions = VendorConditions()
    let key: String
    let monthly: Int
    let weather: SandboxWeather
    private var month = 0
    private var used = 0

    /// Makes the service; one `seed` is one weather.
    package init(key: String = keyDefault, monthly: Int = monthlyDefault, seed: UInt64 = 1) {
        self.key = key
        self.monthly = monthly
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
        guard let given = query?.text("key") else {
            return Self.error(401, 1002, "API key is invalid or not provided.")
        }
        guard sameText(given, key) else { return Self.error(401, 2006, "API key provided is invalid") }
        guard take(now) else { return Self.error(403, 2007, "API key has exceeded calls per month quota.") }
        guard request.method == "GET", ["/v1/current.json", "/v1/forecast.json"].contains(request.path) else {
            return Self.error(400, 1005, "API URL is invalid.")
        }
        guard let place = query?.text("q") else { return Self.error(400, 1003, "Parameter q is missing.") }
        let parts = place.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, let latitude = WeatherNumber.degrees(parts[0], most: 90),
            let longitude = WeatherNumber.degrees(parts[1], most: 180)
        else { return Self.error(400, 1006, "No matching location found.") }
        let days = query?.text("days").flatMap { Int($0) } ?? 1
        guard (1...Self.daysMax).contains(days) else {
            return Self.error(400, 9999, "Internal application error.")
        }
        var members = [
            JSONMember("location", location(latitude, longitude, now)),
            JSONMember("current", current(latitude, longitude, now)),
        ]
        if request.path == "/v1/forecast.json" {
            let list = (0..<min(days, Self.daysOfPlan)).map { day($0, latitude, longitude, now) }
            members.append(JSONMember("forecast", ["forecastday": .array(list)]))
        }
        return VendorAnswer(
            status: 200,
            json: .object(members),
            headers: [
                ("x-weatherapi-qpm-left", "\(4_999_999 - used)"), ("Cache-Control", "public, max-age=180"),
                ("CDN-Cache", "MISS"),
            ]
        )
    }

    package func failure(status: Int, random: inout SeededRandom) -> VendorAnswer {
        Self.error(status, 9999, "Internal application error.")
    }

    /// A month that is used up: a free key knows no other limit.
    package func overLimit(random: inout SeededRandom) -> VendorAnswer {
        Self.error(403, 2007, "API key has exceeded calls per month quota.")
    }

    private mutating func take(_ now: Instant) -> Bool {
        let date = CivilDate(daysSinceEpoch: now.dayNumber)
        let month = date.year * 12 + date.month
        if month != self.month {
            self.month = month
            used = 0
        }
        guard used < max(Int(Double(monthly) * conditions.limitShare), 1) else { return false }
        used += 1
        return true
    }

    private func local(_ longitude: Double, _ instant: Instant) -> LocalTime {
        LocalTime(secondsSinceEpoch: instant.seconds + SandboxWeather.offset(longitude: longitude))
    }

    /// `2027-06-12 14:05`.
    private func text(_ time: LocalTime) -> JSONValue {
        .string(String(time.description.prefix(16)).split(separator: "T").joined(separator: " "))
    }

    private func location(_ latitude: Double, _ longitude: Double, _ now: Instant) -> JSONValue {
        let hours = SandboxWeather.offset(longitude: longitude) / 3_600
        // The sign of these zones is POSIX's: west is positive.
        let zone = hours == 0 ? "Etc/GMT" : "Etc/GMT\(hours > 0 ? "-" : "+")\(abs(hours))"
        return [
            "name": "Sandbox", "region": "", "country": "", "lat": WeatherNumber.json(latitude),
            "lon": WeatherNumber.json(longitude), "tz_id": .string(zone),
            "localtime_epoch": .integer(now.seconds),
            "localtime": text(local(longitude, now)),
        ]
    }

    private func current(_ latitude: Double, _ longitude: Double, _ now: Instant) -> JSONValue {
        // Measured every quarter of an hour.
        let time = Instant(seconds: now.seconds - now.seconds % 900)
        let hour = weather.hour(latitude: latitude, longitude: longitude, time)
        return .object(
            [
                JSONMember("last_updated_epoch", .integer(time.seconds)),
                JSONMember("last_updated", text(local(longitude, time))),
            ] + Self.common(hour)
        )
    }

    private func day(_ index: Int, _ latitude: Double, _ longitude: Double, _ now: Instant) -> JSONValue {
        let date = local(longitude, now).date.adding(days: index)
        let midnight = Int64(date.daysSinceEpoch) * 86_400 - SandboxWeather.offset(longitude: longitude)
        let times = (0..<24).map { Instant(seconds: midnight + Int64($0) * 3_600) }
        let hours = times.map { weather.hour(latitude: latitude, longitude: longitude, $0) }
        let temperatures = hours.map(\.temperature)
        let chance = Int((hours.map(\.probability).max() ?? 0) * 100)
        let isCold = (temperatures.max() ?? 0) < 0
        return [
            "date": .string("\(date)"), "date_epoch": .integer(Int64(date.daysSinceEpoch) * 86_400),
            "day": [
                "maxtemp_c": WeatherNumber.json(temperatures.max() ?? 0),
                "mintemp_c": WeatherNumber.json(temperatures.min() ?? 0),
                "totalprecip_mm": WeatherNumber.json(hours.reduce(0) { $0 + $1.precipitation }),
                "daily_chance_of_rain": .integer(isCold ? 0 : chance),
                "daily_chance_of_snow": .integer(isCold ? chance : 0), "condition": Self.condition(hours[13]),
            ],
            "astro": ["sunrise": "05:12 AM", "sunset": "09:02 PM"],
            "hour": .array(
                zip(times, hours).map { time, hour in
                    .object(
                        [
                            JSONMember("time_epoch", .integer(time.seconds)),
                            JSONMember("time", text(local(longitude, time))),
                        ] + Self.common(hour) + [
                            JSONMember(
                                "chance_of_rain",
                                .integer(hour.temperature < 0 ? 0 : Int(hour.probability * 100))
                            ),
                            JSONMember(
                                "chance_of_snow",
                                .integer(hour.temperature < 0 ? Int(hour.probability * 100) : 0)
                            ),
                        ]
                    )
                }
            ),
        ]
    }

    private static func common(_ hour: SandboxWeather.Hour) -> [JSONMember] {
        [
            JSONMember("temp_c", WeatherNumber.json(hour.temperature)),
            JSONMember("is_day", hour.isDay ? 1 : 0), JSONMember("condition", condition(hour)),
            JSONMember("wind_kph", WeatherNumber.json(hour.wind * 3.6)),
            JSONMember("wind_degree", .integer(hour.windDegrees)),
            JSONMember("pressure_mb", .integer(hour.pressure)),
            JSONMember("precip_mm", WeatherNumber.json(hour.precipitation)),
            JSONMember("humidity", .integer(hour.humidity)), JSONMember("cloud", .integer(hour.clouds)),
            JSONMember("feelslike_c", WeatherNumber.json(hour.temperature - hour.wind / 4)),
            JSONMember("vis_km", hour.precipitation > 1 ? 6 : 10),
            JSONMember("gust_kph", WeatherNumber.json(hour.wind * 5.4)), JSONMember("uv", hour.isDay ? 5 : 0),
        ]
    }

    private static func condition(_ hour: SandboxWeather.Hour) -> JSONValue {
        let (code, text): (Int, String) =
            if hour.precipitation > 0 {
                switch (hour.temperature < 0, hour.precipitation) {
                case (true, 2.5...): (1225, "Heavy snow")
                case (true, 0.8...): (1219, "Moderate snow")
                case (true, _): (1213, "Light snow")
                case (false, 2.5...): (1195, "Heavy rain")
                case (false, 0.8...): (1189, "Moderate rain")
                default: (1183, "Light rain")
                }
            } else {
                switch hour.clouds {
                case ..<25: (1000, hour.isDay ? "Sunny" : "Clear")
                case ..<51: (1003, "Partly Cloudy")
                case ..<85: (1006, "Cloudy")
                default: (1009, "Overcast")
                }
            }
        return [
            "text": .string(text), "icon": "//cdn.weatherapi.com/weather/64x64/day/113.png",
            "code": .integer(code),
        ]
    }

    private static func error(_ status: Int, _ code: Int, _ message: String) -> VendorAnswer {
        VendorAnswer(status: status, json: ["error": ["code": .integer(code), "message": .string(message)]])
    }
}
