package import Domain

/// The normalised reply of `calendar.create`, `.update`, `.cancel` and `.get`, and an item of `calendar.changes`.
///
/// What an item of `calendar.changes` holds of a deleted item is `calendar`, `id`, `target`, `version` and `deleted`; of
/// the others all but `text` and `attendees`, so that a long list stays short: `calendar.get` has them.
package struct CalendarReply: Hashable, Sendable {
    /// The zone of a time whose zone the provider does not tell: CLDR's name for it.
    package static let zoneUnknown = "Etc/Unknown"

    /// The calendar's id at the provider.
    package var calendar: String
    /// The item's id at the provider.
    package var id: String
    /// The version, for `calendar.update`; nil when the provider does not say.
    package var version: String?
    /// What it is called.
    package var title: String?
    /// Plain text about it.
    package var text: String?
    /// Where it is.
    package var place: String?
    /// When it begins; in UTC where the provider does not tell the item's own clock.
    package var start: CalendarTime?
    /// When it ends, exclusive.
    package var end: CalendarTime?
    /// The item's own zone, which its recurrence follows; nil when the provider does not say.
    package var zone: String?
    /// Whether the time counts as taken.
    package var isBusy: Bool = true
    /// Whether others see no more than that.
    package var isPrivate: Bool = false
    /// Who is invited.
    package var attendees: [String] = []
    /// RRULE, EXRULE, RDATE and EXDATE lines.
    package var recurrence: [String] = []
    /// Whether it is called off or removed.
    package var isCancelled: Bool = false

    /// Names an item; everything else is filled in.
    package init(calendar: String, id: String) {
        self.calendar = calendar
        self.id = id
    }

    /// What later operations get as their target.
    package var target: String { CalendarTarget(calendar: calendar, item: id).text }

    /// The whole item.
    package var json: JSONValue {
        .object(
            names + [JSONMember("text", Self.text(text))] + content
                + [
                    JSONMember("attendees", .array(attendees.map { .string($0) })),
                    JSONMember("cancelled", .bool(isCancelled)),
                ]
        )
    }

    /// The item in the list of `calendar.changes`.
    package var changeJSON: JSONValue {
        .object(names + [JSONMember("deleted", .bool(isCancelled))] + (isCancelled ? [] : content))
    }

    /// The item's names and version alone, where its content was not read.
    var nameJSON: JSONValue { .object(names + [JSONMember("deleted", .bool(isCancelled))]) }

    private var names: [JSONMember] {
        [
            JSONMember("calendar", .string(calendar)), JSONMember("id", .string(id)),
            JSONMember("target", .string(target)), JSONMember("version", Self.text(version)),
        ]
    }

    private var content: [JSONMember] {
        [
            JSONMember("title", Self.text(title)), JSONMember("place", Self.text(place)),
            JSONMember("start", start?.json ?? .null), JSONMember("end", end?.json ?? .null),
            JSONMember("zone", Self.text(zone)), JSONMember("busy", .bool(isBusy)),
            JSONMember("private", .bool(isPrivate)),
            JSONMember("recurrence", .array(recurrence.map { .string($0) })),
        ]
    }

    private static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    /// The outcome of an operation that ends with this item.
    var outcome: CallOutcome { CallOutcome(reply: json, reference: target) }
}

/// The reply of `calendar.changes`, gathered over the pages of one attempt.
///
/// `full` says that the list began anew with this answer: what the caller knows, and neither this answer nor those that
/// `more` leads to hold, is gone.
///
/// ```json
/// {"items": [{"calendar": "primary", "id": "…", "target": "…", "version": "…", "deleted": false, "title": "…", …}],
///  "next": "google-calendar/primary/sync/…", "full": false, "more": false}
/// ```
struct CalendarChanges {
    /// The most pages of one attempt; what is left waits for the next call, which `more` asks for.
    static let pagesMax = 4

    /// The items so far.
    var items: [JSONValue]
    /// Whether the list began anew with this attempt.
    var isFull: Bool
    /// How many pages are read.
    var pages: Int

    init(isFull: Bool) {
        items = []
        self.isFull = isFull
        pages = 0
    }

    /// Reads stored progress.
    init?(_ json: JSONValue) {
        guard let items = json["items"]?.array, let isFull = json["full"]?.bool,
            let pages = json["pages"]?.int64
        else { return nil }
        self.items = items
        self.isFull = isFull
        self.pages = Int(clamping: pages)
    }

    /// Progress that asks for the page at `cursor`.
    func progress(_ cursor: String) -> JSONValue {
        [
            "cursor": .string(cursor), "items": .array(items), "full": .bool(isFull),
            "pages": .integer(pages),
        ]
    }

    /// The reply.
    ///
    /// - Parameters:
    ///   - next: what the next call gives as `since`; nil makes it begin anew.
    ///   - more: whether the next call is worth making at once.
    func outcome(next: CalendarCursor?, more: Bool) -> CallOutcome {
        let next = next.flatMap { $0.text.utf8.count <= CalendarCursor.bytesMax ? $0.text : nil }
        return CallOutcome(reply: [
            "items": .array(items), "next": next.map { .string($0) } ?? .null, "full": .bool(isFull),
            "more": .bool(more && next != nil),
        ])
    }
}
