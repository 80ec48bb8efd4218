import Domain
import Gateway
import HTTPAPI
import Providers
import Signatures
import Testing
import UsherTesting

/// What providers with manners of their own see, through the whole gateway without sockets.
struct ProviderConversationTests {
    private let token = Secret("0123456789abcdef0123456789abcdef")
    private let path = "/api/integrations/webhooks/"

    private func add(_ provider: ProviderName, secret: String? = nil, to bench: GatewayBench) async throws {
        let body: JSONValue = [
            "name": .string(provider.rawValue), "provider": .string(provider.rawValue),
            "secrets": [.string(secret ?? String(decoding: token.bytes, as: UTF8.self))],
        ]
        let answer = try await bench.send(.post, "/api/sources", body, key: bench.admin)
        try #require(answer.status == 201, "\(answer.json)")
    }

    /// Sends a request whose URL is the configured one.
    private func send(_ request: WebhookRequest, _ bench: GatewayBench) async throws -> APIResponse {
        let target = String(request.url.dropFirst("https://hooks.example.com".count))
        let method = try #require(RequestMethod(rawValue: request.method))
        return try await bench.send(method, target, request.headers, request.body)
    }

    private func webhook(
        _ type: String,
        of provider: ProviderName,
        _ bench: GatewayBench
    ) throws -> WebhookRequest {
        let now = bench.clock.now
        let event = SampleEvents.make(type, of: provider, now: now, random: RandomSource { 42 })
        let request = WebhookDialect(try WebhookSettings([:], for: provider)).request(
            sending: try #require(event),
            to: "https://hooks.example.com" + path + provider.rawValue,
            keys: SigningKeys([token]),
            now: now
        )
        return try #require(request)
    }

    @Test(arguments: [
        (ProviderName.square, "payment.updated", 200), (.twilio, "message.delivered", 200),
        (.zoom, "meeting.started", 204), (.cloudinary, "upload", 200),
    ])
    func `a provider's webhook is stored once and answered in its way`(
        provider: ProviderName,
        type: String,
        status: Int
    ) async throws {
        try await withGateway { bench in
            try await add(provider, to: bench)
            let request = try webhook(type, of: provider, bench)
            let first = try await send(request, bench)
            #expect(first.status == status && first.headers.first("usher-duplicate") == nil)
            bench.clock.advance(by: .seconds(120))
            let again = try await send(request, bench)
            #expect(again.status == status && again.headers.first("usher-duplicate") == "true")
            #expect(try await bench.eventCount() == 1)
            let event = try #require(first.headers.first("usher-event"))
            let shown = try await bench.send(.get, "/api/events/\(event)", key: bench.admin)
            #expect(shown.json["type"]?.string == type)
        }
    }

    @Test func `Twilio may ask with GET, and is answered in TwiML`() async throws {
        try await withGateway { bench in
            try await add(.twilio, to: bench)
            let posted = try webhook("message.delivered", of: .twilio, bench)
            let url = posted.url + "&" + String(decoding: posted.body, as: UTF8.self)
            let headers = TwilioSignature.sign(url: url, form: FormFields([]), secret: token)
            let request = WebhookRequest(method: "GET", url: url, headers: Headers(headers), body: [])
            let answer = try await send(request, bench)
            #expect(answer.status == 200)
            #expect(answer.headers.first("content-type") == "text/xml")
            #expect(String(decoding: answer.body, as: UTF8.self).hasSuffix("<Response/>"))
            let again = try await send(posted, bench)
            #expect(again.headers.first("usher-duplicate") == "true")
            let put = try await bench.send(.put, path + "twilio", posted.headers, posted.body)
            #expect(put.status == 405 && put.headers.first("allow") == "POST, GET")
        }
    }

    @Test func `each mail of SendGrid's array is an event, and a repeated array adds only what is new`()
        async throws
    {
        try await withGateway { bench in
            let pem = Secret(SendGridSignature.newPrivateKey(random: RandomSource { 0x1234_5678 }))
            let publicKey: String = try #require(SendGridSignature.publicKey(of: pem))
            try await add(.sendgrid, secret: publicKey, to: bench)
            let send = { (text: String) in
                let body = Array(text.utf8)
                let signed = SendGridSignature.sign(body, privateKey: pem, now: bench.clock.now)
                return try await bench.send(.post, path + "sendgrid", Headers(try #require(signed)), body)
            }
            let elements = (1...3).map {
                #"{"event":"delivered","sg_event_id":"e\#($0)","sg_message_id":"m.1"}"#
            }
            let two = try await send("[\(elements[0]),\r\n\(elements[1])]\r\n")
            #expect(two.status == 204 && two.headers.first("usher-events") == "2")
            let three = try await send("[\(elements.joined(separator: ",\r\n"))]\r\n")
            #expect(three.status == 204 && three.headers.first("usher-duplicate") == nil)
            #expect(try await bench.eventCount() == 3)
            let repeated = try await send("[\(elements[2])]")
            #expect(repeated.headers.first("usher-duplicate") == "true")
            #expect(try await send("[]\r\n").status == 204)
            #expect(try await send("{}").status == 400)
            #expect(try await bench.eventCount() == 3)
        }
    }

    @Test func `Zoom's question is answered only when it is signed, and stored never`() async throws {
        try await withGateway { bench in
            try await add(.zoom, to: bench)
            let body = Array(
                #"{"payload":{"plainToken":"abc"},"event_ts":1,"event":"endpoint.url_validation"}"#.utf8
            )
            let unsigned = WebhookRequest(
                url: "https://hooks.example.com" + path + "zoom",
                headers: Headers([("content-type", "application/json")]),
                body: body
            )
            let refused = try await send(unsigned, bench)
            #expect(refused.status == 401)
            #expect(!String(decoding: refused.body, as: UTF8.self).contains("encryptedToken"))
            let headers = ZoomSignature.sign(unsigned, secret: token, now: bench.clock.now)
            let answer = try await send(unsigned.adding(headers), bench)
            #expect(answer.status == 200 && answer.headers.first("usher-handshake") == "zoom.url_validation")
            let expected = ZoomSignature.encryptedToken(Array("abc".utf8), secret: token)
            #expect(answer.json == ["plainToken": "abc", "encryptedToken": .string(expected)])
            #expect(try await bench.eventCount() == 0)
        }
    }

    @Test func `a source of SendGrid cannot be made with anything but a public key`() async throws {
        try await withGateway { bench in
            let body: JSONValue = ["name": "mails", "provider": "sendgrid", "secrets": ["0123456789abcdef"]]
            let answer = try await bench.send(.post, "/api/sources", body, key: bench.admin)
            #expect(answer.status == 400 || answer.status == 422)
            #expect(String(decoding: answer.body, as: UTF8.self).contains("not a public key"))
        }
    }
}
