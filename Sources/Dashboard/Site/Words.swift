/// Words that several pages use.
enum Words {
    static func counted(_ count: Int, _ one: String, _ many: String) -> String {
        count == 1 ? "1 \(one)" : "\(grouped(count)) \(many)"
    }

    /// A whole number with thin gaps between thousands.
    static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: "\u{202F}")
    }

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    static func milliseconds(_ value: Double) -> String {
        value >= 10_000
            ? "\(Int((value / 1_000).rounded())) s"
            : value >= 1_000 ? "\(Double(Int(value / 100)) / 10) s" : "\(Int(value.rounded())) ms"
    }

    static func percent(_ part: Double) -> String {
        let percent = part * 100
        return percent > 0 && percent < 1 ? "under 1 %" : "\(Int(percent.rounded())) %"
    }

    /// What a planner calls it.
    static func capability(_ name: String) -> String {
        switch name {
        case "payments": "Payments"
        case "sms": "Text messages"
        case "email": "E-mail"
        case "video": "Video calls"
        case "calendar": "Calendars"
        case "weather": "Weather"
        case "storage": "Photos and files"
        default: name
        }
    }

    static func phase(_ name: String) -> String {
        switch name {
        case "planning": "Being planned"
        case "final_week": "Final week"
        case "eve": "Tomorrow"
        case "day": "Today"
        case "after": "Over"
        default: name
        }
    }

    /// With a capital letter at its begin.
    static func capitalised(_ text: String) -> String {
        text.prefix(1).uppercased() + text.dropFirst()
    }

    /// Words joined by `_` or `-`, apart.
    static func spaced(_ text: String) -> String {
        text.replacing("_", with: " ")
    }
}
