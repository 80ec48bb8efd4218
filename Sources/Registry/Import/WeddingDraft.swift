package import Domain

/// What is wrong with a part of an import, and where it stands.
package struct ImportProblem: Error, Hashable, Sendable {
    /// `line 12`, `weddings[3]`.
    package let place: String
    /// The field.
    package let field: String
    /// What is wrong and what to do.
    package let message: String

    /// Names a place and what is wrong there.
    package init(_ place: String, _ field: String, _ message: String) {
        self.place = place
        self.field = field
        self.message = message
    }

    init(_ place: String, _ problem: WeddingProblem) {
        self.init(place, problem.field, problem.message)
    }
}

/// A point in time as people write it: with an offset, or as the clocks of the wedding's zone show it.
package enum TimeText: Hashable, Sendable {
    case instant(Instant)
    case local(LocalTime)

    /// Reads RFC 3339 (`2026-06-20T16:00:00+02:00`) or a local time (`2026-06-20T16:00`); nil for anything else.
    package init?(_ text: String) {
        if let instant = Instant(text) {
            self = .instant(instant)
        } else if let local = LocalTime(text) {
            self = .local(local)
        } else {
            return nil
        }
    }

    /// The instant; a local time that clocks skip is refused, of one they show twice the earlier is meant.
    func instant(in zone: ZoneRules, _ field: String) throws(WeddingProblem) -> Instant {
        switch self {
        case .instant(let instant): return instant
        case .local(let local):
            guard let instant = zone.instants(local).first else {
                throw WeddingProblem(field, "clocks in \(zone) skip \(local): give another time")
            }
            return instant
        }
    }
}

/// An item of a timeline before its wedding's zone is known.
package struct TimelineDraft: Hashable, Sendable {
    var place: String
    var id: TimelineItemID
    var name: String
    var startsAt: TimeText
    var endsAt: TimeText?
    var vendor: ResourceName?

    func item(in zone: ZoneRules) throws(ImportProblem) -> TimelineItem {
        do throws(WeddingProblem) {
            return try TimelineItem(
                id: id,
                name: name,
                startsAt: try startsAt.instant(in: zone, "starts_at"),
                endsAt: try endsAt?.instant(in: zone, "ends_at"),
                vendor: vendor
            )
        } catch {
            throw ImportProblem(place, error)
        }
    }
}

/// A wedding as somebody describes it; what is left out stays as it is.
package struct WeddingDraft: Hashable, Sendable {
    var place: String
    var id: WeddingID
    var title: String?
    var date: String?
    var zone: String?
    var vendors: [VendorAssignment]?
    /// The whole timeline; nil leaves the present one.
    var timeline: [TimelineDraft]?

    init(place: String, id: WeddingID) {
        self.place = place
        self.id = id
    }

    /// The wedding; throws the first thing that is wrong with it.
    package func wedding(over current: Wedding?, zones: ZoneDirectory) throws(ImportProblem) -> Wedding {
        guard let title = title ?? current?.title else { throw missing("title") }
        guard let dateText = date ?? current?.date.description else { throw missing("date") }
        guard let zoneName = zone ?? current?.zone.name else { throw missing("zone") }
        guard let date = CivilDate(dateText) else {
            throw ImportProblem(place, "date", "write it as 2026-06-20")
        }
        guard let zone = zones(zoneName) else {
            throw ImportProblem(place, "zone", "give a name of the IANA database, such as Europe/Berlin")
        }
        var items = current?.timeline ?? []
        if let timeline {
            items = []
            for draft in timeline { items.append(try draft.item(in: zone)) }
        }
        do throws(WeddingProblem) {
            return try Wedding(
                id: id,
                title: title,
                date: date,
                zone: zone,
                vendors: vendors ?? current?.vendors ?? [],
                timeline: items
            )
        } catch {
            throw ImportProblem(place, error)
        }
    }

    private func missing(_ field: String) -> ImportProblem {
        ImportProblem(place, field, "is missing")
    }
}
