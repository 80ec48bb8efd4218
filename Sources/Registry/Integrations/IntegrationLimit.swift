package import Domain
package import Resilience

/// A documented limit of a provider with the amount that one account has.
///
/// | kind | JSON |
/// |---|---|
/// | so many a second | `{"per_second": 25, "burst": 50}`; the burst is one second's unless given |
/// | so many in a window | `{"count": 1000, "window_seconds": 3600}` |
/// | so many in flight | `{"in_flight": 25}` |
package struct IntegrationLimit: Hashable, Sendable {
    /// The limit's name in `ProviderFacts.limits`.
    package let name: String
    /// How much it is.
    package let kind: LimitKind

    /// What a text that is no limit should have been.
    package static let form =
        "a limit is {per_second: 25, burst: 50}, {count: 1000, window_seconds: 3600} or {in_flight: 25}"

    private static let rateRange = 0.001...100_000.0
    private static let countRange: ClosedRange<Int64> = 1...1_000_000_000
    private static let windowRange: ClosedRange<Int64> = 1...2_678_400

    /// Pairs a name with an amount.
    package init(_ name: String, _ kind: LimitKind) {
        self.name = name
        self.kind = kind
    }

    /// Reads one limit; nil when it has none of the three forms, or an amount that makes no sense.
    package init?(_ name: String, json: JSONValue) {
        let members = Set((json.object ?? []).map(\.name))
        if members == ["per_second"] || members == ["per_second", "burst"] {
            guard let rate = json["per_second"]?.double, Self.rateRange.contains(rate) else { return nil }
            let second = Int64(max(1, rate.rounded(.up)))
            guard let burst = json["burst"].map(\.int64) ?? second, Self.countRange.contains(burst) else {
                return nil
            }
            self.init(name, .tokenBucket(ratePerSecond: rate, burst: Int(burst)))
        } else if members == ["count", "window_seconds"] {
            guard let count = json["count"]?.int64, Self.countRange.contains(count),
                let seconds = json["window_seconds"]?.int64, Self.windowRange.contains(seconds)
            else { return nil }
            self.init(name, .fixedWindow(count: Int(count), length: .seconds(seconds)))
        } else if members == ["in_flight"] {
            guard let count = json["in_flight"]?.int64, Self.countRange.contains(count) else { return nil }
            self.init(name, .concurrency(count: Int(count)))
        } else {
            return nil
        }
    }

    /// Reads an object from names to limits, in the order of their names; nil when one of them is none.
    package static func list(_ json: JSONValue) -> [IntegrationLimit]? {
        guard let members = json.object else { return nil }
        var limits: [IntegrationLimit] = []
        for member in members {
            guard let limit = IntegrationLimit(member.name, json: member.value) else { return nil }
            limits.append(limit)
        }
        return limits.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The object that `list` reads.
    package static func json(_ limits: [IntegrationLimit]) -> JSONValue {
        .object(limits.map { JSONMember($0.name, $0.json) })
    }

    private var json: JSONValue {
        switch kind {
        case .tokenBucket(let rate, let burst): ["per_second": .fraction(rate), "burst": .integer(burst)]
        case .fixedWindow(let count, let length):
            ["count": .integer(count), "window_seconds": .integer(length.components.seconds)]
        case .concurrency(let count): ["in_flight": .integer(count)]
        }
    }
}
