package import Domain

/// Stripe's past events: `GET /v1/events`, newest first, the last 30 days.
package struct StripeEvents: EventListing {
    /// Makes the listing.
    package init() {}

    /// How long the list remembers.
    package var reach: Duration { .seconds(30 * 86_400) }

    /// Asks for a page of a hundred.
    package func request(
        _ account: IntegrationAccount,
        from: Instant,
        to: Instant,
        page: String?
    ) -> ProviderRequest {
        var query = [
            ("created[gte]", "\(from.seconds)"), ("created[lte]", "\(to.seconds)"),
            ("limit", "\(EventPage.eventsMax)"),
        ]
        if let page { query.append(("starting_after", page)) }
        return StripeCalls().get("/v1/events?\(WireText.form(query))", account)
    }

    package func read(_ answer: ProviderAnswer) -> EventPageVerdict {
        .read(answer, .stripe, list: "data", id: "id", pretty: true) { json in
            json["has_more"]?.bool == true ? json["data"]?.array?.last?["id"]?.string : nil
        }
    }
}
