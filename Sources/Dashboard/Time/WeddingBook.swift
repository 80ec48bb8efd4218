import Domain

/// The weddings somebody may see, for the clocks and the names on every page.
struct WeddingBook: Sendable {
    /// One of them, in short.
    struct Entry: Sendable {
        let title: String
        let zone: ZoneRules
    }

    private let entries: [String: Entry]
    let now: Instant
    /// What is read where no wedding says: the zone of the wedding that is on or comes next, else UTC.
    let house: ZoneRules

    init(_ weddings: [JSONValue], zones: ZoneDirectory, now: Instant) {
        var entries: [String: Entry] = [:]
        for wedding in weddings {
            guard let id = wedding.text("id"), let zone = wedding.text("zone").flatMap({ zones($0) }) else {
                continue
            }
            entries[id] = Entry(title: wedding.text("title") ?? id, zone: zone)
        }
        self.entries = entries
        self.now = now
        let near = weddings.first { $0.text("phase") != "after" }
        house = near?.text("id").flatMap { entries[$0]?.zone } ?? .utc
    }

    func title(_ id: String?) -> String? { id.map { entries[$0]?.title ?? $0 } }
    func zone(_ id: String?) -> ZoneRules { id.flatMap { entries[$0]?.zone } ?? house }

    /// An instant on the clocks of a wedding, or of the house.
    func moment(_ instant: Instant?, wedding: String? = nil) -> LocalMoment? {
        instant.map { LocalMoment($0, zone: zone(wedding), now: now) }
    }
}
