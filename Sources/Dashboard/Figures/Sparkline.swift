import Domain

/// A small chart without axes, and the same in words.
struct Sparkline: Sendable {
    /// The size of its drawing, in its own units.
    static let width = 240.0
    static let height = 56.0

    /// What stands beside it, for those who do not see it.
    let label: String
    /// The line, as the path of an SVG; empty without two values.
    let line: String
    /// The area below it.
    let area: String
    /// The last value, written beside the chart.
    let latest: String
    /// Where the last value lies.
    let lastX: String
    let lastY: String
    let hasLine: Bool
    let viewBox = "0 0 \(Int(Sparkline.width)) \(Int(Sparkline.height))"

    /// - Parameters:
    ///   - values: oldest first; nil where nothing was measured.
    ///   - floor: the least height of the scale, so that noise near zero looks like nothing.
    init(_ name: String, _ values: [Double?], floor: Double, span: String, text: (Double) -> String) {
        let known = values.compactMap(\.self)
        let top = max(floor, known.max() ?? 0)
        let step = Self.width / Double(max(1, values.count - 1))
        var points: [(Double, Double)] = []
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            points.append((Double(index) * step, Self.height - 4 - value / top * (Self.height - 8)))
        }
        hasLine = points.count > 1
        line = Self.path(points)
        let base = Self.number(Self.height)
        area =
            points.count > 1
            ? "\(line)L\(Self.number(points[points.count - 1].0)) \(base)L\(Self.number(points[0].0)) \(base)Z"
            : ""
        lastX = Self.number(points.last?.0 ?? 0)
        lastY = Self.number(points.last?.1 ?? 0)
        latest = known.last.map(text) ?? "–"
        if let least = known.min(), let most = known.max(), let last = known.last {
            let range = text(least) == text(most) ? text(most) : "\(text(least)) to \(text(most))"
            label = "\(name) over \(span): \(range), now \(text(last))"
        } else {
            label = "\(name): nothing was measured yet"
        }
    }

    private static func path(_ points: [(Double, Double)]) -> String {
        points.enumerated().map { index, point in
            "\(index == 0 ? "M" : "L")\(number(point.0)) \(number(point.1))"
        }.joined()
    }

    /// With one digit after the point, as drawings need no more.
    static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths / 10).\(abs(tenths % 10))"
    }
}

/// How much of something is left, as a bar and in words.
struct Gauge: Sendable {
    let name: String
    let words: String
    /// 0 to 100, for the bar.
    let width: String
    let tone: String

    /// - Parameter left: 0 to 1.
    init(_ name: String, left: Double, detail: String? = nil) {
        let part = min(1, max(0, left))
        self.name = name
        width = Sparkline.number(part * 100)
        tone = part < 0.1 ? "bad" : part < 0.3 ? "warn" : "good"
        let amount = "\(Words.percent(part)) left"
        words = detail.map { "\(amount) – \($0)" } ?? amount
    }
}
