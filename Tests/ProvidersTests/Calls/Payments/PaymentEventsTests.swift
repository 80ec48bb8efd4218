import Domain
import Providers
import Signatures
import Testing

@Suite struct PaymentEventsTests {
    private let from = PaymentScene.now - .seconds(3_600)

    private func wire(_ scene: PaymentScene, page: String? = nil) throws -> [String] {
        let listing = try #require(EventListingCatalogue.listing(of: scene.account.provider))
        let request = listing.request(scene.account, from: from, to: PaymentScene.now, page: page)
        #expect(request.effect == .none)
        return PaymentScene.wire(request)
    }

    private func page(_ provider: APIProvider, _ body: String) throws -> EventPage {
        let listing = try #require(EventListingCatalogue.listing(of: provider))
        guard case .page(let page) = listing.read(PaymentScene.answer(200, body)) else {
            throw ProviderError.invalidSetting("page", expected: "a page")
        }
        return page
    }

    @Test func `asks for pages as each processor wants`() throws {
        let times = "created%5Bgte%5D=1812790800&created%5Blte%5D=1812794400&limit=100"
        #expect(try wire(.stripe)[0] == "GET https://api.stripe.com/v1/events?\(times)")
        #expect(
            try wire(.stripe, page: "evt_1&x=1")[0]
                == "GET https://api.stripe.com/v1/events?\(times)&starting_after=evt_1%26x%3D1"
        )
        let square = try wire(.square, page: "c100")
        #expect(square[0] == "POST https://connect.squareup.com/v2/events")
        #expect(
            square.last
                == #"{"limit":100,"query":{"filter":{"created_at":{"start_at":"2027-06-12T09:00:00Z","#
                + #""end_at":"2027-06-12T10:00:00Z"}},"sort":{"field":"DEFAULT","order":"ASC"}},"cursor":"c100"}"#
        )
        let path = "GET https://api-m.paypal.com/v1/notifications/webhooks-events?"
        #expect(
            try wire(.paypal)[0] == path
                + "start_time=2027-06-12T09%3A00%3A00Z&end_time=2027-06-12T10%3A00%3A00Z&page_size=100"
        )
        #expect(try wire(.paypal, page: "next_page_token=t")[0] == path + "next_page_token=t")
    }

    @Test func `events have the ids and bodies that webhooks have`() throws {
        let cases: [(APIProvider, WebhookDialect, String, String)] = [
            (
                .stripe, WebhookDialect(.stripe(StripeSettings())), "evt_1",
                #"{"data":[{"id":"evt_1","type":"charge.succeeded","data":{"object":{"id":"ch_1"}}}],"has_more":false}"#
            ),
            (
                .square, WebhookDialect(.square(NoSettings())), "e-1",
                #"{"events":[{"type":"payment.updated","event_id":"e-1","data":{"id":"p1"}}]}"#
            ),
            (
                .paypal, WebhookDialect(.paypal(PayPalSettings(webhookID: "W"))), "WH-1",
                #"{"events":[{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"C1"}}],"links":[]}"#
            ),
        ]
        for (provider, dialect, id, body) in cases {
            let found = try page(provider, body)
            #expect(found.events.map(\.id) == [id] && found.next == nil)
            let request = WebhookRequest(url: "", headers: Headers(), body: found.events[0].body)
            #expect(try dialect.read(request).events.map(\.providerEventID) == [Array(id.utf8)])
        }
        let pretty = try page(.stripe, cases[0].3).events[0].body
        #expect(String(decoding: pretty, as: UTF8.self).hasPrefix("{\n  \"id\": \"evt_1\",\n"))
    }

    @Test func `goes on until the last page`() throws {
        let stripe = #"{"data":[{"id":"evt_2"},{"id":"evt_1"}],"has_more":true}"#
        #expect(try page(.stripe, stripe).next == "evt_1")
        #expect(try page(.square, #"{"events":[],"cursor":"c1"}"#).next == "c1")
        #expect(try page(.square, "{}") == page(.stripe, #"{"data":[],"has_more":true}"#))
        let paypal = { (href: String) in
            try page(
                .paypal,
                #"{"events":[],"links":[{"rel":"self","href":"x?a"},{"rel":"next","href":"\#(href)"}]}"#
            ).next
        }
        #expect(try paypal("https://api.paypal.com/v1/notifications/webhooks-events?p=2&s=10") == "p=2&s=10")
        #expect(try paypal("https://api.paypal.com/") == nil)
        #expect(try paypal("https://evil.example/?p=2#f") == nil)
        #expect(try paypal("https://evil.example/?p=2 x") == nil)
        #expect(try paypal("https://a/?" + String(repeating: "p", count: 2_049)) == nil)
    }

    @Test(arguments: [APIProvider.stripe, .square, .paypal])
    func `says why there is no page`(provider: APIProvider) throws {
        let listing = try #require(EventListingCatalogue.listing(of: provider))
        let cases: [(Int, String, ProviderFailure.Kind)] = [
            (429, "", .limited), (401, "{}", .unauthorized), (403, "{}", .unauthorized),
            (400, "{}", .rejected),
            (500, "{}", .unavailable), (200, "<html>", .unavailable), (200, "[]", .unavailable),
        ]
        for (status, body, kind) in cases {
            guard case .failed(let failure) = listing.read(PaymentScene.answer(status, body)) else {
                Issue.record("\(status) is a page")
                continue
            }
            #expect(failure.kind == kind)
        }
        #expect(EventListingCatalogue.listing(of: .zoom) == nil)
    }
}
