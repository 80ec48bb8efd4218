package import Domain
import Resilience

/// What the limits of one integration are usually used for, by the limit's name.
package struct UsageByLimit: Sendable {
    private(set) var forecasts: [String: UsageForecast] = [:]

    /// Knows nothing.
    package init() {}

    /// Goes on with what was written down.
    package init(json: JSONValue) {
        for member in json.object ?? [] { forecasts[member.name] = UsageForecast(json: member.value) }
    }

    /// What to write down.
    package var json: JSONValue {
        .object(forecasts.sorted { $0.key < $1.key }.map { JSONMember($0.key, $0.value.json) })
    }

    /// Takes in that calls were made against a limit; zero says that somebody watched.
    mutating func record(_ calls: Int, of limit: String, at now: Instant) {
        forecasts[limit, default: UsageForecast()].record(calls, at: now)
    }
}
