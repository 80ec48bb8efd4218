import Domain

/// The parts of one RRULE line (RFC 5545 section 3.3.10), read strictly.
struct RecurrenceRule: Hashable, Sendable {
    /// The days of the week in RFC 5545's words, from Sunday, as `CivilDate.weekday` counts.
    static let days = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"]

    /// A day of `BYDAY` with its ordinal: `-1SU` is the last Sunday.
    struct Day: Hashable, Sendable {
        let ordinal: Int?
        /// 0 is Sunday.
        let weekday: Int
    }

    /// The parts by their names, upper case: `FREQ`, `COUNT`.
    private let parts: [String: String]

    /// Reads `RRULE:FREQ=…`; nil when it is none: no frequency, a part that repeats or is unknown.
    init?(_ line: String) {
        let text = Array(line.utf8)
        guard text.starts(with: Array("RRULE:".utf8)) else { return nil }
        var parts: [String: String] = [:]
        for part in text.dropFirst(6).split(separator: 0x3B, omittingEmptySubsequences: false) {
            let pair = part.split(separator: 0x3D, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self).uppercased() }
            guard pair.count == 2, Self.names.contains(pair[0]), !pair[1].isEmpty, parts[pair[0]] == nil
            else {
                return nil
            }
            parts[pair[0]] = pair[1]
        }
        guard parts["FREQ"] != nil else { return nil }
        self.parts = parts
    }

    private static let names: Set<String> = [
        "FREQ", "UNTIL", "COUNT", "INTERVAL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST",
    ]

    /// How often: `WEEKLY`.
    var frequency: String { parts["FREQ"] ?? "" }

    /// The names of the parts that are there.
    var given: Set<String> { Set(parts.keys) }

    /// The text of a part.
    func text(_ name: String) -> String? { parts[name] }

    /// A part that is one whole number; nil for anything else.
    func number(_ name: String) -> Int? { parts[name].flatMap { Int($0) } }

    /// The days of `BYDAY`; empty without one, nil when it cannot be read.
    var byDay: [Day]? {
        guard let text = parts["BYDAY"] else { return [] }
        var days: [Day] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let weekday = Self.days.firstIndex(of: String(item.suffix(2))) else { return nil }
            let prefix = item.dropLast(2)
            let ordinal = Int(prefix)
            guard prefix.isEmpty || ordinal.map({ $0 != 0 && abs($0) <= 53 }) == true else { return nil }
            days.append(Day(ordinal: ordinal, weekday: weekday))
        }
        return days
    }
}

extension CivilDate {
    /// The day of the week: 0 is Sunday.
    var weekday: Int { ((daysSinceEpoch + 4) % 7 + 7) % 7 }
}
