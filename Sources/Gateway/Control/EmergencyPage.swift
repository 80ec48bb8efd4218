package import Domain

/// Emergency mode and readiness, for people.
package enum EmergencyPage {
    /// Where emergency mode stands.
    package static func emergency(_ status: JSONValue) -> [String] {
        var lines: [String] = []
        if status["on"] == .bool(true) {
            lines.append(
                "Emergency mode is on since \(status.time("since")), by \(status.word("by")), until \(status.time("ends_at")) at the latest."
            )
            lines += texts(status["reasons"]).map { "  \($0)" }
            let weddings = texts(status["weddings"])
            if !weddings.isEmpty { lines.append("  For: \(weddings.joined(separator: ", "))") }
            lines += ["", "To turn it off: usher emergency off"]
        } else {
            lines.append("Emergency mode is off.")
        }
        guard let last = status["history"]?.array?.first else { return lines }
        lines += ["", "What it did \(last["ended_at"]?.string == nil ? "so far" : "last"):"]
        lines += (last["steps"]?.array ?? []).map { "  \($0.time("at"))  \($0.word("text"))" }
        return lines
    }

    /// A wedding's readiness, part by part, then what would raise it.
    package static func readiness(_ readiness: JSONValue) -> [String] {
        let parts = readiness["parts"]?.array ?? []
        let head = "\(readiness.word("title")), \(readiness.word("date")): \(readiness.word("score")) of 100"
        let rows = parts.map {
            [$0.word("part"), "\($0.word("points")) of \($0.word("of"))", $0.word("reason")]
        }
        let raise = parts.flatMap { texts($0["raise"]) }
        let table = TextTable([.init("part"), .init("points", .right), .init("why")], rows: rows).lines
        return [head, ""] + table
            + (raise.isEmpty ? [] : ["", "What would raise it:"] + raise.map { "  \($0)" })
    }

    private static func texts(_ value: JSONValue?) -> [String] {
        (value?.array ?? []).compactMap { $0.string.map(TerminalText.safe) }
    }
}
