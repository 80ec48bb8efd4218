/// Where a wedding stands at an instant, by the calendar of its own zone.
///
/// | phase | from | until |
/// |---|---|---|
/// | planning | – | 00:00, seven days before the date |
/// | finalWeek | 00:00, seven days before | 00:00, the day before |
/// | eve | 00:00, the day before | 00:00 of the date |
/// | day | 00:00 of the date | 04:00 of the day after: parties run past midnight |
/// | after | 04:00 of the day after | – |
///
/// All times are local: the eve of a wedding in Apia begins 25 hours before one in Honolulu.
package enum Phase: String, CaseIterable, Comparable, Sendable {
    case planning
    case finalWeek
    case eve
    case day
    case after

    /// The name used in documents: `planning`, `final_week`, `eve`, `day`, `after`.
    package var name: String { self == .finalWeek ? "final_week" : rawValue }

    /// Reads the name used in documents.
    package init?(name: String) {
        guard let match = Phase.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }

    /// `left < right` means that `left` comes first.
    package static func < (left: Phase, right: Phase) -> Bool {
        left.order < right.order
    }

    private var order: Int { Phase.allCases.firstIndex(of: self) ?? 0 }
}
