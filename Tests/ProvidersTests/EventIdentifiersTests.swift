import Domain
import Providers
import Testing

struct EventIdentifiersTests {
    private func normalized(_ text: String) -> String? {
        EventIdentifiers.normalized(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        (" Anna@Example.COM\n", "anna@example.com"), ("+1 (415) 555-0100", "+14155550100"),
        ("001 415 555 0100", "+14155550100"), ("415.555.0100", "4155550100"), ("555-010", "555-010"),
        ("1234567", "1234567"), ("123 456 789 012 345", "123456789012345"),
        ("1234567890123456", "1234567890123456"), ("12-34567890123456", "12-34567890123456"),
        ("cus_9s6XKzkNRiz8i3", "cus_9s6XKzkNRiz8i3"), ("CUS_1", "CUS_1"),
        ("+1 415 ext. 7 abc", "+1 415 ext. 7 abc"),
    ])
    func `people's spellings of one identifier become one`(_ written: String, _ compared: String) {
        #expect(normalized(written) == compared)
    }

    @Test func `an identifier has 1 to 255 bytes`() {
        #expect(normalized("") == nil && normalized(" \t") == nil)
        #expect(normalized(String(repeating: "a", count: 255)) != nil)
        #expect(normalized(String(repeating: "a", count: 256)) == nil)
    }

    @Test func `Stripe's identifiers are read, each once`() {
        let body = """
            {"id":"evt_1","data":{"object":{"id":"ch_1","customer":"cus_1","receipt_email":"Anna@example.com",
            "billing_details":{"email":"anna@Example.com","phone":null},"customer_details":{"email":"b@example.com"}}}}
            """
        let found = EventIdentifiers.read(Array(body.utf8), of: .stripe)
        #expect(
            found.map { String(decoding: $0, as: UTF8.self) }
                == ["ch_1", "cus_1", "anna@example.com", "b@example.com"]
        )
    }

    @Test func `a body of another provider, or no JSON, has none`() {
        let body = Array(#"{"data":{"object":{"id":"ch_1"}}}"#.utf8)
        #expect(EventIdentifiers.read(body, of: .generic).isEmpty)
        #expect(EventIdentifiers.read(Array("data=1".utf8), of: .stripe).isEmpty)
    }

    @Test(arguments: [
        (
            ProviderName.square,
            #"{"data":{"object":{"payment":{"id":"p1","buyer_email_address":"A@B.example"}}}}"#, 2
        ),
        (.paypal, #"{"resource":{"id":"r1","payer":{"email_address":"a@b.example"}}}"#, 2),
        (.sendgrid, #"{"email":"a@b.example","sg_message_id":"m1.f"}"#, 2),
        (.zoom, #"{"payload":{"object":{"id":85746065,"participant":{"email":"a@b.example"}}}}"#, 2),
        (.microsoftGraph, #"{"subscriptionId":"s1","resourceData":{"id":"e1"}}"#, 2),
        (.cloudinary, #"{"public_id":"amara/cake"}"#, 1),
        (.twilio, "From=%2B14155550100&To=%2B14155550101&MessageSid=SM1&Body=hi", 3),
        (.googleCalendar, "{}", 0),
    ])
    func `knows where each provider writes them`(provider: ProviderName, body: String, count: Int) {
        let found = EventIdentifiers.read(Array(body.utf8), of: provider)
        #expect(found.count == count)
        if provider == .twilio { #expect(found.first == Array("+14155550100".utf8)) }
        if provider == .square { #expect(found.contains(Array("a@b.example".utf8))) }
    }
}
