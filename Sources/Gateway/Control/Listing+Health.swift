import Domain

extension Listing {
    /// Incidents.
    package static let incidents = Listing(
        [
            .init("began"), .init("ended"), .init("state"), .init("means"), .init("summary"), .init("id"),
        ],
        empty: "There is no incident."
    ) {
        [
            $0.time("opened_at"), $0["closed_at"]?.string == nil ? "goes on" : $0.time("closed_at"),
            $0.word("state"), $0.word("level"), $0.word("summary"), $0.word("id"),
        ]
    }

    /// The record of an incident.
    package static let incidentEntries = Listing(
        [.init("at"), .init("what"), .init("text")],
        empty: "Nothing is written down of it."
    ) { [$0.time("at"), $0.word("kind"), $0.word("text")] }

    /// What an incident means to weddings.
    package static let incidentImpacts = Listing(
        [.init("means"), .init("wedding"), .init("phase"), .init("instead"), .init("why")],
        empty: "It touches no wedding that is known."
    ) {
        [
            $0.word("level"), $0.word("title"), $0.word("phase"), $0.word("fallback"), $0.word("reason"),
        ]
    }

    /// How integrations do now.
    package static let integrationHealth = Listing(
        [
            .init("integration"), .init("state"), .init("breaker"), .init("calls", .right),
            .init("p95 ms", .right), .init("text"),
        ],
        empty: "There are no integrations yet."
    ) {
        [
            $0.word("name"), $0.word("state"), $0.word("breaker"), $0.word("recent_calls"), $0.word("p95_ms"),
            $0.word("text"),
        ]
    }

    /// How integrations did in some time.
    package static let integrationFigures = Listing(
        [
            .init("integration"), .init("attempts", .right), .init("failures", .right),
            .init("p50 ms", .right), .init("p95 ms", .right), .init("p99 ms", .right),
            .init("uptime", .right),
        ],
        empty: "There are no integrations yet."
    ) { figures in
        let total = figures["total"] ?? .null
        return [
            figures.word("integration"), total.word("attempts"), total.word("failures"), total.word("p50_ms"),
            total.word("p95_ms"), total.word("p99_ms"), total.word("uptime"),
        ]
    }
}
