package import Domain

/// Square's past events: `POST /v2/events`, oldest first, the last 28 days; an application has to enable them once
/// (`PUT /v2/events/enable`).
package struct SquareEvents: EventListing {
    /// Makes the listing.
    package init() {}

    /// How long the list remembers.
    package var reach: Duration { .seconds(28 * 86_400) }

    /// The oldest event comes first, as the request asks.
    package var isNewestFirst: Bool { false }

    /// Asks for a page of a hundred.
    package func request(
        _ account: IntegrationAccount,
        from: Instant,
        to: Instant,
        page: String?
    ) -> ProviderRequest {
        let time: JSONValue = ["start_at": .string(from.description), "end_at": .string(to.description)]
        var members = [
            JSONMember("limit", .integer(EventPage.eventsMax)),
            JSONMember(
                "query",
                [
                    "filter": ["created_at": time],
                    "sort": ["field": "DEFAULT", "order": "ASC"],
                ]
            ),
        ]
        if let page { members.append(JSONMember("cursor", .string(page))) }
        var request = SquareCalls().post("/v2/events", .object(members), account)
        request.effect = .none
        return request
    }

    package func read(_ answer: ProviderAnswer) -> EventPageVerdict {
        .read(answer, .square, list: "events", id: "event_id") { $0["cursor"]?.string }
    }
}
