import Domain

/// Says what emergency mode did, for its record.
enum EmergencyText {
    static func begin(_ stored: StoredEmergency, _ title: (WeddingID) -> String) -> String {
        switch stored.mode.state {
        case .ordered(_, let order):
            "Emergency mode is on until \(Instant(seconds: order.until.seconds)), by \(order.by): \(order.reason)."
        case .needed, .calm:
            "Emergency mode began by itself. \(stored.reasons.first ?? "") \(weddings(stored.weddings, title))"
        }
    }

    /// For an incident that has joined since.
    static func goesOn(_ stored: StoredEmergency) -> String {
        let since = stored.mode.since.map { "\(Instant(seconds: $0.seconds))" } ?? "now"
        return "Emergency mode is on since \(since). \(stored.reasons.first ?? "")"
    }

    static func weddings(_ on: [WeddingID], _ title: (WeddingID) -> String) -> String {
        guard !on.isEmpty else { return "No wedding is on." }
        let names = on.prefix(5).map(title).joined(separator: ", ")
        let more = on.count > 5 ? " and \(on.count - 5) more" : ""
        return "On: \(names)\(more)."
    }

    static func end(_ end: EmergencyMode.End, by who: String?) -> String {
        switch end {
        case .recovered: "Emergency mode ended by itself: for 5 min nothing needed it."
        case .bound: "Emergency mode ended: it was on for 12 h, and begins again if it is needed in 30 min."
        case .orderEnded: "Emergency mode ended: its time has come."
        case .calledOff: "Emergency mode was called off by \(who ?? "somebody")."
        }
    }
}
