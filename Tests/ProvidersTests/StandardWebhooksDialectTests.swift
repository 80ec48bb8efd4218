import Domain
import Providers
import Signatures
import Testing

@Suite struct StandardWebhooksDialectTests {
    private func describe(
        _ body: String,
        id: String = "msg_1",
        contentType: String? = nil,
        settings: JSONValue = [:]
    ) throws -> EventDescription {
        let dialect = WebhookDialect(try WebhookSettings(settings, for: .standardWebhooks))
        var headers = Headers([("webhook-id", id)])
        if let contentType { headers.append("Content-Type", contentType) }
        return try dialect.read(WebhookRequest(url: "", headers: headers, body: Array(body.utf8))).events[0]
    }

    @Test func `takes the id from the header and the rest from the body`() throws {
        let event = try describe(
            #"{"id":"other","type":"order.paid","timestamp":"2026-06-20T18:00:00+02:00","data":{"id":7}}"#,
            settings: ["ordering_pointer": "/data/id", "priority": "high"]
        )
        #expect(event.providerEventID == Array("msg_1".utf8))
        #expect(event.type == "order.paid")
        #expect(event.occurredAt?.description == "2026-06-20T16:00:00Z")
        #expect(event.orderingKey == Array("7".utf8))
        #expect(event.priority == .high)
    }

    @Test(arguments: ["{}", "[]", "1", #"{"data":{"type":"x"}}"#])
    func `calls an event without a type a message`(body: String) throws {
        let event = try describe(body)
        #expect(event.type == "message")
        #expect(event.occurredAt == nil)
        #expect(event.orderingKey == nil)
    }

    @Test(arguments: [
        "text/plain", "application/x-www-form-urlencoded", "application/octet-stream; x=/json", "json",
    ])
    func `leaves a body alone that says it is not JSON`(contentType: String) throws {
        #expect(try describe("a=b", contentType: contentType).type == "message")
    }

    @Test(arguments: [
        "application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json", "text/json ;x",
    ])
    func `demands JSON of a body that says it is`(contentType: String) throws {
        #expect(throws: DescriptionError.invalidJSON(.malformed(offset: 0))) {
            try describe("a=b", contentType: contentType)
        }
        #expect(try describe(#"{"type":"a"}"#, contentType: contentType).type == "a")
    }

    @Test(arguments: [#"{"type":1}"#, #"{"type":""}"#, #"{"type":"a b"}"#, #"{"type":null}"#])
    func `refuses a type that is none`(body: String) {
        #expect(throws: DescriptionError.invalid("`type`")) { try describe(body) }
    }

    @Test func `answers with nothing`() {
        let dialect = WebhookDialect(.standardWebhooks(StandardWebhooksSettings()))
        #expect(dialect.manners.acknowledgement == .noContent)
    }
}
