import Domain

/// Reads a list of changes: first which items changed, then the items.
struct AppleChanges {
    /// An item whose content is still to be read.
    struct Pending {
        let item: String
        let version: String?
    }

    let answer: ProviderAnswer
    let call: CallRequest
    let account: IntegrationAccount
    let collection: String

    func verdict(_ progress: JSONValue) -> CallVerdict {
        let state = DAVProgress(progress)
        if isTokenLost, state.step != .anew { return .goOn(state.at(.anew).json) }
        guard answer.status == 207 else {
            return CalendarVerdicts.failed(answer, code: DAVAnswer.condition(answer), mayHaveHappened: false)
        }
        guard let found = DAVAnswer(answer) else {
            return CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
        }
        return state.step == .items ? read(found, progress) : listed(found, state)
    }

    /// The items that are still to be read.
    static func pending(_ progress: JSONValue) -> [Pending] {
        progress["pending"]?.array?.compactMap { entry in
            entry["item"]?.string.map { Pending(item: $0, version: entry["version"]?.string) }
        } ?? []
    }

    private var isTokenLost: Bool {
        [403, 409, 410].contains(answer.status) && DAVAnswer.condition(answer) == "valid-sync-token"
    }

    private var calendar: String { DAVAddress(account).name(collection) }

    /// The answer to the sync report.
    private func listed(_ found: DAVAnswer, _ state: DAVProgress) -> CallVerdict {
        guard case .calendarChanges(let input) = call.input, let token = found.syncToken else {
            return CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
        }
        var changes = CalendarChanges(isFull: state.step == .anew || input.since == nil)
        var pending: [Pending] = []
        var isCut = false
        for response in found.responses {
            if response.status == 507 { isCut = true }
            guard let item = DAVAddress.item(response.href) else { continue }
            if response.status == 404 || response.status == 410 {
                changes.items.append(deleted(item))
            } else if let etag = response.property(DAVRequests.dav, "getetag") {
                pending.append(Pending(item: item, version: etag.trimmed))
            }
        }
        changes.items += pending.dropFirst(AppleCalendarCalls.itemsMax).map { bare($0) }
        pending = Array(pending.prefix(AppleCalendarCalls.itemsMax))
        return goOn(changes, pending, token: token, isCut: isCut, state)
    }

    /// The answer to a multiget.
    private func read(_ found: DAVAnswer, _ progress: JSONValue) -> CallVerdict {
        let asked = Self.pending(progress)
        guard var changes = CalendarChanges(progress), let token = progress["token"]?.string else {
            return CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
        }
        for response in found.responses {
            guard let item = DAVAddress.item(response.href) else { continue }
            if response.status == 404 { changes.items.append(deleted(item)) }
            guard let text = response.property(DAVRequests.caldav, "calendar-data")?.text,
                let object = ICalendarComponent.read(Array(text.utf8)),
                let reply = ICalendarEvent.item(
                    object,
                    calendar: calendar,
                    id: item,
                    etag: response.property(DAVRequests.dav, "getetag")?.trimmed
                )
            else { continue }
            changes.items.append(reply.changeJSON)
        }
        changes.pages += 1
        let rest = Array(asked.dropFirst(AppleCalendarCalls.batchItems))
        let isCut = progress["cut"]?.bool == true
        return goOn(changes, rest, token: token, isCut: isCut, DAVProgress(progress))
    }

    private func goOn(
        _ changes: CalendarChanges,
        _ pending: [Pending],
        token: String,
        isCut: Bool,
        _ state: DAVProgress
    ) -> CallVerdict {
        guard !pending.isEmpty else {
            let next = CalendarCursor(.appleCalendar, calendar: calendar, kind: "sync", token: token)
            return .succeeded(changes.outcome(next: next, more: isCut))
        }
        let entries = pending.map { entry -> JSONValue in
            ["item": .string(entry.item), "version": entry.version.map { .string($0) } ?? .null]
        }
        let members = [
            JSONMember("pending", .array(entries)), JSONMember("token", .string(token)),
            JSONMember("cut", .bool(isCut)),
        ]
        let kept = changes.progress("").object ?? []
        return .goOn(.object((state.at(.items).json.object ?? []) + kept + members))
    }

    private func deleted(_ item: String) -> JSONValue {
        var reply = CalendarReply(calendar: calendar, id: item)
        reply.isCancelled = true
        return reply.changeJSON
    }

    /// An item whose content was not asked for.
    private func bare(_ pending: Pending) -> JSONValue {
        var reply = CalendarReply(calendar: calendar, id: pending.item)
        reply.version = pending.version
        return reply.nameJSON
    }
}
