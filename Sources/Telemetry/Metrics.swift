import Synchronization

/// The numbers Usher tells about itself, by name and labels.
///
/// Ask for a series once, keep the handle, and count on the handle: that takes one atomic addition and no look-up.
/// Asking again for the same name and labels gives the same series. A name has one kind, one help text and one set
/// of label names; asking otherwise is a mistake in the program and traps.
///
/// The number of series of one name is bounded: labels beyond `seriesMax` all count in one series whose label values
/// are `other`, so that a stranger who can choose a label value cannot fill the memory.
package final class Metrics: Sendable {
    /// The most series of one name; the one called `other` comes on top.
    package static let seriesMax = 256
    /// The label value that stands for all that found no room.
    package static let overflowValue = "other"

    private struct State: Sendable {
        var families: [String: Family] = [:]
    }

    private let state = Mutex(State())

    /// Makes an empty registry.
    package init() {}

    /// The counter of that name and labels; by custom the name ends in `_total`.
    package func counter(_ name: String, help: String, labels: [(String, String)] = []) -> Counter {
        guard case .counter(let counter) = series(name, help, labels, { .counter(Counter()) }) else {
            preconditionFailure("\(name) is no counter")
        }
        return counter
    }

    /// The gauge of that name and labels.
    package func gauge(_ name: String, help: String, labels: [(String, String)] = []) -> Gauge {
        guard case .gauge(let gauge) = series(name, help, labels, { .gauge(Gauge()) }) else {
            preconditionFailure("\(name) is no gauge")
        }
        return gauge
    }

    /// The histogram of that name and labels.
    ///
    /// - Parameter buckets: upper bounds, ascending, in the unit the name ends with; `+Inf` is added.
    package func histogram(
        _ name: String,
        help: String,
        buckets: [Double] = Histogram.secondsBuckets,
        labels: [(String, String)] = []
    ) -> Histogram {
        guard case .histogram(let histogram) = series(name, help, labels, { .histogram(Histogram(buckets)) })
        else {
            preconditionFailure("\(name) is no histogram")
        }
        precondition(histogram.bounds == buckets, "\(name) has other buckets")
        return histogram
    }

    /// All series as Prometheus text, format 0.0.4: names in order, then label values in order.
    package func exposition() -> String {
        let families = state.withLock { $0.families }
        var text = ""
        for (name, family) in families.sorted(by: { precedes($0.key, $1.key) }) {
            family.write(name, to: &text)
        }
        return text
    }

    private func series(
        _ name: String,
        _ help: String,
        _ labels: [(String, String)],
        _ make: () -> Series
    ) -> Series {
        let labels = labels.sorted { precedes($0.0, $1.0) }
        return state.withLock { state in
            if state.families[name] == nil {
                precondition(isMetricName(name), "\(name) is no metric's name")
                precondition(labels.allSatisfy { isLabelName($0.0) }, "\(name) has a label that is no name")
                precondition(Set(labels.map(\.0)).count == labels.count, "\(name) has a label twice")
            }
            return state.families[name, default: Family(help: help, labelNames: labels.map(\.0))]
                .series(labels, seriesMax: Self.seriesMax, make)
        }
    }
}

/// One series, of the one kind its name has.
enum Series: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case histogram(Histogram)

    var typeName: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// All series of one name.
struct Family: Sendable {
    let help: String
    let labelNames: [String]
    private var values: [[String]: Series] = [:]

    init(help: String, labelNames: [String]) {
        self.help = help
        self.labelNames = labelNames
    }

    mutating func series(_ labels: [(String, String)], seriesMax: Int, _ make: () -> Series) -> Series {
        precondition(labels.map(\.0) == labelNames, "a metric's label names are always the same")
        var key = labels.map(\.1)
        if let known = values[key] { return known }
        if values.count >= seriesMax {
            key = key.map { _ in Metrics.overflowValue }
            if let known = values[key] { return known }
        }
        let new = make()
        values[key] = new
        return new
    }

    func write(_ name: String, to text: inout String) {
        guard let type = values.first?.value.typeName else { return }
        text += "# HELP \(name) \(escaped(help, quotes: false))\n# TYPE \(name) \(type)\n"
        for (key, series) in values.sorted(by: { $0.key.lexicographicallyPrecedes($1.key, by: precedes) }) {
            let labels = zip(labelNames, key).map { "\($0)=\"\(escaped($1, quotes: true))\"" }
            switch series {
            case .counter(let counter): text += line(name, labels, "\(counter.value)")
            case .gauge(let gauge): text += line(name, labels, number(gauge.value))
            case .histogram(let histogram): histogram.write(name, labels, to: &text)
            }
        }
    }
}

/// One line of the exposition.
func line(_ name: String, _ labels: [String], _ value: String) -> String {
    labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels.joined(separator: ","))} \(value)\n"
}

/// A number as Go's `ParseFloat` reads it.
func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
}

/// Escapes `\` and line feeds, and `"` inside quotes; works on bytes, so that no character hides a line feed.
private func escaped(_ text: String, quotes: Bool) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case 0x5C: bytes += [0x5C, 0x5C]
        case 0x0A: bytes += [0x5C, 0x6E]
        case 0x22 where quotes: bytes += [0x5C, 0x22]
        default: bytes.append(byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

private func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
}

private func isMetricName(_ name: String) -> Bool {
    isName(name, besides: "_:")
}

private func isLabelName(_ name: String) -> Bool {
    isName(name, besides: "_") && !name.utf8.starts(with: "__".utf8) && name != "le"
}

private func isName(_ name: String, besides: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
            || besides.utf8.contains($0)
    }
}
