import Domain
import Providers
import Signatures
import Testing

@Suite struct ZoomWebhooksTests {
    private let dialect = WebhookDialect(.zoom(ZoomSettings()))
    private let secret = Secret("0123456789abcdefghijkl")

    private func read(_ body: String, secret: Secret? = nil) throws(DescriptionError) -> WebhookContent {
        let request = WebhookRequest(url: "", headers: Headers(), body: Array(body.utf8))
        return try dialect.read(request, secret: secret ?? self.secret)
    }

    private func describe(_ object: String, event: String = "meeting.started") throws -> EventDescription {
        let body = #"{"event":"\#(event)","event_ts":1800000000123,"payload":{"object":\#(object)}}"#
        return try read(body).events[0]
    }

    @Test(arguments: [
        (#"{"uuid":"u==","id":"81"}"#, "meeting.started 1800000000123 u==", "81"),
        (#"{"id":81}"#, "meeting.started 1800000000123 81", "81"),
        (#"{"uuid":"u=="}"#, "meeting.started 1800000000123 u==", "u=="),
        (
            #"{"uuid":"u==","id":81,"participant":{"user_id":"16","participant_uuid":"P"}}"#,
            "meeting.started 1800000000123 u== P", "81"
        ),
        (
            #"{"uuid":"u==","id":81,"participant":{"user_id":"16"}}"#, "meeting.started 1800000000123 u== 16",
            "81"
        ),
    ])
    func `names an event by type, time, meeting and participant`(
        object: String,
        id: String,
        key: String
    ) throws {
        let found = try describe(object)
        #expect(String(decoding: found.providerEventID, as: UTF8.self) == id)
        #expect(found.orderingKey == Array(key.utf8))
        #expect(found.occurredAt == Instant(microseconds: 1_800_000_000_123_000))
        #expect(found.type == "meeting.started")
    }

    @Test(arguments: [
        #"{"event":"a","payload":{"object":{"uuid":"u"}}}"#, #"{"event":"a","event_ts":1,"payload":{}}"#,
        #"{"event":"a","event_ts":"1","payload":{"object":{"id":1}}}"#,
    ])
    func `names an event by its bytes where a part is missing`(body: String) throws {
        #expect(try read(body).events[0].providerEventID == sha256([Array(body.utf8)]))
    }

    @Test func `names an event by a hash where its parts are no id`() throws {
        let found = try describe(#"{"uuid":"\#(String(repeating: "u", count: 255))"}"#)
        #expect(found.providerEventID.count == 32)
    }

    @Test(arguments: [
        ("meeting.started", Priority.high), ("meeting.deleted", .high), ("meeting.created", .normal),
        ("meeting.participant_joined", .low), ("recording.completed", .low), ("webinar.started", .normal),
    ])
    func `knows what is urgent`(event: String, priority: Priority) throws {
        #expect(try describe("{}", event: event).priority == priority)
    }

    private func validation(_ token: String) -> String {
        #"{"payload":{"plainToken":\#(token)},"event_ts":1,"event":"endpoint.url_validation"}"#
    }

    @Test func `answers the validation with the secret that matched`() throws {
        guard case .answer(let answer, let handshake) = try read(validation("\"qgg8vlvZRS6UYooatFL8Aw\""))
        else {
            Issue.record("not an answer")
            return
        }
        #expect(handshake == .zoomURLValidation)
        #expect(answer.status == 200)
        #expect(
            try JSONParser.parse(answer.body) == [
                "plainToken": "qgg8vlvZRS6UYooatFL8Aw",
                "encryptedToken": "2c057c2992fd928767b8043d8585099948bc7f99de0e9af00cf9713160f4f5eb",
            ]
        )
        #expect(try read(validation("\"\(String(repeating: "t", count: 256))\"")).events.isEmpty)
    }

    @Test(arguments: [
        "\"\"", "7", "null", "\"v0:1800000000:{}\"", "\"\(String(repeating: "t", count: 257))\"",
    ])
    func `answers no token that could become a signature or is too long`(token: String) {
        #expect(throws: DescriptionError.invalid("`payload.plainToken`")) { try read(validation(token)) }
    }

    @Test func `answers no validation without a secret or a token`() {
        let request = WebhookRequest(url: "", headers: Headers(), body: Array(validation("\"t\"").utf8))
        #expect(throws: DescriptionError.self) { try dialect.read(request, secret: nil) }
        #expect(throws: DescriptionError.missing("`payload.plainToken`")) {
            try read(#"{"event":"endpoint.url_validation"}"#)
        }
    }

    @Test func `asks Zoom to send again with a status that Zoom does send again for`() {
        #expect(dialect.manners.overloadStatus == 503)
        #expect(dialect.manners.acknowledgement == .noContent)
    }
}
