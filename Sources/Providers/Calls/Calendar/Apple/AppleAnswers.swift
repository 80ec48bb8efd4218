import Domain

/// Reads what a CalDAV server answers about one item.
struct AppleAnswers {
    private let answer: ProviderAnswer
    private let call: CallRequest
    private let state: DAVProgress
    private let calendar: String
    private let id: String

    init?(
        _ answer: ProviderAnswer,
        _ call: CallRequest,
        _ account: IntegrationAccount,
        collection: String,
        state: DAVProgress
    ) {
        let named = call.operation == .calendarCreate
        guard let id = named ? "\(call.key).ics" : call.target.flatMap({ CalendarTarget($0)?.item }) else {
            return nil
        }
        self.answer = answer
        self.call = call
        self.state = state
        self.id = id
        calendar = DAVAddress(account).name(collection)
    }

    /// The answer to a PUT.
    var put: CallVerdict {
        switch answer.status {
        case 200, 201, 204: .goOn(state.at(.stored).json)
        case 412: .goOn(state.at(.check).json)
        case 409 where DAVAnswer.condition(answer) == nil: failed(.notFound, code: "no_calendar")
        default: failed(mayHaveHappened: true)
        }
    }

    /// The answer to the look after a PUT.
    var stored: CallVerdict {
        switch answer.status {
        case 200: item.map { .succeeded($0.outcome) } ?? unreadable(mayHaveHappened: true)
        // Written, and removed by somebody since.
        case 404, 410: .succeeded(gone.outcome)
        default: doubted
        }
    }

    /// The answer to the look after a PUT whose condition failed.
    var checked: CallVerdict {
        switch answer.status {
        case 200:
            guard let object, let item else { return unreadable(mayHaveHappened: true) }
            return ICalendarEvent.isOwn(object, call)
                ? .succeeded(item.outcome)
                : CalendarVerdicts.conflict(call.operation == .calendarCreate ? "name_taken" : "etag")
        case 404, 410: return CalendarVerdicts.conflict("deleted")
        default: return doubted
        }
    }

    /// The answer to the look before an update.
    var compared: CallVerdict {
        guard answer.status == 200 else { return failed(mayHaveHappened: false) }
        guard let object, let item, case .calendarItem(let input) = call.input else {
            return unreadable(mayHaveHappened: false)
        }
        if ICalendarEvent.isOwn(object, call) { return .succeeded(item.outcome) }
        if let version = input.version, etag?.utf8.elementsEqual(version.utf8) != true {
            return CalendarVerdicts.conflict("etag")
        }
        var next = state.at(.put)
        next.etag = etag
        next.object = String(decoding: answer.body, as: UTF8.self)
        return .goOn(next.json)
    }

    /// The answer to a DELETE; an item that is gone is what was wanted.
    var cancelled: CallVerdict {
        switch answer.status {
        case 200, 202, 204, 404, 410: .succeeded(gone.outcome)
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
        if call.operation == .calendarCancel {
            return [404, 410].contains(answer.status) ? .succeeded(gone.outcome) : .unknown
        }
        guard answer.status == 200, let object, let item, ICalendarEvent.isOwn(object, call) else {
            return .unknown
        }
        return .succeeded(item.outcome)
    }

    private var object: ICalendarComponent? { ICalendarComponent.read(answer.body) }

    private var item: CalendarReply? {
        object.flatMap { ICalendarEvent.item($0, calendar: calendar, id: id, etag: etag) }
    }

    /// The etag, when it fits a header.
    private var etag: String? {
        answer.headers.first("etag").flatMap { tag in
            (1...512).contains(tag.utf8.count) && tag.utf8.allSatisfy { (0x20...0x7E).contains($0) }
                ? tag : nil
        }
    }

    private var gone: CalendarReply {
        var reply = CalendarReply(calendar: calendar, id: id)
        reply.isCancelled = true
        return reply
    }

    /// A look that must be repeated, for a write came before it.
    private var doubted: CallVerdict {
        guard case .notApplied(let failure) = failed(mayHaveHappened: true) else {
            return failed(mayHaveHappened: true)
        }
        return .inDoubt(failure)
    }

    private func failed(mayHaveHappened: Bool) -> CallVerdict {
        CalendarVerdicts.failed(answer, code: DAVAnswer.condition(answer), mayHaveHappened: mayHaveHappened)
    }

    private func failed(_ kind: ProviderFailure.Kind, code: String) -> CallVerdict {
        CalendarVerdicts.failed(answer, kind, code: code, mayHaveHappened: false)
    }

    private func unreadable(mayHaveHappened: Bool) -> CallVerdict {
        CalendarVerdicts.unreadable(answer, mayHaveHappened: mayHaveHappened)
    }
}
