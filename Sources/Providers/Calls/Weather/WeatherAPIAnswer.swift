import Domain

/// Reads WeatherAPI's answers.
enum WeatherAPIAnswer {
    /// The most hours of one day that are read: a day on which clocks are set back has 25.
    static let hoursMax = 25
    /// Kilometres an hour in one metre a second.
    static let kilometresPerHour = 3.6

    /// Current weather; nil when the answer is none.
    static func current(_ json: JSONValue) -> WeatherReply? {
        guard let now = json["current"], let time = now["last_updated_epoch"]?.int64,
            let temperature = now["temp_c"]?.double, let place = place(json)
        else { return nil }
        return WeatherReply(
            observedAt: Instant(seconds: time),
            temperature: temperature,
            feelsLike: now["feelslike_c"]?.double,
            wind: speed(now["wind_kph"]),
            gust: speed(now["gust_kph"]),
            windDegrees: now["wind_degree"]?.double,
            humidity: now["humidity"]?.double,
            clouds: now["cloud"]?.double,
            pressure: now["pressure_mb"]?.double,
            visibility: now["vis_km"]?.double.map { $0 * 1_000 },
            precipitation: now["precip_mm"]?.double ?? 0,
            isDay: now["is_day"]?.int64.map { $0 == 1 },
            condition: condition(now),
            place: place
        )
    }

    /// A forecast of at most `days` days; nil when the answer is none.
    static func forecast(_ json: JSONValue, days: Int) -> ForecastReply? {
        guard let list = json["forecast"]?["forecastday"]?.array, !list.isEmpty, let place = place(json)
        else {
            return nil
        }
        let asked = list.prefix(days)
        let read = asked.compactMap(day)
        guard read.count == asked.count else { return nil }
        return ForecastReply(
            days: read,
            steps: asked.flatMap { ($0["hour"]?.array ?? []).prefix(hoursMax).compactMap(step) },
            place: place
        )
    }

    private static func day(_ json: JSONValue) -> ForecastReply.Day? {
        guard let date = json["date"]?.string.flatMap({ CivilDate($0) }), let day = json["day"],
            let highest = day["maxtemp_c"]?.double, let lowest = day["mintemp_c"]?.double
        else { return nil }
        return ForecastReply.Day(
            date: date,
            highest: highest,
            lowest: lowest,
            precipitation: day["totalprecip_mm"]?.double ?? 0,
            probability: chance(day["daily_chance_of_rain"], day["daily_chance_of_snow"]),
            condition: condition(day)
        )
    }

    private static func step(_ json: JSONValue) -> ForecastReply.Step? {
        guard let time = json["time_epoch"]?.int64, let temperature = json["temp_c"]?.double else {
            return nil
        }
        return ForecastReply.Step(
            at: Instant(seconds: time),
            hours: 1,
            temperature: temperature,
            feelsLike: json["feelslike_c"]?.double,
            wind: speed(json["wind_kph"]),
            gust: speed(json["gust_kph"]),
            precipitation: json["precip_mm"]?.double ?? 0,
            probability: chance(json["chance_of_rain"], json["chance_of_snow"]),
            condition: condition(json)
        )
    }

    /// The greater of two chances in per cent, as a number from 0 to 1; texts are read as well.
    private static func chance(_ rain: JSONValue?, _ snow: JSONValue?) -> Double? {
        let percent = [rain, snow].compactMap { $0.flatMap { $0.double ?? $0.string.flatMap { Double($0) } } }
        return percent.max().map { $0 / 100 }
    }

    private static func speed(_ json: JSONValue?) -> Double? { json?.double.map { $0 / kilometresPerHour } }

    private static func place(_ json: JSONValue) -> WeatherPlace? {
        json["location"]?["tz_id"]?.string.map { .zone($0) }
    }

    private static func condition(_ json: JSONValue) -> WeatherCondition {
        json["condition"]?["code"]?.int64.map { WeatherCondition(weatherAPI: $0) } ?? .unknown
    }
}
