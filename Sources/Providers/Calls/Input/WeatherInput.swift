import Domain

/// The input of `weather.current` and `weather.forecast`: `{"latitude": 40.4168, "longitude": -3.7038, "days": 3}`.
package struct WeatherInput: Hashable, Sendable {
    /// The days a forecast may reach: OpenWeatherMap's free plan has five.
    package static let daysRange: ClosedRange<Int64> = 1...5

    /// Degrees north, -90 to 90, in hundredths: places closer than a kilometre share an answer.
    package let latitudeHundredths: Int
    /// Degrees east, -180 to 180, in hundredths.
    package let longitudeHundredths: Int
    /// How many days of forecast; 1 for `weather.current`.
    package let days: Int64

    /// Reads the input.
    package init(_ reader: CallInputReader, _ operation: Operation) throws(CallInputError) {
        let isForecast = operation == .weatherForecast
        try reader.finish(known: ["latitude", "longitude"] + (isForecast ? ["days"] : []))
        latitudeHundredths = try Self.degrees("latitude", 90, reader)
        longitudeHundredths = try Self.degrees("longitude", 180, reader)
        days =
            try reader.optional("days", "a whole number from 1 to 5") { json in
                json.int64.flatMap { Self.daysRange.contains($0) ? $0 : nil }
            } ?? (isForecast ? 3 : 1)
    }

    private static func degrees(
        _ name: String,
        _ most: Double,
        _ reader: CallInputReader
    ) throws(CallInputError) -> Int {
        try reader.required(name, "a number of degrees from -\(Int(most)) to \(Int(most))") { json in
            json.double.flatMap { abs($0) <= most ? Int(($0 * 100).rounded()) : nil }
        }
    }
}
