import Domain
import Providers
import Resilience

extension StatusReading {
    /// How long an entry of an Atom page counts after it was changed last.
    static let entryLife = Duration.seconds(86_400)

    private static let namespace = "http://www.w3.org/2005/Atom"
    /// What the title of an entry that is over begins with, in small letters.
    private static let overWords = ["resolved", "completed", "closed"]

    /// An Atom page: its entries of the last day that are not over.
    static func atom(_ bytes: [UInt8], now: Instant) -> StatusReading {
        guard let feed = XMLReader.read(bytes), feed.name == "feed", feed.namespace == namespace else {
            return .unreadable
        }
        let readings = feed.all(namespace, "entry").compactMap { entry -> StatusReading? in
            guard let title = entry.first(namespace, "title")?.trimmed,
                let changed = (entry.first(namespace, "updated") ?? entry.first(namespace, "published"))
                    .flatMap({ Instant($0.trimmed) }),
                now - changed <= entryLife
            else { return nil }
            let small = title.lowercased()
            guard !overWords.contains(where: { small.hasPrefix($0) }) else { return nil }
            if small.contains("maintenance") || small.contains("scheduled") {
                return StatusReading(.maintenance, title)
            }
            return StatusReading(small.contains("outage") ? .outage : .degraded, title)
        }
        return worst(readings) ?? StatusReading(.operational)
    }
}
