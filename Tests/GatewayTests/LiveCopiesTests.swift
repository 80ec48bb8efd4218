import Domain
import Gateway
import Signatures
import Testing

@Suite struct LiveCopiesTests {
    private func copy(_ id: String, body: String = #"{"b":1}"#) throws -> EventCopy {
        let event: JSONValue = [
            "id": .string(id), "type": "charge.refunded", "source": "stripe",
            "content_type": "application/json",
            "received_at": "2027-06-19T12:00:00Z", "payload_base64": .string(Base64.encode(Array(body.utf8))),
        ]
        return try #require(EventCopy(event))
    }

    private func press(_ copies: inout LiveCopies, _ key: Unicode.Scalar) -> [LiveCopies.Action] {
        copies.pressed(UInt8(key.value))
    }

    @Test func `a copy is sent as it comes, and again when asked for`() throws {
        var copies = LiveCopies(forwards: true)
        let (first, second) = (try copy("evt_1"), try copy("evt_2"))
        #expect(copies.arrived(first) == [.forward(first)])
        #expect(copies.arrived(second) == [.forward(second)])
        #expect(press(&copies, "r") == [.forward(second)])
        #expect(press(&copies, "p") == [.write(["selected  " + first.line])])
        #expect(press(&copies, "p") == [])
        #expect(press(&copies, "r") == [.forward(first)])
        #expect(press(&copies, "d") == [.write([first.line, "{\n  \"b\": 1\n}"])])
        #expect(press(&copies, "q") == [.quit] && press(&copies, "\u{3}") == [.quit])
        #expect(press(&copies, "x") == [])
    }

    @Test func `says so when there is nothing to send, or nowhere to`() throws {
        var copies = LiveCopies(forwards: false)
        #expect(press(&copies, "d") == [.write(["Nothing has come yet."])])
        let copy = try copy("evt_1")
        #expect(copies.arrived(copy) == [.write([copy.line])])
        #expect(press(&copies, "r") == [.write(["Nothing is forwarded; start with --forward URL."])])
    }

    @Test func `remembers 200 copies and no more`() throws {
        var copies = LiveCopies(forwards: true)
        for number in 0...LiveCopies.rememberedMax { _ = copies.arrived(try copy("evt_\(number)")) }
        for _ in 0..<(LiveCopies.rememberedMax - 1) { #expect(press(&copies, "p") != []) }
        #expect(press(&copies, "p") == [])
        #expect(press(&copies, "r") == [.forward(try copy("evt_1"))])
    }

    @Test func `the request carries the very bytes, is signed, and says that it is a copy`() throws {
        let body = "{ \"b\" : 1 }\r\n"
        let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let now = Instant(seconds: 1_800_000_000)
        let message = try copy("evt_1", body: body).message(
            to: "http://127.0.0.1:3000/",
            secret: secret,
            now: now
        )
        #expect(message.body == Array(body.utf8))
        let headers = Headers(message.headers.map { ($0.name, $0.value) })
        #expect(headers.first("usher-copy") == "true" && headers.first("usher-source") == "stripe")
        let request = WebhookRequest(url: message.url, headers: headers, body: message.body)
        let tolerance = TimestampTolerance(past: .seconds(5), future: .seconds(5))
        let index = try StandardWebhooksSignature.verify(
            request,
            secrets: [secret],
            now: now,
            tolerance: tolerance
        )
        #expect(index == 0)
    }

    @Test func `an event without its payload is not copied`() {
        #expect(EventCopy(["id": "evt_1", "payload": .null]) == nil)
    }
}
