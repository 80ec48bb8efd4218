import Crypto
import Domain
import Signatures
import Testing

/// The example of RFC 8291 section 5 and appendix A, and what must be refused.
struct WebPushTests {
    private let senderKey = Self.bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    private let salt = Self.bytes("DGv6ra1nlYgDCS1FRnbzlw")
    private let browserKey = Self.bytes(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    private let secret = Self.bytes("BTBZMqHH6r4Tts7J_aSIgg")

    private func subscription() throws -> PushSubscription {
        try #require(
            PushSubscription(
                endpoint: "https://push.example.net/push/JzLQ3raZ",
                key: browserKey,
                secret: secret
            )
        )
    }

    @Test func `seals the example of RFC 8291 byte for byte`() throws {
        let sealed = WebPush.seal(
            Array("When I grow up, I want to be a watermelon".utf8),
            for: try subscription(),
            senderKey: senderKey,
            salt: salt
        )
        let expected =
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6P"
            + "Bru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        #expect(sealed == Self.bytes(expected))
    }

    @Test func `takes a text at the limit and none above it`() throws {
        let subscription = try subscription()
        func sealed(_ count: Int) -> [UInt8]? {
            WebPush.seal(
                [UInt8](repeating: 97, count: count),
                for: subscription,
                senderKey: senderKey,
                salt: salt
            )
        }
        #expect(sealed(WebPush.plaintextBytesMax)?.count == 4_096)
        #expect(sealed(WebPush.plaintextBytesMax + 1) == nil)
    }

    @Test func `refuses a salt and a key that are none`() throws {
        let subscription = try subscription()
        #expect(WebPush.seal([1], for: subscription, senderKey: senderKey, salt: [1]) == nil)
        #expect(WebPush.seal([1], for: subscription, senderKey: [], salt: salt) == nil)
        #expect(!WebPush.isPrivateKey([UInt8](repeating: 0, count: 32)))
        #expect(WebPush.isPrivateKey(senderKey))
    }

    @Test(arguments: [
        "http://push.example.net/x", "https://", "https:///x", "https://user@push.example.net/x",
        "https://push.example.net/a b", "",
    ])
    func `refuses an endpoint that is no plain https URL`(_ endpoint: String) {
        #expect(PushSubscription(endpoint: endpoint, key: browserKey, secret: secret) == nil)
    }

    @Test func `refuses keys that are none`() {
        let endpoint = "https://push.example.net/x"
        var offCurve = browserKey
        offCurve[64] ^= 1
        #expect(PushSubscription(endpoint: endpoint, key: offCurve, secret: secret) == nil)
        #expect(
            PushSubscription(endpoint: endpoint, key: browserKey, secret: Array(secret.dropLast())) == nil
        )
        let long =
            endpoint + String(repeating: "x", count: PushSubscription.endpointBytesMax - endpoint.utf8.count)
        #expect(PushSubscription(endpoint: long, key: browserKey, secret: secret) != nil)
        #expect(PushSubscription(endpoint: long + "x", key: browserKey, secret: secret) == nil)
    }

    @Test func `signs a token for the push service's origin that its public key verifies`() throws {
        let value = try #require(
            WebPush.authorization(
                endpoint: "https://push.example.net:8443/push/abc?d=1",
                applicationKey: senderKey,
                contact: "mailto:ops@example.com",
                now: Instant(seconds: 1_700_000_000)
            )
        )
        let public64 = try #require(WebPush.publicKey(of: senderKey))
        let fields = value.split(separator: " ", maxSplits: 1)[1].split(separator: ",").map {
            $0.trimmingPrefix(" ").dropFirst(2)
        }
        #expect(fields[1] == public64)
        let parts = fields[0].split(separator: ".").map(String.init)
        #expect(
            String(decoding: Self.bytes(parts[1]), as: UTF8.self)
                == #"{"aud":"https://push.example.net:8443","exp":1700043200,"sub":"mailto:ops@example.com"}"#
        )
        let key = try P256.Signing.PublicKey(x963Representation: Self.bytes(public64))
        let signature = try P256.Signing.ECDSASignature(rawRepresentation: Self.bytes(parts[2]))
        #expect(key.isValidSignature(signature, for: Array("\(parts[0]).\(parts[1])".utf8)))
    }

    private static func bytes(_ text: String) -> [UInt8] {
        Base64.decode(text, .urlSafe) ?? []
    }
}
