import Domain

/// RRULE lines as Graph's patterns, and back.
///
/// | RRULE | pattern |
/// |---|---|
/// | DAILY | daily |
/// | WEEKLY [BYDAY] | weekly; `firstDayOfWeek` is WKST, Monday without one as in RFC 5545 |
/// | MONTHLY [BYMONTHDAY=n] | absoluteMonthly |
/// | MONTHLY BYDAY=2SA, or BYDAY=MO,TU;BYSETPOS=-1 | relativeMonthly |
/// | YEARLY [BYMONTH] [BYMONTHDAY=n] | absoluteYearly |
/// | YEARLY BYMONTH BYDAY=2SA | relativeYearly |
/// | COUNT, UNTIL=20270901, neither | numbered, endDate, noEnd |
///
/// Everything else is refused: EXDATE, RDATE and EXRULE lines, a second RRULE, hours, lists and negative days of the
/// month, other positions than first to fourth and last. UNTIL with a time is refused too: Graph wants the date of the
/// event's own zone, which a UTC time tells for events in UTC alone.
enum GraphRecurrence {
    /// The pattern and range of an item; nil when it does not recur.
    static func pattern(_ item: CalendarItemInput) throws(CallInputError) -> JSONValue? {
        guard let line = item.recurrence.first else { return nil }
        if item.recurrence.count > 1 { throw fault(1, "Outlook takes one RRULE line and nothing else") }
        guard let rule = RecurrenceRule(line) else { throw fault(0, "must be a well-formed RRULE") }
        let (start, zone) =
            switch item.start {
            case .at(let local, let zone): (local.date, zone)
            case .date(let date): (date, "UTC")
            }
        return ["pattern": try pattern(rule, start), "range": try range(rule, start, zone)]
    }

    private static func pattern(
        _ rule: RecurrenceRule,
        _ start: CivilDate
    ) throws(CallInputError) -> JSONValue {
        let interval = rule.number("INTERVAL") ?? 1
        guard (1...999).contains(interval), (rule.text("INTERVAL") == nil) == (rule.number("INTERVAL") == nil)
        else {
            throw fault(0, "needs an INTERVAL from 1 to 999")
        }
        guard let days = rule.byDay else { throw fault(0, "has a BYDAY that cannot be read") }
        let body: JSONValue =
            switch rule.frequency {
            case "DAILY": try daily(rule)
            case "WEEKLY": try weekly(rule, days, start)
            case "MONTHLY": try monthly(rule, days, start)
            case "YEARLY": try yearly(rule, days, start)
            default: throw fault(0, "repeats more often than Outlook can: daily is the most")
            }
        return .object([JSONMember("interval", .integer(interval))] + (body.object ?? []))
    }

    private static func daily(_ rule: RecurrenceRule) throws(CallInputError) -> JSONValue {
        try allow(rule, [])
        return ["type": "daily"]
    }

    private static func weekly(
        _ rule: RecurrenceRule,
        _ days: [RecurrenceRule.Day],
        _ start: CivilDate
    ) throws(CallInputError) -> JSONValue {
        try allow(rule, ["BYDAY"])
        guard days.allSatisfy({ $0.ordinal == nil }) else { throw fault(0, "numbers the days of a week") }
        let first = rule.text("WKST") ?? "MO"
        guard let firstDay = RecurrenceRule.days.firstIndex(of: first) else {
            throw fault(0, "has a strange WKST")
        }
        let weekdays = days.isEmpty ? [start.weekday] : days.map(\.weekday)
        return [
            "type": "weekly", "daysOfWeek": names(weekdays), "firstDayOfWeek": .string(dayNames[firstDay]),
        ]
    }

    private static func monthly(
        _ rule: RecurrenceRule,
        _ days: [RecurrenceRule.Day],
        _ start: CivilDate
    ) throws(CallInputError) -> JSONValue {
        try allow(rule, ["BYDAY", "BYMONTHDAY", "BYSETPOS"])
        guard days.isEmpty else {
            if rule.text("BYMONTHDAY") != nil { throw fault(0, "names days of the week and of the month") }
            return .object([JSONMember("type", "relativeMonthly")] + (try relative(rule, days)))
        }
        return ["type": "absoluteMonthly", "dayOfMonth": .integer(try dayOfMonth(rule, start))]
    }

    private static func yearly(
        _ rule: RecurrenceRule,
        _ days: [RecurrenceRule.Day],
        _ start: CivilDate
    ) throws(CallInputError) -> JSONValue {
        try allow(rule, ["BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"])
        let month = rule.number("BYMONTH") ?? start.month
        guard (1...12).contains(month), (rule.text("BYMONTH") == nil) == (rule.number("BYMONTH") == nil)
        else {
            throw fault(0, "needs one BYMONTH from 1 to 12")
        }
        guard days.isEmpty else {
            if rule.text("BYMONTHDAY") != nil || rule.text("BYMONTH") == nil {
                throw fault(0, "needs BYMONTH, and no BYMONTHDAY, beside BYDAY")
            }
            return .object(
                [JSONMember("type", "relativeYearly"), JSONMember("month", .integer(month))]
                    + (try relative(rule, days))
            )
        }
        return [
            "type": "absoluteYearly", "month": .integer(month),
            "dayOfMonth": .integer(try dayOfMonth(rule, start)),
        ]
    }

    private static func dayOfMonth(_ rule: RecurrenceRule, _ start: CivilDate) throws(CallInputError) -> Int {
        if rule.text("BYSETPOS") != nil { throw fault(0, "has a BYSETPOS without BYDAY") }
        guard rule.text("BYMONTHDAY") != nil else { return start.day }
        guard let day = rule.number("BYMONTHDAY"), (1...31).contains(day) else {
            throw fault(0, "needs one BYMONTHDAY from 1 to 31")
        }
        return day
    }

    /// Which of the days: one ordinal before a day, or one BYSETPOS for all.
    private static func relative(
        _ rule: RecurrenceRule,
        _ days: [RecurrenceRule.Day]
    ) throws(CallInputError) -> [JSONMember] {
        let position = rule.number("BYSETPOS")
        guard (rule.text("BYSETPOS") == nil) == (position == nil) else {
            throw fault(0, "needs one BYSETPOS")
        }
        let ordinals = Set(days.map(\.ordinal))
        let ordinal: Int?
        if let position {
            ordinal = ordinals == [nil] ? position : nil
        } else {
            ordinal = days.count == 1 ? days[0].ordinal : nil
        }
        guard let ordinal, let index = indexes[ordinal] else {
            throw fault(0, "can name the first to fourth or last of some days only")
        }
        return [JSONMember("daysOfWeek", names(days.map(\.weekday))), JSONMember("index", .string(index))]
    }

    private static func range(
        _ rule: RecurrenceRule,
        _ start: CivilDate,
        _ zone: String
    ) throws(CallInputError) -> JSONValue {
        var members = [
            JSONMember("startDate", .string("\(start)")), JSONMember("recurrenceTimeZone", .string(zone)),
        ]
        switch (rule.text("COUNT"), rule.text("UNTIL")) {
        case (nil, nil): members.append(JSONMember("type", "noEnd"))
        case (_?, nil):
            guard let count = rule.number("COUNT"), (1...999).contains(count) else {
                throw fault(0, "needs a COUNT from 1 to 999")
            }
            members += [JSONMember("type", "numbered"), JSONMember("numberOfOccurrences", .integer(count))]
        case (nil, let until?):
            guard let date = lastDate(until, zone) else {
                throw fault(
                    0,
                    "needs an UNTIL that is a date of the event's own zone, like UNTIL=20270901, or COUNT"
                )
            }
            members += [JSONMember("type", "endDate"), JSONMember("endDate", .string("\(date)"))]
        default: throw fault(0, "has both COUNT and UNTIL")
        }
        return .object(members)
    }

    private static func lastDate(_ until: String, _ zone: String) -> CivilDate? {
        let isUTC = ["UTC", "Etc/UTC"].contains(zone)
        guard until.utf8.count == 8 || (until.utf8.count == 16 && until.hasSuffix("Z") && isUTC) else {
            return nil
        }
        let digits = Array(until.prefix(8))
        guard digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return CivilDate("\(String(digits[..<4]))-\(String(digits[4..<6]))-\(String(digits[6...]))")
    }

    /// Throws for a part that the frequency cannot have in Graph.
    private static func allow(_ rule: RecurrenceRule, _ parts: Set<String>) throws(CallInputError) {
        let known = parts.union(["FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"])
        if let strange = rule.given.subtracting(known).min() {
            throw fault(0, "has \(strange), which Outlook cannot express with \(rule.frequency)")
        }
    }

    private static func fault(_ line: Int, _ text: String) -> CallInputError {
        CallInputError(.invalidField, at: "/recurrence/\(line)", text)
    }

    private static func names(_ weekdays: [Int]) -> JSONValue {
        .array(weekdays.map { .string(dayNames[$0]) })
    }

    private static let dayNames = [
        "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    ]
    private static let indexes = [1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"]
}

extension GraphRecurrence {
    /// The RRULE line of a pattern and range; nil for what is none.
    static func rule(_ json: JSONValue) -> String? {
        guard let pattern = json["pattern"], let type = pattern["type"]?.string else { return nil }
        let days =
            pattern["daysOfWeek"]?.array?.compactMap { day in
                dayNames.firstIndex { .string($0) == day }.map { RecurrenceRule.days[$0] }
            } ?? []
        let position = indexes.first { .string($0.value) == pattern["index"] ?? "first" }?.key ?? 1
        let byDay = days.isEmpty ? "" : ";BYDAY=\(days.joined(separator: ","))"
        let place =
            days.count == 1 ? ";BYDAY=\(position)\(days[0])" : "\(byDay);BYSETPOS=\(position)"
        let month = pattern["month"]?.int64.map { ";BYMONTH=\($0)" } ?? ""
        let monthDay = pattern["dayOfMonth"]?.int64.map { ";BYMONTHDAY=\($0)" } ?? ""
        let body: String
        switch type {
        case "daily": body = "FREQ=DAILY"
        case "weekly":
            let first = dayNames.firstIndex { .string($0) == pattern["firstDayOfWeek"] ?? "sunday" } ?? 0
            body = "FREQ=WEEKLY\(byDay);WKST=\(RecurrenceRule.days[first])"
        case "absoluteMonthly": body = "FREQ=MONTHLY\(monthDay)"
        case "relativeMonthly": body = "FREQ=MONTHLY\(place)"
        case "absoluteYearly": body = "FREQ=YEARLY\(month)\(monthDay)"
        case "relativeYearly": body = "FREQ=YEARLY\(month)\(place)"
        default: return nil
        }
        let interval = pattern["interval"]?.int64 ?? 1
        return "RRULE:\(body)\(interval == 1 ? "" : ";INTERVAL=\(interval)")\(end(json["range"]))"
    }

    private static func end(_ range: JSONValue?) -> String {
        switch range?["type"]?.string {
        case "numbered": return range?["numberOfOccurrences"]?.int64.map { ";COUNT=\($0)" } ?? ""
        case "endDate":
            let date = range?["endDate"]?.string.flatMap { CivilDate($0) }
            return date.map { ";UNTIL=\("\($0)".split(separator: "-").joined())" } ?? ""
        default: return ""
        }
    }
}
