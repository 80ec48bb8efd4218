import Domain

/// Reads what Microsoft Graph's calendars answer.
struct GraphAnswers {
    let answer: ProviderAnswer
    let call: CallRequest
    let account: IntegrationAccount

    /// The answer to a create.
    var created: CallVerdict {
        switch answer.status {
        case 200, 201: item.map { .succeeded($0.outcome) } ?? unreadable(mayHaveHappened: true)
        case 409: .goOn(["step": "check"])
        default: failed(mayHaveHappened: true)
        }
    }

    /// The answer to the search after a conflict: the event that has the key may be the attempt's own.
    var searched: CallVerdict {
        guard answer.status == 200 else { return failed(mayHaveHappened: true) }
        guard let found = found else { return unreadable(mayHaveHappened: true) }
        return found.first.map { .succeeded($0.outcome) }
            ?? CalendarVerdicts.conflict("ErrorDuplicateTransactionId")
    }

    /// The answer to the look before an update: whether the item is of the version that is meant.
    func compared(_ version: String) -> CallVerdict {
        guard answer.status == 200 else { return failed(mayHaveHappened: false) }
        guard let json = answer.json, let item else { return unreadable(mayHaveHappened: false) }
        if isOwn(json) { return .succeeded(item.outcome) }
        guard let found = item.version, found.utf8.elementsEqual(version.utf8) else {
            return CalendarVerdicts.conflict("changeKey")
        }
        return .goOn(["step": "change", "etag": .string(json["@odata.etag"]?.string ?? "W/\"\(found)\"")])
    }

    /// The answer to a patch.
    var updated: CallVerdict {
        switch answer.status {
        case 200: item.map { .succeeded($0.outcome) } ?? unreadable(mayHaveHappened: true)
        case 409, 412: .goOn(["step": "check"])
        default: failed(mayHaveHappened: true)
        }
    }

    /// The answer to the look after a failed condition.
    var checked: CallVerdict {
        guard answer.status == 200 else { return failed(mayHaveHappened: true) }
        guard let json = answer.json, let item else { return unreadable(mayHaveHappened: true) }
        return isOwn(json) ? .succeeded(item.outcome) : CalendarVerdicts.conflict("changed")
    }

    /// The answer to a deletion; an event that is gone is what was wanted.
    var cancelled: CallVerdict {
        switch answer.status {
        case 200, 202, 204, 404, 410: gone.map { .succeeded($0.outcome) } ?? failed(mayHaveHappened: true)
        default: failed(mayHaveHappened: true)
        }
    }

    /// The answer to a plain look.
    var got: CallVerdict {
        guard answer.status == 200 else { return failed(mayHaveHappened: false) }
        return item.map { .succeeded($0.outcome) } ?? unreadable(mayHaveHappened: false)
    }

    /// What a look proves about a request without an answer.
    var settled: SettleVerdict {
        switch call.operation {
        case .calendarCreate:
            guard answer.status == 200, let first = found?.first else { return .unknown }
            return .succeeded(first.outcome)
        case .calendarCancel:
            guard [404, 410].contains(answer.status), let gone else { return .unknown }
            return .succeeded(gone.outcome)
        default:
            guard answer.status == 200, let json = answer.json, let item, isOwn(json) else { return .unknown }
            return .succeeded(item.outcome)
        }
    }

    /// The answer to a page of changes.
    func listed(_ progress: JSONValue) -> CallVerdict {
        guard case .calendarChanges(let input) = call.input, let calendar = try? GraphCalls.calendar(input)
        else {
            return unreadable(mayHaveHappened: false)
        }
        let isAnew = GraphStep(progress) == .anew
        if isStateLost { return isAnew ? failed(mayHaveHappened: false) : .goOn(["step": "anew"]) }
        guard answer.status == 200 else { return failed(mayHaveHappened: false) }
        guard let json = answer.json, let values = json["value"]?.array else {
            return unreadable(mayHaveHappened: false)
        }
        let begins = progress["cursor"] == nil && (isAnew || input.since == nil)
        var changes = CalendarChanges(progress) ?? CalendarChanges(isFull: begins)
        changes.items += values.compactMap { Self.item($0, calendar: calendar)?.changeJSON }
        changes.pages += 1
        let cursor = { (kind: String, token: String) in
            CalendarCursor(.microsoftGraph, calendar: calendar, kind: kind, token: token)
        }
        if let link = json["@odata.nextLink"]?.string {
            guard let target = linkTarget(link) else { return strangeLink }
            guard changes.pages >= CalendarChanges.pagesMax else { return .goOn(changes.progress(target)) }
            return .succeeded(changes.outcome(next: cursor("page", target), more: true))
        }
        guard let link = json["@odata.deltaLink"]?.string else { return unreadable(mayHaveHappened: false) }
        guard let target = linkTarget(link) else { return strangeLink }
        return .succeeded(changes.outcome(next: cursor("delta", target), more: false))
    }

    /// Whether Graph no longer knows where the list was.
    private var isStateLost: Bool {
        let codes = ["syncstatenotfound", "syncstateinvalid", "resyncrequired"]
        return answer.status == 410
            || (400..<500).contains(answer.status) && code.map { codes.contains(lowercasedASCII($0)) } == true
    }

    /// What follows the host in a link; nil for a link that leads to another host than the base URL's.
    private func linkTarget(_ link: String) -> String? {
        guard let link = URLParts(link), let base = URLParts(account.baseURL),
            link.authority.utf8.elementsEqual(base.authority.utf8), link.target.hasPrefix("/")
        else { return nil }
        return link.target
    }

    private var strangeLink: CallVerdict {
        .notApplied(
            ProviderFailure(
                .unavailable,
                code: "link_elsewhere",
                message: "the list goes on at another host, which is not asked"
            )
        )
    }

    private var item: CalendarReply? {
        answer.json.flatMap { json in
            guard var item = Self.item(json, calendar: calendar) else { return nil }
            if item.calendar.isEmpty { item.calendar = GraphRequests.ownCalendar }
            return item
        }
    }

    /// The calendar that the call is about.
    private var calendar: String {
        if let target = call.target.flatMap({ CalendarTarget($0) }) { return target.calendar }
        guard case .calendarItem(let input) = call.input else { return GraphRequests.ownCalendar }
        return input.calendar ?? GraphRequests.ownCalendar
    }

    /// What a search found; nil when the answer cannot be read.
    private var found: [CalendarReply]? {
        answer.json?["value"]?.array?.compactMap { Self.item($0, calendar: calendar) }
    }

    private var gone: CalendarReply? {
        guard let target = call.target.flatMap({ CalendarTarget($0) }) else { return nil }
        var reply = CalendarReply(calendar: target.calendar, id: target.item)
        reply.isCancelled = true
        return reply
    }

    private func isOwn(_ json: JSONValue) -> Bool {
        let marks = json["singleValueExtendedProperties"]?.array ?? []
        return marks.contains {
            $0["value"] == .string(call.key)
                && lowercasedASCII($0["id"]?.string ?? "") == lowercasedASCII(GraphRequests.attemptMark)
        }
    }

    private var code: String? { answer.json?.pointer("/error/code")?.string }

    private func failed(mayHaveHappened: Bool) -> CallVerdict {
        CalendarVerdicts.failed(answer, code: code, mayHaveHappened: mayHaveHappened)
    }

    private func unreadable(mayHaveHappened: Bool) -> CallVerdict {
        CalendarVerdicts.unreadable(answer, mayHaveHappened: mayHaveHappened)
    }
}

extension GraphAnswers {
    /// Reads an event.
    static func item(_ json: JSONValue, calendar: String) -> CalendarReply? {
        guard let id = json["id"]?.string, !id.isEmpty else { return nil }
        var reply = CalendarReply(calendar: calendar, id: id)
        reply.version = json["changeKey"]?.string ?? json["@odata.etag"]?.string
        reply.isCancelled = json["@removed"] != nil || json["isCancelled"]?.bool == true
        reply.title = json["subject"]?.string
        reply.text = json.pointer("/body/content")?.string.flatMap { $0.isEmpty ? nil : $0 }
        reply.place = json.pointer("/location/displayName")?.string.flatMap { $0.isEmpty ? nil : $0 }
        let isAllDay = json["isAllDay"]?.bool == true
        reply.start = json["start"].flatMap { time($0, isAllDay: isAllDay) }
        reply.end = json["end"].flatMap { time($0, isAllDay: isAllDay) }
        reply.zone = json["originalStartTimeZone"]?.string.map { WindowsZones.name($0) }
        reply.isBusy = !["free", "workingElsewhere"].contains(json["showAs"]?.string)
        reply.isPrivate = ["private", "confidential", "personal"].contains(json["sensitivity"]?.string)
        reply.attendees =
            json["attendees"]?.array?.compactMap { $0.pointer("/emailAddress/address")?.string } ?? []
        reply.recurrence = json["recurrence"].flatMap { GraphRecurrence.rule($0) }.map { [$0] } ?? []
        return reply
    }

    private static func time(_ json: JSONValue, isAllDay: Bool) -> CalendarTime? {
        guard let text = json["dateTime"]?.string else { return nil }
        if isAllDay { return CivilDate(String(text.prefix(10))).map { .date($0) } }
        let zone = WindowsZones.name(json["timeZone"]?.string ?? "")
        return LocalTime(String(text.prefix(19))).map { .at($0, zone: zone) }
    }
}
