import Domain

/// Reads OpenWeatherMap's answers in metric units.
enum OpenWeatherMapAnswer {
    /// The most steps of a forecast that are read; the provider sends 40.
    static let stepsMax = 200
    /// How many hours a step of the forecast has.
    static let stepHours: Int64 = 3
    /// The local hour whose sky stands for the day's.
    static let noon = 12

    /// Current weather; nil when the answer is none.
    static func current(_ json: JSONValue) -> WeatherReply? {
        guard let time = json["dt"]?.int64, let main = json["main"], let temperature = main["temp"]?.double
        else {
            return nil
        }
        return WeatherReply(
            observedAt: Instant(seconds: time),
            temperature: temperature,
            feelsLike: main["feels_like"]?.double,
            wind: json["wind"]?["speed"]?.double,
            gust: json["wind"]?["gust"]?.double,
            windDegrees: json["wind"]?["deg"]?.double,
            humidity: main["humidity"]?.double,
            clouds: json["clouds"]?["all"]?.double,
            pressure: main["pressure"]?.double,
            visibility: json["visibility"]?.double,
            precipitation: precipitation(json, "1h"),
            isDay: json["weather"]?.array?.first?["icon"]?.string.map { $0.hasSuffix("d") },
            condition: condition(json),
            place: .offset(seconds: json["timezone"]?.int64 ?? 0)
        )
    }

    /// A forecast of the first `days` local days; nil when the answer is none.
    static func forecast(_ json: JSONValue, days: Int) -> ForecastReply? {
        guard let list = json["list"]?.array, list.count <= stepsMax, !list.isEmpty else { return nil }
        let steps = list.compactMap(step)
        guard steps.count == list.count else { return nil }
        let offset = json["city"]?["timezone"]?.int64 ?? 0
        let date = { (step: ForecastReply.Step) in
            CivilDate(daysSinceEpoch: Instant(seconds: step.at.seconds + offset).dayNumber)
        }
        let byDate = Dictionary(grouping: steps, by: date)
        let dates = byDate.keys.sorted().prefix(days)
        let last = dates.last
        return ForecastReply(
            days: dates.compactMap { day in byDate[day].flatMap { Self.day(day, $0, list, offset: offset) } },
            steps: steps.filter { step in last.map { date(step) <= $0 } ?? false },
            place: .offset(seconds: offset)
        )
    }

    private static func step(_ json: JSONValue) -> ForecastReply.Step? {
        guard let time = json["dt"]?.int64, let temperature = json["main"]?["temp"]?.double else {
            return nil
        }
        return ForecastReply.Step(
            at: Instant(seconds: time),
            hours: stepHours,
            temperature: temperature,
            feelsLike: json["main"]?["feels_like"]?.double,
            wind: json["wind"]?["speed"]?.double,
            gust: json["wind"]?["gust"]?.double,
            precipitation: precipitation(json, "3h"),
            probability: json["pop"]?.double,
            condition: condition(json)
        )
    }

    /// Sums up a local day; its sky is that of the step nearest to noon.
    private static func day(
        _ date: CivilDate,
        _ steps: [ForecastReply.Step],
        _ list: [JSONValue],
        offset: Int64
    ) -> ForecastReply.Day? {
        let times = Set(steps.map(\.at.seconds))
        let mains = list.filter { $0["dt"]?.int64.map { times.contains($0) } ?? false }.compactMap {
            $0["main"]
        }
        let highest = mains.compactMap { ($0["temp_max"] ?? $0["temp"])?.double }.max()
        let lowest = mains.compactMap { ($0["temp_min"] ?? $0["temp"])?.double }.min()
        let noon = LocalTime(date, secondsOfDay: noon * 3_600).secondsSinceEpoch - offset
        let middle = steps.min { abs($0.at.seconds - noon) < abs($1.at.seconds - noon) }
        guard let highest, let lowest, let middle else { return nil }
        return ForecastReply.Day(
            date: date,
            highest: highest,
            lowest: lowest,
            precipitation: steps.reduce(0) { $0 + $1.precipitation },
            probability: steps.compactMap(\.probability).max(),
            condition: middle.condition
        )
    }

    /// Rain and snow, which are absent when nothing falls.
    private static func precipitation(_ json: JSONValue, _ span: String) -> Double {
        (json["rain"]?[span]?.double ?? 0) + (json["snow"]?[span]?.double ?? 0)
    }

    private static func condition(_ json: JSONValue) -> WeatherCondition {
        let id = json["weather"]?.array?.first?["id"]?.int64
        return id.map { WeatherCondition(openWeatherMap: $0) } ?? .unknown
    }
}
