import Domain

/// A wedding as the first page shows it, on its own clocks.
struct WeddingCard: Sendable {
    /// The most items of a timeline that are shown.
    static let itemsMax = 24

    /// One item of its timeline.
    struct Item: Sendable {
        let clock: String
        let iso: String
        let name: String
        let vendor: String?
        /// Where it lies: `over`, `now`, `next` or `later`.
        let state: String
        /// What a screen reader is told of the state.
        let stateWords: String?
        let isNow: Bool
        let isNext: Bool
    }

    let id: String
    let title: String
    let date: String
    /// What its clocks show: `16:42 in Lisbon`.
    let localTime: String
    let badge: Standing
    /// What comes next, such as `Ceremony in 35 minutes, at 16:00`.
    let nextWords: String?
    let items: [Item]
    let hasItems: Bool
    let vendors: String?
    let waiting: String?
    let dead: Int
    let readiness: Readiness?

    init(_ wedding: JSONValue, readiness: Readiness?, _ book: WeddingBook) {
        let (id, now) = (wedding.text("id") ?? "", book.now)
        let zone = book.zone(id)
        self.id = id
        self.readiness = readiness
        title = wedding.text("title") ?? id
        date = wedding.text("date").flatMap { CivilDate($0) }.map { LocalMoment.long($0) } ?? ""
        localTime = "\(zone.local(now).description.dropFirst(11).prefix(5)) in \(LocalMoment.place(zone))"
        let phase = wedding.text("phase") ?? ""
        badge = Standing(Words.phase(phase), tone: phase == "day" ? .live : .idle)
        let all = wedding.list("timeline")
        let next = all.first { $0.instant("starts_at").map { $0 > now } ?? false }
        nextWords = next.map { Self.words(of: $0, zone, now) }
        items = all.prefix(Self.itemsMax).map { Self.item($0, next: next, zone, now) }
        hasItems = !items.isEmpty
        let names = wedding.list("vendors").compactMap { $0.text("role") }.map(Words.spaced)
        vendors = names.isEmpty ? nil : Words.capitalised(Words.list(names)) + "."
        let count = wedding.count("deliveries_waiting")
        waiting =
            count == 0 ? nil : Words.counted(count, "message waits", "messages wait") + " to be delivered."
        dead = wedding.count("dead_letters")
    }

    private static func words(of item: JSONValue, _ zone: ZoneRules, _ now: Instant) -> String {
        guard let start = item.instant("starts_at") else { return "" }
        let at = LocalMoment(start, zone: zone, now: now)
        let until = Duration.microseconds(start.microseconds - now.microseconds)
        return "\(item.text("name") ?? "The next item") in \(Spans.words(until)), at \(at.clock)."
    }

    private static func item(
        _ item: JSONValue,
        next: JSONValue?,
        _ zone: ZoneRules,
        _ now: Instant
    ) -> Item {
        let start = item.instant("starts_at") ?? now
        let end = item.instant("ends_at")
        let isNow = start <= now && end.map { now < $0 } ?? false
        let isNext = next?.text("id") == item.text("id")
        return Item(
            clock: String(zone.local(start).description.dropFirst(11).prefix(5)),
            iso: start.description,
            name: item.text("name") ?? "",
            vendor: item.text("vendor"),
            state: isNow ? "now" : start <= now ? "over" : isNext ? "next" : "later",
            stateWords: isNow ? "now" : start <= now ? "over" : isNext ? "next" : nil,
            isNow: isNow,
            isNext: isNext
        )
    }
}
