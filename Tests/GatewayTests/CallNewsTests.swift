import Calls
import Domain
import Gateway
import Providers
import Testing

/// What webhooks say of calls.
@Suite struct CallNewsTests {
    private static let call = "call_01j9zzzzzzfzzvzzzzzzzzzzzz"

    private func stripe(_ metadata: String) -> [UInt8] {
        let intent =
            #""object":"payment_intent","id":"pi_1","status":"succeeded","amount":500,"currency":"eur""#
        return Array(#"{"data":{"object":{\#(intent),"metadata":{\#(metadata)}}}}"#.utf8)
    }

    @Test func `news says to which source it came, and which attempt it names`() throws {
        let source = try #require(ResourceName("stripe-eu"))
        let marks = #""usher_call":"\#(Self.call)","usher_attempt":"0123456789abcdefghijklmnopqrstuv""#
        let type = "payment_intent.succeeded"
        let news = try #require(CallNews(.stripe, source: source, type: type, body: stripe(marks)))
        #expect(news.call.description == Self.call && news.provider == .stripe && news.reference == "pi_1")
        #expect(news.source == source && news.attempt == "0123456789abcdefghijklmnopqrstuv")
        let older = stripe(#""usher_call":"\#(Self.call)""#)
        let unnamed = try #require(CallNews(.stripe, source: nil, type: type, body: older))
        #expect(unnamed.source == nil && unnamed.attempt == nil)
        let stranger = CallNews(.stripe, source: source, type: type, body: stripe(""))
        #expect(stranger.map(\.call) == nil)
    }
}
