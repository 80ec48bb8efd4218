/// How long what a source has sent is kept, in days.
///
/// Days are whole UTC days: a body of a day is kept until `bodiesDays` full days have passed after it, so it lives
/// between `bodiesDays` and `bodiesDays + 1` days.
package struct SourceRetention: Hashable, Sendable {
    /// How long bodies can be read, shown and delivered.
    package var bodiesDays: Int
    /// How long everything else is kept: events, deliveries, tries; at least `bodiesDays`.
    package var fieldsDays: Int

    /// The range of both.
    package static let daysRange = 1...3_650
    /// How long the key of an event is kept at least, so that a late repeat is still known.
    package static let keysDaysMin = 90
    /// 30 days of bodies, 400 of fields; also of what a removed source has left.
    package static let standard = SourceRetention(bodiesDays: 30, fieldsDays: 400)

    /// Makes a retention; it is checked with its source.
    package init(bodiesDays: Int, fieldsDays: Int) {
        self.bodiesDays = bodiesDays
        self.fieldsDays = fieldsDays
    }

    /// How long the key of an event is kept.
    package var keysDays: Int { max(fieldsDays, Self.keysDaysMin) }

    /// The last day whose bodies are not kept any more on day `today`.
    package func lastDroppedBodyDay(today: Int) -> Int {
        today - bodiesDays - 1
    }
}
