import Providers
import Testing

@Suite struct WeatherConditionTests {
    private static let openWeatherMap: [WeatherCondition: [Int64]] = [
        .thunder: [200, 201, 202, 210, 211, 212, 221, 230, 231, 232],
        .drizzle: [300, 301, 302, 310, 311, 312, 313, 314, 321], .lightRain: [500, 520],
        .rain: [501, 521, 531],
        .heavyRain: [502, 503, 504, 522], .freezingRain: [511], .lightSnow: [600, 620], .snow: [601, 621],
        .heavySnow: [602, 622], .sleet: [611, 612, 613, 615, 616], .fog: [701, 721, 741],
        .dust: [711, 731, 751, 761, 762], .squall: [771], .tornado: [781], .clear: [800],
        .partlyCloudy: [801, 802], .cloudy: [803], .overcast: [804],
    ]
    private static let weatherAPI: [WeatherCondition: [Int64]] = [
        .clear: [1000], .partlyCloudy: [1003], .cloudy: [1006], .overcast: [1009], .fog: [1030, 1135, 1147],
        .drizzle: [1150, 1153], .freezingRain: [1072, 1168, 1171, 1198, 1201],
        .lightRain: [1063, 1180, 1183, 1240], .rain: [1186, 1189], .heavyRain: [1192, 1195, 1243, 1246],
        .sleet: [1069, 1204, 1207, 1249, 1252], .lightSnow: [1066, 1210, 1213, 1255], .snow: [1216, 1219],
        .heavySnow: [1114, 1117, 1222, 1225, 1258], .icePellets: [1237, 1261, 1264],
        .thunder: [1087, 1273, 1276], .thunderWithSnow: [1279, 1282],
    ]

    @Test func `knows every id of OpenWeatherMap`() {
        for (condition, ids) in Self.openWeatherMap {
            for id in ids { #expect(WeatherCondition(openWeatherMap: id) == condition, "\(id)") }
        }
        #expect(Self.openWeatherMap.values.joined().count == 55)
    }

    @Test func `knows every code of WeatherAPI`() {
        for (condition, codes) in Self.weatherAPI {
            for code in codes { #expect(WeatherCondition(weatherAPI: code) == condition, "\(code)") }
        }
        #expect(Self.weatherAPI.values.joined().count == 48)
    }

    @Test(arguments: [-1, 0, 199, 233, 299, 322, 505, 519, 617, 799, 805, 999, 1001, 1283, Int64.max])
    func `takes a code it does not know for unknown`(code: Int64) {
        if !(1_000...1_299).contains(code) { #expect(WeatherCondition(openWeatherMap: code) == .unknown) }
        #expect(WeatherCondition(weatherAPI: code) == .unknown)
    }

    @Test func `every condition but unknown has a code somewhere`() {
        let known = Set(Self.openWeatherMap.keys).union(Self.weatherAPI.keys)
        #expect(Set(WeatherCondition.allCases).subtracting(known) == [.unknown])
    }
}
