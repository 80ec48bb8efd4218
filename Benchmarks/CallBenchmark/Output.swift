import Foundation

/// Prints Markdown, or everything that was measured as JSON.
enum Output {
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "infinite",
            negativeInfinity: "-infinite",
            nan: "none"
        )
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// A table with its head.
    static func table(_ head: [String], _ rows: [[String]]) {
        print("| \(head.joined(separator: " | ")) |")
        print("|\(head.map { _ in "---" }.joined(separator: "|"))|")
        for row in rows { print("| \(row.joined(separator: " | ")) |") }
    }

    static func text(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "-" }
        if abs(value) >= 100 { return "\(Int(value.rounded()))" }
        let tenths = Int((abs(value) * 10).rounded())
        return "\(value < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
    }

    static func text(_ spread: Spread?) -> String {
        guard let spread, spread.median != nil else { return "-" }
        return "\(text(spread.median)) / \(text(spread.p95))"
    }
}

/// The middle and the end of many values; nil is infinite.
struct Spread: Codable {
    let median: Double?
    let p95: Double?
    let count: Int

    init(_ values: [Double]) {
        let sorted = values.sorted()
        median = Self.finite(quantile(sorted, 0.5))
        p95 = Self.finite(quantile(sorted, 0.95))
        count = sorted.count
    }

    private static func finite(_ value: Double) -> Double? {
        value.isFinite ? value : nil
    }
}
