/// What the sky does, in words that two providers share.
package enum WeatherCondition: String, CaseIterable, Hashable, Sendable {
    case clear
    case partlyCloudy = "partly_cloudy"
    case cloudy
    case overcast
    /// Mist, haze, fog.
    case fog
    /// Dust, sand, smoke, volcanic ash.
    case dust
    case squall
    case tornado
    case drizzle
    /// Rain or drizzle that freezes on the ground.
    case freezingRain = "freezing_rain"
    case lightRain = "light_rain"
    case rain
    case heavyRain = "heavy_rain"
    case sleet
    case lightSnow = "light_snow"
    case snow
    case heavySnow = "heavy_snow"
    case icePellets = "ice_pellets"
    case thunder
    case thunderWithSnow = "thunder_with_snow"
    /// A code that came into use after this table: never an error.
    case unknown

    /// The condition behind one of OpenWeatherMap's ids.
    ///
    /// Source: openweathermap.org/weather-conditions.
    package init(openWeatherMap id: Int64) {
        self =
            switch id {
            case 200...232: .thunder
            case 300...321: .drizzle
            case 500, 520: .lightRain
            case 501, 521, 531: .rain
            case 502...504, 522: .heavyRain
            case 511: .freezingRain
            case 600, 620: .lightSnow
            case 601, 621: .snow
            case 602, 622: .heavySnow
            case 611...616: .sleet
            case 701, 721, 741: .fog
            case 711, 731, 751, 761, 762: .dust
            case 771: .squall
            case 781: .tornado
            case 800: .clear
            case 801, 802: .partlyCloudy
            case 803: .cloudy
            case 804: .overcast
            default: .unknown
            }
    }

    /// The condition behind one of WeatherAPI's codes.
    ///
    /// Source: weatherapi.com/docs/weather_conditions.json.
    package init(weatherAPI code: Int64) {
        self =
            switch code {
            case 1000: .clear
            case 1003: .partlyCloudy
            case 1006: .cloudy
            case 1009: .overcast
            case 1030, 1135, 1147: .fog
            case 1150, 1153: .drizzle
            case 1072, 1168, 1171, 1198, 1201: .freezingRain
            case 1063, 1180, 1183, 1240: .lightRain
            case 1186, 1189: .rain
            case 1192, 1195, 1243, 1246: .heavyRain
            case 1069, 1204, 1207, 1249, 1252: .sleet
            case 1066, 1210, 1213, 1255: .lightSnow
            case 1216, 1219: .snow
            case 1114, 1117, 1222, 1225, 1258: .heavySnow
            case 1237, 1261, 1264: .icePellets
            case 1087, 1273, 1276: .thunder
            case 1279, 1282: .thunderWithSnow
            default: .unknown
            }
    }
}
