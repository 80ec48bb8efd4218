import Domain
import Registry

extension Wedding {
    /// The wedding as the API lists it; contact data of vendors never.
    func json(now: Instant) -> JSONValue {
        let moment = clock.moment(at: now)
        return [
            "id": .string(id.text),
            "title": .string(title),
            "date": .string(date.description),
            "zone": .string(zone.name),
            "vendors": .array(
                vendors.map { ["vendor": .string($0.vendor.text), "role": .string($0.role.text)] }
            ),
            "phase": .string(moment.phase.name),
            "next_turn_at": .instant(clock.nextTurn(after: now)),
            "next_item": .text(nextItem(after: now)?.name),
            "minutes_to_next_item": moment.minutesUntilNext.map { .integer($0) } ?? .null,
        ]
    }
}

extension TimelineItem {
    /// The item as the API shows it.
    var json: JSONValue {
        [
            "id": .string(id.text),
            "name": .string(name),
            "starts_at": .instant(startsAt),
            "ends_at": .instant(endsAt),
            "vendor": .text(vendor?.text),
        ]
    }
}

extension Vendor {
    /// The vendor as the API shows it.
    var json: JSONValue {
        [
            "name": .string(name.text),
            "title": .string(title),
            "email": .text(email),
            "phone": .text(phone),
        ]
    }
}

extension Problem {
    /// 422: what is wrong with a wedding, a vendor or an import, place by place.
    init(invalidImport problems: [ImportProblem]) {
        let errors = problems.map { problem -> JSONValue in
            [
                "place": .string(problem.place), "field": .string(problem.field),
                "message": .string(problem.message),
            ]
        }
        self.init(
            status: 422,
            code: "invalid-wedding",
            title: "The description is not valid.",
            detail: problems.first.map { "\($0.place): \($0.field) \($0.message)." },
            extensions: [JSONMember("errors", .array(errors))]
        )
    }
}
