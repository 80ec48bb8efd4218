package import Domain

/// The latest requests that reached a vendor, and what became of each: what tells how often somebody asks, and in vain.
///
/// Forgets its oldest quarter beyond its limit; the numbers go on.
package struct VendorTraffic: Sendable {
    /// What became of one request.
    package enum Fate: String, Hashable, Sendable {
        /// It was answered.
        case answered
        /// It got no connection.
        case refused
        /// It was swallowed.
        case swallowed
        /// The connection broke instead of an answer.
        case dropped
    }

    /// One request.
    package struct Entry: Hashable, Sendable {
        /// When it came.
        package let at: Instant
        /// Its method.
        package let method: String
        /// The beginning of its path, at most `pathCharactersMax`.
        package let path: String
        /// The status of the answer; nil without one.
        package let status: Int?
        /// What became of it.
        package let fate: Fate
    }

    /// The most requests that are remembered.
    package static let entriesMax = 50_000
    /// The most characters of a path that are remembered.
    package static let pathCharactersMax = 64

    /// The requests that are remembered, oldest first.
    package private(set) var entries: [Entry] = []
    /// How many were forgotten.
    package private(set) var forgotten = 0

    /// Nothing came yet.
    package init() {}

    /// How many came.
    package var count: Int { forgotten + entries.count }

    /// Takes one request in.
    package mutating func record(_ request: VendorRequest, _ exchange: VendorExchange, at now: Instant) {
        let (status, fate): (Int?, Fate) =
            switch exchange {
            case .answer(let answer, _): (answer.status, .answered)
            case .refused: (nil, .refused)
            case .silence: (nil, .swallowed)
            case .dropped: (nil, .dropped)
            }
        let path = String(request.path.prefix(Self.pathCharactersMax))
        entries.append(Entry(at: now, method: request.method, path: path, status: status, fate: fate))
        guard entries.count > Self.entriesMax else { return }
        entries.removeFirst(Self.entriesMax / 4)
        forgotten += Self.entriesMax / 4
    }

    /// The requests from number `first` on, counted from 0, at most `limit`, as `/_traffic` shows them.
    package func json(from first: Int, limit: Int) -> JSONValue {
        let start = max(first, forgotten)
        let shown = entries.dropFirst(start - forgotten).prefix(limit)
        return [
            "count": .integer(count), "first": .integer(start),
            "requests": .array(
                shown.map { entry in
                    [
                        .integer(entry.at.microseconds), .string(entry.method), .string(entry.path),
                        entry.status.map { .integer($0) } ?? .null, .string(entry.fate.rawValue),
                    ]
                }
            ),
        ]
    }
}
