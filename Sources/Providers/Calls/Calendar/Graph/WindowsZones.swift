/// The IANA names of Windows' time zones, which Graph answers with.
///
/// Those of CLDR's `windowsZones.xml` (territory 001) that weddings are likely to have; requests use IANA names.
enum WindowsZones {
    /// The IANA name of a zone: names with a slash and `UTC` are IANA's already, others unknown here are `Etc/Unknown`.
    static func name(_ zone: String) -> String {
        if let known = names[zone] { return known }
        let isIANA = zone.utf8.contains(0x2F) && !zone.utf8.contains(0x3A) && !zone.utf8.contains(0x20)
        return isIANA ? zone : CalendarReply.zoneUnknown
    }

    private static let names: [String: String] = [
        "UTC": "UTC", "Etc/UTC": "UTC", "tzone://Microsoft/Utc": "UTC", "GMT Standard Time": "Europe/London",
        "Greenwich Standard Time": "Atlantic/Reykjavik", "W. Europe Standard Time": "Europe/Berlin",
        "Central Europe Standard Time": "Europe/Budapest", "Romance Standard Time": "Europe/Paris",
        "Central European Standard Time": "Europe/Warsaw", "E. Europe Standard Time": "Europe/Chisinau",
        "GTB Standard Time": "Europe/Bucharest", "FLE Standard Time": "Europe/Kiev",
        "Kaliningrad Standard Time": "Europe/Kaliningrad", "Russian Standard Time": "Europe/Moscow",
        "Turkey Standard Time": "Europe/Istanbul", "Morocco Standard Time": "Africa/Casablanca",
        "W. Central Africa Standard Time": "Africa/Lagos", "Egypt Standard Time": "Africa/Cairo",
        "South Africa Standard Time": "Africa/Johannesburg", "E. Africa Standard Time": "Africa/Nairobi",
        "Israel Standard Time": "Asia/Jerusalem", "Middle East Standard Time": "Asia/Beirut",
        "Jordan Standard Time": "Asia/Amman", "Arab Standard Time": "Asia/Riyadh",
        "Arabic Standard Time": "Asia/Baghdad", "Arabian Standard Time": "Asia/Dubai",
        "Iran Standard Time": "Asia/Tehran", "Georgian Standard Time": "Asia/Tbilisi",
        "Caucasus Standard Time": "Asia/Yerevan", "Azerbaijan Standard Time": "Asia/Baku",
        "Pakistan Standard Time": "Asia/Karachi", "West Asia Standard Time": "Asia/Tashkent",
        "India Standard Time": "Asia/Calcutta", "Sri Lanka Standard Time": "Asia/Colombo",
        "Nepal Standard Time": "Asia/Katmandu", "Bangladesh Standard Time": "Asia/Dhaka",
        "SE Asia Standard Time": "Asia/Bangkok", "China Standard Time": "Asia/Shanghai",
        "Singapore Standard Time": "Asia/Singapore", "Taipei Standard Time": "Asia/Taipei",
        "Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul",
        "W. Australia Standard Time": "Australia/Perth", "AUS Central Standard Time": "Australia/Darwin",
        "Cen. Australia Standard Time": "Australia/Adelaide", "AUS Eastern Standard Time": "Australia/Sydney",
        "E. Australia Standard Time": "Australia/Brisbane", "Tasmania Standard Time": "Australia/Hobart",
        "New Zealand Standard Time": "Pacific/Auckland", "Fiji Standard Time": "Pacific/Fiji",
        "Hawaiian Standard Time": "Pacific/Honolulu", "Alaskan Standard Time": "America/Anchorage",
        "Pacific Standard Time": "America/Los_Angeles", "Pacific Standard Time (Mexico)": "America/Tijuana",
        "US Mountain Standard Time": "America/Phoenix", "Mountain Standard Time": "America/Denver",
        "Central Standard Time": "America/Chicago", "Central Standard Time (Mexico)": "America/Mexico_City",
        "Canada Central Standard Time": "America/Regina",
        "Central America Standard Time": "America/Guatemala",
        "Eastern Standard Time": "America/New_York", "Eastern Standard Time (Mexico)": "America/Cancun",
        "US Eastern Standard Time": "America/Indianapolis", "SA Pacific Standard Time": "America/Bogota",
        "Cuba Standard Time": "America/Havana", "Atlantic Standard Time": "America/Halifax",
        "SA Western Standard Time": "America/La_Paz", "Venezuela Standard Time": "America/Caracas",
        "Pacific SA Standard Time": "America/Santiago", "Paraguay Standard Time": "America/Asuncion",
        "Newfoundland Standard Time": "America/St_Johns",
        "E. South America Standard Time": "America/Sao_Paulo",
        "Argentina Standard Time": "America/Buenos_Aires", "SA Eastern Standard Time": "America/Cayenne",
        "Montevideo Standard Time": "America/Montevideo", "Greenland Standard Time": "America/Godthab",
        "Azores Standard Time": "Atlantic/Azores", "Cape Verde Standard Time": "Atlantic/Cape_Verde",
    ]
}
