import Domain
import Providers
import Signatures
import Testing

@Suite struct GenericWebhooksTests {
    private func describe(
        _ body: String,
        _ headers: [(String, String)] = [],
        settings: JSONValue
    ) throws -> EventDescription {
        let dialect = WebhookDialect(try WebhookSettings(settings, for: .generic))
        return try dialect.read(
            WebhookRequest(url: "u", headers: Headers(headers), body: Array(body.utf8))
        )
        .events[0]
    }

    @Test func `names an event by the digest of its signed bytes when nothing else is said`() throws {
        let first = try describe("not json", settings: [:])
        #expect(first.providerEventID == sha256([Array("not json".utf8)]))
        #expect(first.type == "webhook")
        #expect(first.orderingKey == nil)
        #expect(first.priority == .normal)
        #expect(first == (try describe("not json", [("X-Signature", "other")], settings: [:])))
        #expect(
            first.providerEventID == (try describe("not json", settings: ["auth": "bearer"])).providerEventID
        )
    }

    @Test func `counts the timestamp among the signed bytes`() throws {
        let settings: JSONValue = ["signed": "{timestamp}.{body}", "timestamp_header": "x-t"]
        let event = try describe("b", [("X-T", "5")], settings: settings)
        #expect(event.providerEventID == sha256([Array("5.b".utf8)]))
    }

    @Test func `reads id, type and order where the settings say`() throws {
        let body = #"{"event":{"id":12,"name":"order.paid"},"order":"o-1"}"#
        let pointed = try describe(
            body,
            settings: [
                "id_pointer": "/event/id", "type_pointer": "/event/name", "ordering_pointer": "/order",
            ]
        )
        #expect(pointed.providerEventID == Array("12".utf8))
        #expect(pointed.type == "order.paid")
        #expect(pointed.orderingKey == Array("o-1".utf8))
        let headed = try describe(
            "x",
            [("X-Id", "a"), ("X-Type", "push")],
            settings: ["id_header": "X-Id", "type_header": "X-Type"]
        )
        #expect(headed.providerEventID == [0x61])
        #expect(headed.type == "push")
    }

    @Test func `one pointer may serve several purposes`() throws {
        let settings: JSONValue = ["id_pointer": "/a", "type_pointer": "/a", "ordering_pointer": "/a"]
        let event = try describe(#"{"a":"x"}"#, settings: settings)
        #expect(event.type == "x" && event.providerEventID == [0x78] && event.orderingKey == [0x78])
    }

    @Test func `needs what the settings point at, but for the order`() throws {
        #expect(throws: DescriptionError.missing("`/id`")) {
            try describe("{}", settings: ["id_pointer": "/id"])
        }
        #expect(throws: DescriptionError.missing("the header x-id")) {
            try describe("{}", settings: ["id_header": "X-Id"])
        }
        #expect(throws: DescriptionError.invalid("the header x-id")) {
            try describe("{}", [("X-Id", "1"), ("x-id", "1")], settings: ["id_header": "X-Id"])
        }
        #expect(throws: DescriptionError.invalid("`/id`")) {
            try describe(#"{"id":{}}"#, settings: ["id_pointer": "/id"])
        }
        #expect(try describe("{}", settings: ["ordering_pointer": "/o"]).orderingKey == nil)
    }

    @Test func `demands JSON exactly when a pointer is given`() throws {
        _ = try describe("<xml/>", settings: [:])
        for key in ["id_pointer", "type_pointer", "ordering_pointer"] {
            #expect(throws: DescriptionError.invalidJSON(.malformed(offset: 0))) {
                try describe("<xml/>", settings: .object([JSONMember(key, "/x")]))
            }
        }
    }
}
