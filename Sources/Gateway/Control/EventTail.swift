package import Domain

/// Finds what is new in pages of newest-first events that are asked for again and again.
package struct EventTail: Sendable {
    /// The most ids that are remembered to tell new from seen.
    package static let seenMax = 5_000
    /// How far before the newest event is asked again: events become visible a little out of order.
    package static let overlap = Duration.seconds(5)

    private var seen: Set<String> = []
    private var order: [String] = []
    private var started = false

    private var newest: Instant?

    /// From when on is asked; nil before the first event.
    package var since: Instant? { newest.map { $0 - Self.overlap } }

    /// A tail that has seen nothing.
    package init() {}

    /// Takes the newest events, newest first; gives those that were not seen before, oldest first.
    ///
    /// The first page shows at most `first` events, however many it holds.
    package mutating func take(_ page: [JSONValue], first: Int) -> [JSONValue] {
        var new: [JSONValue] = []
        for event in page {
            guard let id = event["id"]?.string, seen.insert(id).inserted else { continue }
            order.append(id)
            new.append(event)
        }
        if let received = page.first?["received_at"]?.string { newest = Instant(received) ?? newest }
        if order.count > Self.seenMax {
            for forgotten in order.prefix(order.count - Self.seenMax) { seen.remove(forgotten) }
            order.removeFirst(order.count - Self.seenMax)
        }
        defer { started = true }
        return (started ? new : Array(new.prefix(first))).reversed()
    }
}
