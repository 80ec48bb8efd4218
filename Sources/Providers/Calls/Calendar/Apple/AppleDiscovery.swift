import Domain

/// Finds the account's first calendar: principal, home, calendars (RFC 6764 section 6, RFC 4791 section 6.2.1).
struct AppleDiscovery {
    let answer: ProviderAnswer
    let account: IntegrationAccount
    let state: DAVProgress

    /// What an answer leads to.
    var verdict: CallVerdict {
        guard answer.status == 207 else {
            return CalendarVerdicts.failed(answer, code: DAVAnswer.condition(answer), mayHaveHappened: false)
        }
        guard let found = DAVAnswer(answer) else {
            return CalendarVerdicts.unreadable(answer, mayHaveHappened: false)
        }
        switch state.step {
        case .home: return goOn(.calendars, found.href(in: DAVRequests.caldav, "calendar-home-set"))
        case .calendars: return calendar(in: found)
        default: return goOn(.home, found.href(in: DAVRequests.dav, "current-user-principal"))
        }
    }

    /// The URL that was asked.
    private var url: String { state.url ?? account.baseURL + "/" }

    private func goOn(_ step: DAVProgress.Step, _ href: String?) -> CallVerdict {
        guard let href else { return nothing("no_\(step.rawValue)") }
        guard let url = DAVAddress(account).resolve(href, against: url) else {
            return nothing("link_elsewhere")
        }
        var next = DAVProgress()
        next.step = step
        next.url = url
        return .goOn(next.json)
    }

    private func calendar(in found: DAVAnswer) -> CallVerdict {
        guard let href = found.responses.first(where: { Self.holdsEvents($0) })?.href else {
            return nothing("no_calendar")
        }
        guard let url = DAVAddress(account).resolve(href, against: url) else {
            return nothing("link_elsewhere")
        }
        var next = DAVProgress()
        next.collection = url.hasSuffix("/") ? url : url + "/"
        return .goOn(next.json)
    }

    private static func holdsEvents(_ response: DAVAnswer.Response) -> Bool {
        guard response.property(DAVRequests.dav, "resourcetype")?.first(DAVRequests.caldav, "calendar") != nil
        else {
            return false
        }
        let kinds = response.property(DAVRequests.caldav, "supported-calendar-component-set")
        return kinds?.all(DAVRequests.caldav, "comp").contains { $0.attributes["name"] == "VEVENT" } ?? true
    }

    private func nothing(_ code: String) -> CallVerdict {
        .notApplied(
            ProviderFailure(
                .notFound,
                code: code,
                message: "the account's calendar cannot be found (\(code))"
            )
        )
    }
}
