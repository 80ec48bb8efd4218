import Domain
import Gateway
import HTTPAPI
import Signatures
import Testing
import UsherTesting

/// Twenty thousand broken requests at the endpoint, from one seed.
struct WebhookEndpointFuzz {
    private static let rounds = 20_000
    private static let seed: UInt64 = 20_260_620

    @Test func `no broken request crashes the endpoint or stores an unsigned event`() async throws {
        try await withGateway { bench in
            try await bench.addSource("shop")
            var random = SeededRandom(seed: Self.seed)
            let body = stripeEvent("evt_1")
            let signature = StripeSignature.sign(
                body,
                secrets: [Secret(GatewayBench.secret)],
                timestamp: bench.clock.now
            )
            var statuses: [Int: Int] = [:]
            for round in 0..<Self.rounds {
                var sent = body
                var value = Array(signature.utf8)
                var name = Array("shop".utf8)
                var field = StripeSignature.header
                switch Int.random(in: 0..<5, using: &random) {
                case 0: Self.mutate(&sent, &random)
                case 1: Self.mutate(&value, &random)
                case 2: Self.mutate(&name, &random)
                case 3:
                    Self.mutate(&sent, &random)
                    Self.mutate(&value, &random)
                default: field = "x-" + field
                }
                let headers = Headers([(field, String(decoding: value, as: UTF8.self))])
                let target = String(decoding: name, as: UTF8.self).replacing("?", with: "%3F")
                let answer = try await bench.send(
                    .post,
                    "/api/integrations/webhooks/" + target,
                    headers,
                    sent
                )
                statuses[answer.status, default: 0] += 1
                let isGenuine =
                    sent == body && target == "shop" && field == StripeSignature.header
                #expect(
                    [400, 401, 404].contains(answer.status) || isGenuine,
                    "round \(round): \(answer.status)"
                )
            }
            let stored = try await bench.eventCount()
            #expect(stored == (statuses[200] == nil ? 0 : 1), "\(statuses)")
            #expect(statuses.keys.contains(400) && statuses.keys.contains(401) && statuses.keys.contains(404))
        }
    }

    /// Changes one to four bytes: replaced, removed, doubled, or put in.
    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &random)
            let byte = UInt8.random(in: 0...255, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where !bytes.isEmpty: bytes[index] = byte
            case 1 where !bytes.isEmpty: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2 where !bytes.isEmpty: bytes.remove(at: index)
            case 3 where !bytes.isEmpty: bytes.insert(contentsOf: bytes[index...].prefix(16), at: index)
            default: bytes.insert(byte, at: index)
            }
        }
    }
}
