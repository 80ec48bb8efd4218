package import Domain

/// PayPal's past events: `GET /v1/notifications/webhooks-events`, newest first, the last 30 days.
///
/// The next page is a whole URL in the answer. Only its query is used, and sent to the integration's own address: an
/// answer must not choose where the access token goes.
package struct PayPalEvents: EventListing {
    /// Where the events are.
    static let path = "/v1/notifications/webhooks-events"

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
        let query = WireText.form([
            ("start_time", from.description), ("end_time", to.description),
            ("page_size", "\(EventPage.eventsMax)"),
        ])
        return PayPalCalls().get("\(Self.path)?\(page ?? query)", account)
    }

    package func read(_ answer: ProviderAnswer) -> EventPageVerdict {
        .read(answer, .paypal, list: "events", id: "id") { json in
            let link = json["links"]?.array?.first { $0["rel"]?.string == "next" }?["href"]?.string
            guard let link, let mark = link.utf8.firstIndex(of: UInt8(ascii: "?")) else { return nil }
            let query = link[link.utf8.index(after: mark)...]
            let isQuery = query.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
            return isQuery ? String(query) : nil
        }
    }
}
