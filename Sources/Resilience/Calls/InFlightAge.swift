/// Which calls are in flight, oldest first: a call without an answer for too long counts as failed at once, not
/// only when it times out.
///
/// A provider that takes requests and never answers is seen after the age limit and a few calls instead of after the
/// time-out. With a limit of 2 s and a time-out of 10 s:
///
/// | calls a second | 0.5 | 5 | 50 |
/// |---|---|---|---|
/// | third late call known after | 8 s | 2.6 s | 2.1 s |
/// | third time-out after | 16 s | 10.6 s | 10.1 s |
///
/// Places are kept in two lists in the order of time, admitted and begun, inside one array made at the start: each
/// step takes constant time and no memory.
package struct InFlightAge: Sendable {
    /// A place; stale ones are recognised by their turn.
    package struct Place: Hashable, Sendable {
        let index: Int32
        let turn: UInt32
    }

    /// What was known of a call when it gave its place back.
    struct Flight {
        let ticket: CallBreaker.Ticket
        /// Whether it was already counted as late.
        let wasLate: Bool
        /// When it left, or was admitted if it did not.
        let since: Duration
    }

    private enum Stage: UInt8 {
        case free
        case admitted
        case begun
        case late
    }

    private struct Entry {
        var since = Duration.zero
        var ticket = CallBreaker.Ticket(epoch: 0, place: -1, number: 0)
        var turn: UInt32 = 0
        var next: Int32 = -1
        var previous: Int32 = -1
        var stage = Stage.free
    }

    private struct List {
        var head: Int32 = -1
        var tail: Int32 = -1
    }

    private enum Line {
        case admitted
        case begun
    }

    private struct Lists {
        var admitted = List()
        var begun = List()

        subscript(line: Line) -> List {
            get { line == .begun ? begun : admitted }
            set { if line == .begun { begun = newValue } else { admitted = newValue } }
        }
    }

    private var entries: [Entry]
    private var free: Int32 = 0
    private var lists = Lists()
    /// The oldest begun call that is not late yet.
    private var punctual: Int32 = -1
    /// Places that are taken.
    package private(set) var count = 0

    /// Makes `capacity` free places.
    package init(capacity: Int) {
        precondition((1...100_000).contains(capacity), "1 to 100 000 calls may be in flight")
        entries = Array(repeating: Entry(), count: capacity)
        for index in 0..<(capacity - 1) { entries[index].next = Int32(index + 1) }
    }

    /// How long the oldest begun call is under way; nil when none is.
    package func oldestAge(now: Duration) -> Duration? {
        lists.begun.head < 0 ? nil : now - entries[Int(lists.begun.head)].since
    }

    /// Takes a place for an admitted call; nil when all are taken.
    mutating func admit(_ ticket: CallBreaker.Ticket, now: Duration) -> Place? {
        guard free >= 0 else { return nil }
        let index = free
        free = entries[Int(index)].next
        entries[Int(index)].ticket = ticket
        entries[Int(index)].turn &+= 1
        append(index, to: .admitted, stage: .admitted, now: now)
        count += 1
        return Place(index: index, turn: entries[Int(index)].turn)
    }

    /// Takes in that the request of an admitted call leaves now.
    mutating func began(_ place: Place, now: Duration) {
        guard isTaken(place), entries[Int(place.index)].stage == .admitted else { return }
        unlink(place.index, from: .admitted)
        append(place.index, to: .begun, stage: .begun, now: now)
        if punctual < 0 { punctual = place.index }
    }

    /// Gives a place back; nil when it was given back before.
    mutating func release(_ place: Place) -> Flight? {
        guard isTaken(place) else { return nil }
        let entry = entries[Int(place.index)]
        if punctual == place.index { punctual = entry.next }
        unlink(place.index, from: entry.stage == .admitted ? .admitted : .begun)
        entries[Int(place.index)].stage = .free
        entries[Int(place.index)].next = free
        free = place.index
        count -= 1
        return Flight(ticket: entry.ticket, wasLate: entry.stage == .late, since: entry.since)
    }

    /// The ticket of the next call that is older than `limit` and was not given out yet; age counts from `start` on.
    mutating func nextLate(now: Duration, limit: Duration, from start: Duration) -> CallBreaker.Ticket? {
        guard punctual >= 0, now - max(entries[Int(punctual)].since, start) > limit else { return nil }
        let index = Int(punctual)
        entries[index].stage = .late
        punctual = entries[index].next
        return entries[index].ticket
    }

    /// A call that holds its place longer than `lease`: whoever had it is gone.
    func nextLost(now: Duration, lease: Duration) -> Place? {
        lost(lists.begun.head, now: now, lease: lease) ?? lost(lists.admitted.head, now: now, lease: lease)
    }

    private func lost(_ head: Int32, now: Duration, lease: Duration) -> Place? {
        guard head >= 0, now - entries[Int(head)].since > lease else { return nil }
        return Place(index: head, turn: entries[Int(head)].turn)
    }

    private func isTaken(_ place: Place) -> Bool {
        entries.indices.contains(Int(place.index)) && entries[Int(place.index)].turn == place.turn
            && entries[Int(place.index)].stage != .free
    }

    private mutating func append(
        _ index: Int32,
        to list: Line,
        stage: Stage,
        now: Duration
    ) {
        let tail = lists[list].tail
        // A clock that goes back is read as one that stands still, so that the list stays in order.
        let since = tail < 0 ? now : max(now, entries[Int(tail)].since)
        entries[Int(index)].since = since
        entries[Int(index)].stage = stage
        entries[Int(index)].next = -1
        entries[Int(index)].previous = tail
        if tail < 0 { lists[list].head = index } else { entries[Int(tail)].next = index }
        lists[list].tail = index
    }

    private mutating func unlink(_ index: Int32, from list: Line) {
        let next = entries[Int(index)].next
        let previous = entries[Int(index)].previous
        if previous < 0 { lists[list].head = next } else { entries[Int(previous)].next = next }
        if next < 0 { lists[list].tail = previous } else { entries[Int(next)].previous = previous }
    }
}
