import Domain
import Providers
import Signatures
import Testing

@Suite struct TwilioWebhooksTests {
    private let dialect = WebhookDialect(.twilio(NoSettings()))
    private static let message = "SM0123456789abcdef0123456789abcdef"

    private func describe(
        _ body: String,
        method: String = "POST",
        query: String = "",
        type: String = "application/x-www-form-urlencoded"
    ) throws(DescriptionError) -> EventDescription {
        try dialect.read(
            WebhookRequest(
                method: method,
                url: "https://x.example/hook" + (query.isEmpty ? "" : "?" + query),
                headers: Headers([("content-type", type)]),
                body: Array(body.utf8)
            )
        )
        .events[0]
    }

    @Test func `names a callback by message and status`() throws {
        let found = try describe("MessageSid=\(Self.message)&MessageStatus=delivered&SmsStatus=delivered")
        #expect(found.providerEventID == Array("\(Self.message) delivered".utf8))
        #expect(found.type == "message.delivered")
        #expect(found.orderingKey == Array(Self.message.utf8))
        #expect(found.occurredAt == nil)
        #expect(found.part == nil)
    }

    @Test func `names a message that came in by its id`() throws {
        let found = try describe("MessageSid=\(Self.message)&Body=&NumMedia=0&SmsStatus=received")
        #expect(found.providerEventID == Array("\(Self.message) received".utf8))
        #expect(found.type == "message.received")
        #expect(found.priority == .high)
    }

    @Test func `delivers the query with the form`() throws {
        let form = "MessageSid=\(Self.message)&MessageStatus=sent"
        let posted = try describe(form, query: "wedding=amara-jonas")
        #expect(posted.part?.body == Array("wedding=amara-jonas&\(form)".utf8))
        let got = try describe("", method: "GET", query: "wedding=amara-jonas&" + form)
        #expect(got.providerEventID == posted.providerEventID)
        #expect(got.part == posted.part)
        #expect(try describe(form, query: "flag").part == nil)
    }

    @Test func `takes the message from the form and not from the query of a POST`() throws {
        let other = "SMffffffffffffffffffffffffffffffff"
        let found = try describe(
            "MessageSid=\(Self.message)&MessageStatus=sent",
            query: "MessageSid=\(other)&MessageStatus=failed"
        )
        #expect(found.type == "message.sent")
        #expect(found.orderingKey == Array(Self.message.utf8))
    }

    @Test func `reads JSON by its hash`() throws {
        let body = #"{"type":"com.twilio.x","id":"e"}"#
        let found = try describe(body, type: "application/json")
        #expect(found.providerEventID == sha256([Array(body.utf8)]))
        #expect(found.type == "com.twilio.x")
        #expect(try describe("[1]", type: "application/json").type == "webhook")
        #expect(throws: DescriptionError.self) { try describe("{", type: "application/json") }
        #expect(throws: DescriptionError.invalid("`type`")) {
            try describe(#"{"type":"a b"}"#, type: "application/json")
        }
    }

    @Test(arguments: [
        ("failed", Priority.high), ("undelivered", .high), ("delivered", .normal), ("canceled", .normal),
        ("queued", .low), ("sending", .low), ("sent", .low), ("read", .low),
    ])
    func `knows what is urgent`(status: String, priority: Priority) throws {
        #expect(try describe("MessageSid=\(Self.message)&MessageStatus=\(status)").priority == priority)
    }

    @Test(arguments: [
        ("", DescriptionError.missing("`MessageSid`")),
        ("MessageStatus=sent", .missing("`MessageSid`")),
        ("MessageSid=\(message)", .missing("`MessageStatus` or `Body`")),
        ("MessageSid=\(message)NumMedia0&Body=x", .invalid("`MessageSid`")),
        ("MessageSid=\(message)&MessageSid=\(message)&Body=x", .invalid("`MessageSid`")),
        ("MessageSid=SM1&Body=x", .invalid("`MessageSid`")),
        ("MessageSid=\(message)&MessageStatus=", .invalid("`MessageStatus`")),
        ("MessageSid=\(message)&MessageStatus=Sent", .invalid("`MessageStatus`")),
        ("MessageSid=\(message)&MessageStatus=sent&MessageStatus=failed", .invalid("`MessageStatus`")),
        ("MessageSid=\(message)&Body", .invalid("the form")),
    ])
    func `says what is wrong`(form: String, error: DescriptionError) {
        #expect(throws: error) { try describe(form) }
    }

    @Test func `answers with empty TwiML, and takes GET too`() throws {
        let answer = dialect.manners.acknowledgement
        #expect(answer.contentType == "text/xml")
        #expect(answer.body == Array(#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#.utf8))
        #expect(dialect.manners.methods == ["POST", "GET"])
    }
}
