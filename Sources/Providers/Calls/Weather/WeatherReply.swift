package import Domain

/// The normalised reply of `weather.current`: degrees Celsius, metres, seconds, hectopascals, per cent.
package struct WeatherReply: Hashable, Sendable {
    /// When it was measured.
    package var observedAt: Instant
    /// The temperature.
    package var temperature: Double
    /// What it feels like.
    package var feelsLike: Double?
    /// The wind's speed, in metres a second.
    package var wind: Double?
    /// The speed of its gusts; nil where none are told.
    package var gust: Double?
    /// Where the wind comes from, in degrees from north.
    package var windDegrees: Double?
    /// Relative humidity, in per cent.
    package var humidity: Double?
    /// The part of the sky that is covered, in per cent.
    package var clouds: Double?
    /// Pressure at sea level, in hectopascals.
    package var pressure: Double?
    /// How far one sees, in metres.
    package var visibility: Double?
    /// What fell within the last hour, in millimetres.
    package var precipitation: Double
    /// Whether the sun is up.
    package var isDay: Bool?
    /// What the sky does.
    package var condition: WeatherCondition
    /// Where clocks stand.
    package var place: WeatherPlace

    /// `{"observed_at": …, "temperature_c": …, …}`; what is not known is `null`.
    package var json: JSONValue {
        .object(
            [
                JSONMember("observed_at", .string("\(observedAt)")),
                JSONMember("temperature_c", weatherNumber(temperature)),
                JSONMember("feels_like_c", weatherNumber(feelsLike)),
                JSONMember("wind_mps", weatherNumber(wind)),
                JSONMember("gust_mps", weatherNumber(gust)),
                JSONMember("wind_degrees", weatherNumber(windDegrees)),
                JSONMember("humidity", weatherNumber(humidity)),
                JSONMember("clouds", weatherNumber(clouds)),
                JSONMember("pressure_hpa", weatherNumber(pressure)),
                JSONMember("visibility_m", weatherNumber(visibility)),
                JSONMember("precipitation_mm", weatherNumber(precipitation)),
                JSONMember("is_day", isDay.map { .bool($0) } ?? .null),
                JSONMember("condition", .string(condition.rawValue)),
            ] + place.members
        )
    }
}

/// How a place's clocks are told: by the name of its zone, or by their distance from UTC now.
package enum WeatherPlace: Hashable, Sendable {
    case zone(String)
    case offset(seconds: Int64)

    var members: [JSONMember] {
        switch self {
        case .zone(let name): [JSONMember("zone", .string(name)), JSONMember("offset_seconds", .null)]
        case .offset(let seconds):
            [JSONMember("zone", .null), JSONMember("offset_seconds", .integer(seconds))]
        }
    }
}

/// The normalised reply of `weather.forecast`.
package struct ForecastReply: Hashable, Sendable {
    /// One local day.
    package struct Day: Hashable, Sendable {
        /// The date at the place.
        package var date: CivilDate
        /// The highest temperature.
        package var highest: Double
        /// The lowest temperature.
        package var lowest: Double
        /// What falls, in millimetres.
        package var precipitation: Double
        /// How probable it is that anything falls, 0 to 1.
        package var probability: Double?
        /// What the sky does.
        package var condition: WeatherCondition
    }

    /// One step of a forecast: an hour, or three.
    package struct Step: Hashable, Sendable {
        /// When it begins.
        package var at: Instant
        /// How many hours it is long.
        package var hours: Int64
        /// The temperature.
        package var temperature: Double
        /// What it feels like.
        package var feelsLike: Double?
        /// The wind's speed, in metres a second.
        package var wind: Double?
        /// The speed of its gusts.
        package var gust: Double?
        /// What falls in it, in millimetres.
        package var precipitation: Double
        /// How probable it is that anything falls, 0 to 1.
        package var probability: Double?
        /// What the sky does.
        package var condition: WeatherCondition
    }

    /// The days, today's first; as many as were asked for, or as the provider's plan has.
    package var days: [Day]
    /// The steps of those days.
    package var steps: [Step]
    /// Where clocks stand.
    package var place: WeatherPlace

    /// `{"days": [{"date": …, "max_c": …}], "hours": [{"at": …}], "zone": …, "offset_seconds": …}`.
    package var json: JSONValue {
        .object(
            [
                JSONMember("days", .array(days.map(\.json))),
                JSONMember("hours", .array(steps.map(\.json))),
            ] + place.members
        )
    }
}

extension ForecastReply.Day {
    var json: JSONValue {
        [
            "date": .string("\(date)"), "max_c": weatherNumber(highest), "min_c": weatherNumber(lowest),
            "precipitation_mm": weatherNumber(precipitation),
            "precipitation_probability": weatherNumber(probability),
            "condition": .string(condition.rawValue),
        ]
    }
}

extension ForecastReply.Step {
    var json: JSONValue {
        [
            "at": .string("\(at)"), "span_hours": .integer(hours),
            "temperature_c": weatherNumber(temperature),
            "feels_like_c": weatherNumber(feelsLike), "wind_mps": weatherNumber(wind),
            "gust_mps": weatherNumber(gust), "precipitation_mm": weatherNumber(precipitation),
            "precipitation_probability": weatherNumber(probability),
            "condition": .string(condition.rawValue),
        ]
    }
}

/// A number with at most two digits behind the point; `null` for nil.
private func weatherNumber(_ value: Double?) -> JSONValue {
    guard let value else { return .null }
    return .fraction((value * 100).rounded() / 100 + 0)
}
