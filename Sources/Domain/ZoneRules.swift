/// A zone of the IANA time zone database: its name, and how far its clocks are ahead of UTC at an instant.
///
/// The rules themselves are the operating system's: `Registry` brings them, so that this layer stays pure. Two are
/// equal when their names are.
package struct ZoneRules: Hashable, Sendable, CustomStringConvertible {
    /// The name, such as `Europe/Berlin`.
    package let name: String
    private let offset: @Sendable (Instant) -> Int

    /// Makes a zone.
    ///
    /// - Parameter offset: seconds east of UTC at an instant, -64 800 to 64 800; must be a pure function.
    package init(name: String, offset: @escaping @Sendable (Instant) -> Int) {
        self.name = name
        self.offset = offset
    }

    /// UTC itself.
    package static let utc = ZoneRules(name: "UTC") { _ in 0 }

    package var description: String { name }

    package static func == (left: ZoneRules, right: ZoneRules) -> Bool {
        left.name.utf8.elementsEqual(right.name.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }

    /// What the clocks of the zone show at an instant, to the second.
    package func local(_ instant: Instant) -> LocalTime {
        LocalTime(secondsSinceEpoch: instant.seconds + Int64(offset(instant)))
    }

    /// The instant at which the clocks of the zone show `local`.
    ///
    /// | local time | result |
    /// |---|---|
    /// | shown once | that instant |
    /// | shown twice (clocks set back) | the earlier one |
    /// | never shown (clocks set forward, a day skipped) | as far after the jump as it lies after the gap's begin |
    ///
    /// The third row makes midnight in a gap the instant of the jump: the first one of the new day.
    package func instant(_ local: LocalTime) -> Instant {
        if let found = instants(local).first { return found }
        let before = offset(Instant(seconds: local.secondsSinceEpoch - 86_400))
        return Instant(seconds: local.secondsSinceEpoch - Int64(before))
    }

    /// Every instant at which the clocks show `local`, earliest first: one, two, or none.
    ///
    /// Asks for the offsets a day before and after, between which clocks jump at most once.
    package func instants(_ local: LocalTime) -> [Instant] {
        let seconds = local.secondsSinceEpoch
        let offsets = Set([-86_400, 86_400].map { offset(Instant(seconds: seconds + $0)) })
        return offsets.map { Instant(seconds: seconds - Int64($0)) }
            .filter { self.local($0) == local }
            .sorted()
    }

    /// Whether any clock of the zone ever showed this date: Apia had no 30 December 2011.
    package func has(_ date: CivilDate) -> Bool {
        let start = instant(LocalTime(date, secondsOfDay: 0))
        return local(start).date == date
    }
}

/// The zones there are, by name.
package struct ZoneDirectory: Sendable {
    private let find: @Sendable (String) -> ZoneRules?

    /// Makes a directory; `find` gives nil for a name that is none.
    package init(_ find: @escaping @Sendable (String) -> ZoneRules?) {
        self.find = find
    }

    /// The zone of this name; nil when there is none.
    package func callAsFunction(_ name: String) -> ZoneRules? {
        guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return nil
        }
        return find(name)
    }
}
