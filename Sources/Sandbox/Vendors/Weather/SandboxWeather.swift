import Domain

/// The weather of the sandbox: plausible for place, season and hour, and the same for everybody who asks.
///
/// A pure function of the seed, the place and the hour: two vendors with one seed tell of the same weather.
struct SandboxWeather: Sendable {
    /// One hour at one place.
    struct Hour: Hashable, Sendable {
        /// Degrees Celsius.
        let temperature: Double
        /// Metres a second.
        let wind: Double
        let windDegrees: Int
        /// Per cent.
        let humidity: Int
        let clouds: Int
        /// Hectopascals.
        let pressure: Int
        /// Millimetres within the hour.
        let precipitation: Double
        /// 0 to 1.
        let probability: Double
        let isDay: Bool
    }

    let seed: UInt64

    /// The hour that holds `instant`.
    func hour(latitude: Double, longitude: Double, _ instant: Instant) -> Hour {
        let hour = instant.seconds / 3_600
        let solar = Double(hour % 24) + longitude / 15
        let place = UInt64(bitPattern: Int64(latitude * 10) &* 4_001 &+ Int64(longitude * 10))
        var daily = SeededRandom(
            seed: seed ^ place &* 0x9E37_79B9 ^ UInt64(bitPattern: hour / 24) &* 0x85EB_CA6B
        )
        var hourly = SeededRandom(seed: seed ^ place &* 0xC2B2_AE35 ^ UInt64(bitPattern: hour) &* 0x27D4_EB2F)
        let draw = { (random: inout SeededRandom, range: ClosedRange<Double>) in
            Double.random(in: range, using: &random)
        }
        let year = Double(instant.seconds) / (365.2425 * 86_400)
        // The middle of July is the warmest time in the north, that of January in the south.
        let season = Self.wave(year - 0.54) * (latitude < 0 ? -1 : 1) * min(abs(latitude), 50) * 0.22
        let warmth = 27 - 0.35 * abs(latitude) + season + draw(&daily, -4...4)
        let wetness = draw(&daily, -0.9...1)
        let clouds = min(max((wetness + 0.5) * 65 + draw(&hourly, -15...15), 0), 100)
        let rain = wetness > 0.55 ? max(draw(&hourly, -0.6...3), 0) : 0
        return Hour(
            temperature: warmth + 5 * Self.wave((solar - 15) / 24) + draw(&hourly, -0.5...0.5),
            wind: 1 + draw(&daily, 0...6) + draw(&hourly, 0...2),
            windDegrees: Int(draw(&daily, 0...359)),
            humidity: Int(min(max(60 + wetness * 25 - 10 * Self.wave((solar - 15) / 24), 15), 100)),
            clouds: Int(rain > 0 ? max(clouds, 90) : clouds),
            pressure: Int(1_016 - wetness * 12),
            precipitation: rain,
            probability: min(max(wetness, 0), 1),
            isDay: (6..<20).contains(((Int(solar.rounded(.down)) % 24) + 24) % 24)
        )
    }

    /// Seconds east of UTC that clocks show at a longitude, in whole hours.
    static func offset(longitude: Double) -> Int64 { Int64((longitude / 15).rounded()) * 3_600 }

    /// 1 at every whole number, -1 half-way, straight between.
    private static func wave(_ turns: Double) -> Double {
        let fraction = turns - turns.rounded(.down)
        return 4 * abs(fraction - 0.5) - 1
    }
}

/// Numbers as weather services write them.
enum WeatherNumber {
    /// With at most two digits behind the point.
    static func json(_ value: Double) -> JSONValue {
        let rounded = (value * 100).rounded() / 100 + 0
        return rounded == rounded.rounded() && abs(rounded) < 1e9
            ? .integer(Int64(rounded)) : .fraction(rounded)
    }

    /// Degrees within `most`; nil for anything else.
    static func degrees(_ text: some StringProtocol, most: Double) -> Double? {
        Double(text).flatMap { $0.isFinite && abs($0) <= most ? $0 : nil }
    }
}
