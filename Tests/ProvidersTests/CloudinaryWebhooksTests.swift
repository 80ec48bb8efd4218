import Domain
import Providers
import Signatures
import Testing

@Suite struct CloudinaryWebhooksTests {
    private let dialect = WebhookDialect(.cloudinary(CloudinarySettings()))

    private func describe(_ body: String) throws(DescriptionError) -> EventDescription {
        try dialect.read(WebhookRequest(url: "", headers: Headers(), body: Array(body.utf8))).events[0]
    }

    @Test(arguments: [
        (
            #"{"notification_type":"upload","asset_id":"a","public_id":"w/1","version":17,"request_id":"r"}"#,
            "upload a 17 r"
        ),
        (#"{"notification_type":"upload","public_id":"w/1","version":17}"#, "upload w/1 17"),
        (#"{"notification_type":"delete","public_id":"w/1","request_id":"r"}"#, "delete w/1 r"),
    ])
    func `names a notification by type, asset, version and request`(body: String, id: String) throws {
        let found = try describe(body)
        #expect(String(decoding: found.providerEventID, as: UTF8.self) == id)
        #expect(found.orderingKey == Array("w/1".utf8))
    }

    @Test(arguments: [
        #"{"notification_type":"eager","batch_id":"b1"}"#, #"{"notification_type":"upload","asset_id":"a"}"#,
        #"{"notification_type":"x","request_id":"r","version":1}"#,
    ])
    func `names a notification by its bytes where the parts are not there`(body: String) throws {
        #expect(try describe(body).providerEventID == sha256([Array(body.utf8)]))
    }

    @Test(arguments: [
        (#"{"notification_type":"rename","from_public_id":"w/1","to_public_id":"w/2"}"#, "w/1"),
        (#"{"notification_type":"delete","resources":[{"public_id":"w/1"},{"public_id":"w/2"}]}"#, "w/1"),
    ])
    func `keeps the story of one photograph in order`(body: String, key: String) throws {
        #expect(try describe(body).orderingKey == Array(key.utf8))
    }

    @Test func `reads the time`() throws {
        let found = try describe(#"{"notification_type":"upload","timestamp":"2026-06-02T10:00:00+00:00"}"#)
        #expect(found.occurredAt == Instant("2026-06-02T10:00:00Z"))
        #expect(found.orderingKey == nil)
    }

    @Test(arguments: [
        ("upload", Priority.normal), ("moderation", .normal), ("eager", .low),
        ("resource_tags_changed", .low),
    ])
    func `knows what can wait`(type: String, priority: Priority) throws {
        #expect(try describe(#"{"notification_type":"\#(type)"}"#).priority == priority)
    }

    @Test func `says what is missing`() {
        #expect(throws: DescriptionError.missing("`notification_type`")) { try describe("{}") }
    }
}
