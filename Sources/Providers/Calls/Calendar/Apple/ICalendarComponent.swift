import Domain

/// A component of iCalendar: `VCALENDAR`, `VEVENT`, with its lines and the components inside.
struct ICalendarComponent: Hashable, Sendable {
    /// The most bytes of a calendar object that is read or kept.
    static let bytesMax = 262_144
    /// The most lines.
    static let linesMax = 5_000
    /// The most components inside each other.
    static let depthMax = 4

    /// The name, upper case.
    let name: String
    /// The lines that are directly in it.
    var lines: [ContentLine] = []
    /// The components that are directly in it.
    var components: [ICalendarComponent] = []

    init(_ name: String, _ lines: [ContentLine] = [], _ components: [ICalendarComponent] = []) {
        self.name = name
        self.lines = lines
        self.components = components
    }

    /// Reads a calendar object; lines that are none are passed over, as the world's calendars ask for.
    ///
    /// - Returns: nil when components do not close, or beyond a limit.
    static func read(_ text: [UInt8]) -> ICalendarComponent? {
        guard text.count <= bytesMax, let lines = ContentLine.lines(text, countMax: linesMax) else {
            return nil
        }
        var open: [ICalendarComponent] = []
        for line in lines {
            guard let line = ContentLine(line) else { continue }
            switch line.name {
            case "BEGIN":
                guard open.count < depthMax else { return nil }
                open.append(ICalendarComponent(line.value.uppercased()))
            case "END":
                guard let closed = open.popLast(), closed.name == line.value.uppercased() else { return nil }
                if open.isEmpty { return closed }
                open[open.count - 1].components.append(closed)
            default:
                if !open.isEmpty { open[open.count - 1].lines.append(line) }
            }
        }
        return nil
    }

    /// The text, with CRLF and folded lines.
    var encoded: [UInt8] {
        ContentLine("BEGIN", name).encoded + lines.flatMap(\.encoded) + components.flatMap(\.encoded)
            + ContentLine("END", name).encoded
    }

    /// The first line of this name.
    func line(_ name: String) -> ContentLine? { lines.first { $0.name == name } }

    /// The event itself: the VEVENT that is no exception of a series.
    var masterIndex: Int? {
        components.firstIndex { $0.name == "VEVENT" && $0.line("RECURRENCE-ID") == nil }
            ?? components.firstIndex { $0.name == "VEVENT" }
    }
}
