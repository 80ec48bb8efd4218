import Domain
import Providers
import Testing

@Suite
struct GraphRecurrenceTests {
    private let attempt = CalendarAttempt(GraphCalls())

    private func recurrence(_ lines: [JSONValue]) throws -> JSONValue? {
        let input = CalendarAttempt.party([("recurrence", .array(lines))])
        return try attempt.body(try attempt.call(.calendarCreate, input))["recurrence"]
    }

    /// 12 June 2027 is the second Saturday of the month.
    @Test(arguments: [
        ("FREQ=DAILY;INTERVAL=3;COUNT=5", #"{"interval":3,"type":"daily"}"#),
        (
            "FREQ=WEEKLY",
            #"{"interval":1,"type":"weekly","daysOfWeek":["saturday"],"firstDayOfWeek":"monday"}"#
        ),
        (
            "FREQ=WEEKLY;BYDAY=MO,FR;WKST=SU",
            #"{"interval":1,"type":"weekly","daysOfWeek":["monday","friday"],"firstDayOfWeek":"sunday"}"#
        ),
        ("FREQ=MONTHLY", #"{"interval":1,"type":"absoluteMonthly","dayOfMonth":12}"#),
        ("FREQ=MONTHLY;BYMONTHDAY=31", #"{"interval":1,"type":"absoluteMonthly","dayOfMonth":31}"#),
        (
            "FREQ=MONTHLY;BYDAY=-1SU",
            #"{"interval":1,"type":"relativeMonthly","daysOfWeek":["sunday"],"index":"last"}"#
        ),
        (
            "FREQ=MONTHLY;BYDAY=SA,SU;BYSETPOS=2",
            #"{"interval":1,"type":"relativeMonthly","daysOfWeek":["saturday","sunday"],"index":"second"}"#
        ),
        ("FREQ=YEARLY", #"{"interval":1,"type":"absoluteYearly","month":6,"dayOfMonth":12}"#),
        (
            "FREQ=YEARLY;BYMONTH=6;BYDAY=2SA",
            #"{"interval":1,"type":"relativeYearly","month":6,"daysOfWeek":["saturday"],"index":"second"}"#
        ),
    ])
    func `a rule becomes a pattern`(rule: String, pattern: String) throws {
        let found = try recurrence(["RRULE:\(rule)" as JSONValue])?["pattern"]
        #expect(found == (try JSONParser.parse(Array(pattern.utf8))))
    }

    @Test(arguments: [
        (
            "COUNT=4",
            #"{"startDate":"2027-06-12","recurrenceTimeZone":"Europe/Madrid","type":"numbered","numberOfOccurrences":4}"#
        ),
        (
            "UNTIL=20270901",
            #"{"startDate":"2027-06-12","recurrenceTimeZone":"Europe/Madrid","type":"endDate","endDate":"2027-09-01"}"#
        ),
        ("INTERVAL=1", #"{"startDate":"2027-06-12","recurrenceTimeZone":"Europe/Madrid","type":"noEnd"}"#),
    ])
    func `an end becomes a range`(end: String, range: String) throws {
        let found = try recurrence(["RRULE:FREQ=DAILY;\(end)" as JSONValue])?["range"]
        #expect(found == (try JSONParser.parse(Array(range.utf8))))
    }

    @Test(arguments: [
        "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=9", "FREQ=DAILY;COUNT=2;UNTIL=20270901",
        "FREQ=DAILY;UNTIL=20270901T120000Z",
        "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=MONTHLY;BYMONTHDAY=1,2", "FREQ=MONTHLY;BYDAY=5SA",
        "FREQ=MONTHLY;BYDAY=SA",
        "FREQ=MONTHLY;BYDAY=1SA,2SU", "FREQ=MONTHLY;BYDAY=SA;BYSETPOS=-2", "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=YEARLY;BYDAY=1MO",
        "FREQ=YEARLY;BYYEARDAY=100", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=x",
        "FREQ=WEEKLY;BYDAY=XX",
        "COUNT=3", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;NEW=1", "FREQ=DAILY;", "FREQ=YEARLY;BYMONTH=13",
        "FREQ=WEEKLY;WKST=XX",
    ])
    func `what Outlook cannot express is refused, with its place`(rule: String) throws {
        let input = CalendarAttempt.party([("recurrence", ["RRULE:\(rule)" as JSONValue])])
        let call = try attempt.call(.calendarCreate, input)
        let error = #expect(throws: CallInputError.self) { try attempt.dialect.check(call) }
        #expect(error?.code == .invalidField)
        #expect(error?.pointer == "/recurrence/0")
    }

    @Test
    func `a second line is refused at its own place`() throws {
        let lines: JSONValue = ["RRULE:FREQ=DAILY", "EXDATE:20270613T130000Z"]
        let call = try attempt.call(.calendarCreate, CalendarAttempt.party([("recurrence", lines)]))
        let error = #expect(throws: CallInputError.self) { try attempt.dialect.check(call) }
        #expect(error?.pointer == "/recurrence/1")
    }
}
