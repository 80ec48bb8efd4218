import Domain
import Providers
import Signatures
import Testing

/// Google Calendar and Microsoft Graph: a token that travels along, and facts outside a signed body.
@Suite struct CalendarWebhooksTests {
    private let now = Instant(seconds: 1_800_000_000)
    private let google = WebhookDialect(.googleCalendar(GoogleCalendarSettings()))
    private let graph = WebhookDialect(.microsoftGraph(GraphSettings()))
    private let secret = Secret("0123456789abcdef-token")

    private func sent(_ dialect: WebhookDialect, _ type: String) throws -> (SampleEvent, WebhookRequest) {
        let sample = SampleEvents.make(type, of: dialect.provider, now: now, random: fixedRandom(1))
        let event = try #require(sample)
        let keys = SigningKeys([secret])
        let url = "https://x.example/hook"
        return (event, try #require(dialect.request(sending: event, to: url, keys: keys, now: now)))
    }

    private func read(
        _ dialect: WebhookDialect,
        _ request: WebhookRequest,
        _ secrets: [Secret]? = nil
    ) throws -> WebhookContent {
        let keys = VerificationKeys(secrets ?? [secret])
        return try dialect.read(request, keys: keys, secret: nil, now: now)
    }

    @Test(arguments: [
        "calendar.exists", "calendar.not_exists", "event.updated", "event.created",
        "event.deleted", "lifecycle.missed",
    ])
    func `believes and understands its samples`(type: String) throws {
        let dialect = type.hasPrefix("calendar.") ? google : graph
        let (event, request) = try sent(dialect, type)
        #expect(try dialect.verify(request, keys: VerificationKeys([secret]), now: now) == 0)
        let description = try #require(try read(dialect, request).events.first)
        #expect(description.providerEventID == Array(event.id.utf8) || event.id.utf8.count > 255)
        #expect(description.type == type)
        #expect(description.orderingKey != nil)
        let isUrgent = type == "calendar.not_exists" || type == "lifecycle.missed"
        #expect(description.priority == (isUrgent ? .high : .normal))
        let body = try #require(description.part?.body)
        #expect(try JSONParser.parse(body).object?.isEmpty == false)
        #expect(dialect.request(sending: event, to: "", keys: SigningKeys([]), now: now) == nil)
    }

    @Test func `answers the first message of a Google channel and stores nothing`() throws {
        let (_, request) = try sent(google, "calendar.sync")
        #expect(try google.verify(request, keys: VerificationKeys([secret]), now: now) == 0)
        #expect(try read(google, request) == .answer(.noContent, .googleSync))
    }

    @Test func `keeps Google's token out of the event, and its number whole`() throws {
        let headers = Headers([
            ("x-goog-channel-id", "c"), ("x-goog-channel-token", "0123456789abcdef-token"),
            ("x-goog-resource-id", "r"), ("x-goog-resource-state", "exists"),
            ("x-goog-message-number", "18446744073709551615"),
        ])
        let request = WebhookRequest(url: "", headers: headers, body: Array("ignored".utf8))
        let event = try #require(try read(google, request).events.first)
        #expect(event.providerEventID == Array("c 18446744073709551615".utf8))
        let expected: JSONValue = [
            "channel_id": "c", "message_number": "18446744073709551615", "resource_id": "r",
            "resource_state": "exists", "resource_uri": .null, "channel_expiration": .null,
        ]
        let body = try #require(event.part?.body)
        #expect(try JSONParser.parse(body) == expected)
    }

    @Test(arguments: [
        ("x-goog-message-number", "-1"), ("x-goog-message-number", "18446744073709551616"),
        ("x-goog-message-number", "1e3"), ("x-goog-resource-state", "gone"),
        ("x-goog-channel-id", String(repeating: "c", count: 65)),
    ])
    func `refuses what breaks Google's grammar`(name: String, value: String) throws {
        let (_, request) = try sent(google, "calendar.exists")
        let others = request.headers.fields.filter { $0.name != name }.map { ($0.name, $0.value) }
        let broken = WebhookRequest(url: "", headers: Headers(others + [(name, value)]), body: [])
        let error = #expect(throws: SignatureError.self) {
            try google.verify(broken, keys: VerificationKeys([secret]), now: now)
        }
        #expect(error?.code == "signature_malformed")
    }

    @Test func `believes listed channels, resources, subscriptions and tenants only`() throws {
        let (_, message) = try sent(google, "calendar.exists")
        let (_, notification) = try sent(graph, "event.updated")
        for key in ["channels", "resources"] {
            let strict = WebhookDialect(
                try WebhookSettings(.object([JSONMember(key, ["other"])]), for: .googleCalendar)
            )
            let error = #expect(throws: SignatureError.self) {
                try strict.verify(message, keys: VerificationKeys([secret]), now: now)
            }
            #expect(error?.code == "signature_not_for_source")
        }
        for key in ["subscriptions", "tenants"] {
            let strict = WebhookDialect(
                try WebhookSettings(.object([JSONMember(key, ["other"])]), for: .microsoftGraph)
            )
            let error = #expect(throws: SignatureError.self) {
                try strict.verify(notification, keys: VerificationKeys([secret]), now: now)
            }
            #expect(error?.code == "signature_not_for_source")
            #expect(try read(strict, notification).events.isEmpty)
        }
    }

    @Test(arguments: ["", "short", "0123456789abcde"])
    func `4: believes no empty or short secret`(text: String) throws {
        for dialect in [google, graph] {
            let type = try #require(SampleEvents.types(of: dialect.provider).first)
            let (_, request) = try sent(dialect, type)
            #expect(throws: SignatureError.noUsableSecret) {
                try dialect.verify(request, keys: VerificationKeys([Secret(text)]), now: now)
            }
            #expect(throws: SecretError.self) { try dialect.checkSecrets([Secret(text)]) }
            #expect(throws: SecretError.none) { try dialect.checkSecrets([]) }
            #expect(throws: SignatureError.mismatch) {
                try dialect.verify(request, keys: VerificationKeys([Secret("another-secret-0123")]), now: now)
            }
        }
    }

    private func batch(_ items: [String]) -> WebhookRequest {
        let body = #"{"value": [ "# + items.joined(separator: " , ") + " ]}"
        return WebhookRequest(url: "https://x.example", headers: Headers(), body: Array(body.utf8))
    }

    private func item(_ id: String, _ state: String, _ rest: String = #""@odata.etag": "e""#) -> String {
        ##"{"subscriptionId":"s","clientState":"\##(state)","changeType":"updated","resource":"r/\##(id)","##
            + ##""resourceData":{"@odata.type":"#Microsoft.Graph.Event","id":"\##(id)", \##(rest)}}"##
    }

    @Test func `takes the believed items of a request, each by any secret, byte for byte`() throws {
        let other = Secret("fedcba9876543210-token")
        let items = [
            item("1", "0123456789abcdef-token"), item("2", "forged-forged-forged"), "7",
            item("3", "fedcba9876543210-token"),
        ]
        let secrets = [secret, other]
        #expect(try graph.verify(batch(items), keys: VerificationKeys(secrets), now: now) == 0)
        let events = try read(graph, batch(items), secrets).events
        #expect(events.map(\.part?.body) == [Array(items[0].utf8), Array(items[3].utf8)])
        #expect(events.map(\.providerEventID) == ["s 1 updated e", "s 3 updated e"].map { Array($0.utf8) })
        #expect(try read(graph, batch([])).events.isEmpty)
        #expect(try graph.verify(batch([]), keys: VerificationKeys(secrets), now: now) == nil)
    }

    @Test func `does not take two changes without an etag for one`() throws {
        let items = [
            item("1", "0123456789abcdef-token", #""x":1"#), item("1", "0123456789abcdef-token", #""x":1"#),
        ]
        let ids = try read(graph, batch(items)).events.map(\.providerEventID)
        #expect(ids.count == 2 && ids[0] != ids[1])
    }

    @Test func `reads a thousand items of a request, and no more`() throws {
        let one = #"{"subscriptionId":"s","clientState":"0123456789abcdef-token","changeType":"created"}"#
        let most = batch(Array(repeating: one, count: 1_000))
        #expect(try graph.verify(most, keys: VerificationKeys([secret]), now: now) == 0)
        #expect(try read(graph, most).events.count == 1_000)
        let error = #expect(throws: SignatureError.self) {
            try graph.verify(
                batch(Array(repeating: one, count: 1_001)),
                keys: VerificationKeys([secret]),
                now: now
            )
        }
        #expect(error?.code == "signature_body_malformed")
    }

    @Test(arguments: [
        ("?validationToken=a&validationToken=b", 400), ("?validationToken=%zz", 400),
        ("?validationToken=%ff", 400),
        ("?validationToken=" + String(repeating: "a", count: 4_096), 200),
        ("?validationToken=" + String(repeating: "a", count: 4_097), 400),
        ("?a=1&validationToken=%3Cb%3E", 200),
    ])
    func `answers a handshake within its limits`(query: String, status: Int) throws {
        let request = WebhookRequest(url: "https://x.example/h" + query, headers: Headers(), body: [])
        let answer = try #require(graph.unsignedAnswer(request))
        #expect(answer.acknowledgement.status == status && answer.handshake == .graphValidation)
        #expect(answer.acknowledgement.contentType == (status == 200 ? "text/plain" : nil))
        for query in ["", "?", "?x=validationToken", "?ValidationToken=a"] {
            let other = WebhookRequest(url: "https://x.example/h" + query, headers: Headers(), body: [])
            #expect(graph.unsignedAnswer(other) == nil)
        }
    }

    @Test func `answers 202, to what is not believed too`() {
        #expect(graph.manners.acknowledgement.status == 202)
        #expect(graph.manners.refusal?.status == 202)
        #expect(google.manners.refusal == nil)
    }
}
