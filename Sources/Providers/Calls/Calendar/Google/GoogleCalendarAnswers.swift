import Domain
import Resilience

/// Reads what Google Calendar answers.
struct GoogleCalendarAnswers {
    let answer: ProviderAnswer
    let call: CallRequest
    let place: CalendarTarget

    /// The answer to an insert or a patch.
    var written: CallVerdict {
        switch answer.status {
        case 200:
            item.map { .succeeded($0.outcome) } ?? CalendarVerdicts.unreadable(answer, mayHaveHappened: true)
        case 409 where call.operation == .calendarCreate, 412: .goOn(["step": "check"])
        default: failed(mayHaveHappened: true)
        }
    }

    /// The answer to the look after a duplicate or a failed condition: the event may be the attempt's own.
    var checked: CallVerdict {
        switch answer.status {
        case 200:
            guard let json = answer.json, let item else {
                return CalendarVerdicts.unreadable(answer, mayHaveHappened: true)
            }
            return isOwn(json)
                ? .succeeded(item.outcome)
                : CalendarVerdicts.conflict(
                    call.operation == .calendarCreate ? "duplicate" : "conditionNotMet"
                )
        case 404, 410: return CalendarVerdicts.conflict("deleted")
        default: return failed(mayHaveHappened: true)
        }
    }

    /// The answer to a deletion; an event that is gone is what was wanted.
    var cancelled: CallVerdict {
        switch answer.status {
        case 200, 204, 404, 410: .succeeded(gone.outcome)
        default: failed(mayHaveHappened: true)
        }
    }

    /// The answer to a plain look.
    var got: CallVerdict {
        guard answer.status == 200 else { return failed(mayHaveHappened: false) }
        return item.map { .succeeded($0.outcome) }
            ?? CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
    }

    /// What a look proves about a request without an answer.
    var settled: SettleVerdict {
        if call.operation == .calendarCancel {
            let isGone =
                [404, 410].contains(answer.status) || (answer.status == 200 && item?.isCancelled == true)
            return isGone ? .succeeded(gone.outcome) : .unknown
        }
        guard answer.status == 200, let json = answer.json, let item, isOwn(json) else { return .unknown }
        return .succeeded(item.outcome)
    }

    /// The answer to a page of a list.
    func listed(_ progress: JSONValue) -> CallVerdict {
        if answer.status == 410 {
            return progress["step"]?.string == "anew"
                ? failed(mayHaveHappened: false) : .goOn(["step": "anew"])
        }
        guard answer.status == 200 else { return failed(mayHaveHappened: false) }
        guard let json = answer.json, let items = json["items"]?.array else {
            return CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
        }
        var changes = CalendarChanges(progress) ?? CalendarChanges(isFull: startsAnew(progress))
        changes.items += items.compactMap { Self.item($0, calendar: place.calendar)?.changeJSON }
        changes.pages += 1
        if let page = json["nextPageToken"]?.string {
            let cursor = Self.pageCursor(page, after: parameters(progress))
            guard changes.pages >= CalendarChanges.pagesMax else { return .goOn(changes.progress(cursor)) }
            return .succeeded(changes.outcome(next: next("page", cursor), more: true))
        }
        return .succeeded(
            changes.outcome(next: json["nextSyncToken"]?.string.map { next("sync", $0) }, more: false)
        )
    }

    /// Whether the request asked for the first page of everything.
    private func startsAnew(_ progress: JSONValue) -> Bool { parameters(progress).isEmpty }

    /// The parameters of the list's request, which every further page repeats.
    private func parameters(_ progress: JSONValue) -> [(String, String)] {
        if progress["step"]?.string == "anew" { return [] }
        if let cursor = progress["cursor"]?.string { return Self.parameters(cursor) }
        guard case .calendarChanges(let input) = call.input, let since = input.since,
            let cursor = try? CalendarCursor.read(since, .googleCalendar, kinds: ["sync", "page"])
        else { return [] }
        return cursor.kind == "sync" ? [("syncToken", cursor.token)] : Self.parameters(cursor.token)
    }

    private func next(_ kind: String, _ token: String) -> CalendarCursor {
        CalendarCursor(.googleCalendar, calendar: place.calendar, kind: kind, token: token)
    }

    /// A page of a list that began with a sync token is asked for with both: `<page> <sync token>`.
    private static func pageCursor(_ page: String, after parameters: [(String, String)]) -> String {
        let sync = parameters.first { $0.0 == "syncToken" }.map { " \($0.1)" } ?? ""
        return page + sync
    }

    /// The parameters of a page's cursor.
    static func parameters(_ cursor: String) -> [(String, String)] {
        let parts = cursor.split(separator: " ", maxSplits: 1).map(String.init)
        return zip(["pageToken", "syncToken"], parts).map { ($0, $1) }
    }

    private var item: CalendarReply? { answer.json.flatMap { Self.item($0, calendar: place.calendar) } }

    private var gone: CalendarReply {
        var reply = CalendarReply(calendar: place.calendar, id: place.item)
        reply.isCancelled = true
        return reply
    }

    private func isOwn(_ json: JSONValue) -> Bool {
        json.pointer("/extendedProperties/private/usher_attempt") == .string(call.key)
    }

    private func failed(mayHaveHappened: Bool) -> CallVerdict {
        let reason = Self.reason(answer)
        if answer.status == 403, Self.isLimit(reason) {
            let failure = ProviderFailure(
                .limited,
                code: reason ?? "usageLimits",
                message: "Google Calendar's usage limit is reached (\(reason ?? "usageLimits"))",
                wait: Self.wait(answer)
            )
            return .notApplied(failure)
        }
        return CalendarVerdicts.failed(answer, code: reason, mayHaveHappened: mayHaveHappened)
    }

    /// Reads an event.
    static func item(_ json: JSONValue, calendar: String) -> CalendarReply? {
        guard let id = json["id"]?.string, !id.isEmpty else { return nil }
        var reply = CalendarReply(calendar: calendar, id: id)
        reply.version = json["etag"]?.string
        reply.title = json["summary"]?.string
        reply.text = json["description"]?.string
        reply.place = json["location"]?.string
        reply.start = json["start"].flatMap { time($0) }
        reply.end = json["end"].flatMap { time($0) }
        reply.zone = json.pointer("/start/timeZone")?.string
        reply.isBusy = json["transparency"]?.string != "transparent"
        reply.isPrivate = ["private", "confidential"].contains(json["visibility"]?.string)
        reply.attendees = json["attendees"]?.array?.compactMap { $0["email"]?.string } ?? []
        reply.recurrence = json["recurrence"]?.array?.compactMap(\.string) ?? []
        reply.isCancelled = json["status"]?.string == "cancelled"
        return reply
    }

    private static func time(_ json: JSONValue) -> CalendarTime? {
        if let date = json["date"]?.string.flatMap({ CivilDate($0) }) { return .date(date) }
        guard let text = json["dateTime"]?.string else { return nil }
        if let instant = Instant(text) {
            return .at(LocalTime(secondsSinceEpoch: instant.seconds), zone: "UTC")
        }
        return LocalTime(text).map { .at($0, zone: json["timeZone"]?.string ?? CalendarReply.zoneUnknown) }
    }

    /// The first reason of an error.
    static func reason(_ answer: ProviderAnswer) -> String? {
        guard answer.status >= 400 else { return nil }
        return answer.json?.pointer("/error/errors/0/reason")?.string
    }

    /// Whether a 403 of this reason is a limit and no prohibition.
    static func isLimit(_ reason: String?) -> Bool {
        ["rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded"].contains(reason)
    }

    /// How long to leave Google alone: what it says, or an hour where it suspects abuse (`quotaExceeded`) or the day's
    /// quota is spent.
    static func wait(_ answer: ProviderAnswer) -> Duration? {
        if let wait = CalendarVerdicts.wait(answer) { return wait }
        return ["quotaExceeded", "dailyLimitExceeded"].contains(reason(answer)) ? .seconds(3_600) : nil
    }
}
