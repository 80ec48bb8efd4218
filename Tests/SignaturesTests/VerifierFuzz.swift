import Domain
import Providers
import Signatures
import Testing

/// Changes signed requests at random, from a seed.
@Suite struct VerifierFuzz {
    private static let mutations = 100_000
    private static let seeds: [UInt64] = [1, 2, 3, 4]

    private struct Target {
        let dialect: WebhookDialect
        let secret: Secret
        let request: WebhookRequest
        /// Whether the signature covers the body.
        let isSigned: Bool
    }

    private static let now = Instant(seconds: 1_800_000_000)

    /// One target for each way to sign, with bodies of some sixty bytes.
    private static func targets() throws -> [Target] {
        let settings: [(WebhookSettings, String)] = [
            (.stripe(StripeSettings()), "whsec_0123456789abcdefghijkl"),
            (.standardWebhooks(StandardWebhooksSettings()), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            (
                try WebhookSettings(
                    [
                        "signed": "{timestamp}.{body}", "timestamp_header": "x-time", "encoding": "base64",
                        "id_pointer": "/id", "type_pointer": "/type",
                    ],
                    for: .generic
                ), "0123456789abcdef"
            ),
            (
                try WebhookSettings(["auth": "basic", "id_pointer": "/id"], for: .generic),
                "u:0123456789abcdef"
            ),
        ]
        let body = Array(#"{"id":"evt_1","type":"a.b","data":{"object":{"id":"é\n"}}}"#.utf8)
        return try settings.map { settings, text in
            let dialect = WebhookDialect(settings)
            let event = SampleEvent(provider: dialect.provider, id: "evt_1", type: "a.b", body: body)
            let secret = Secret(text)
            let keys = SigningKeys([secret])
            let request = try dialect.request(sending: event, to: "https://x.example", keys: keys, now: now)
                .required("a signed request")
            let isSigned = settings.json["auth"]?.string != "basic"
            return Target(dialect: dialect, secret: secret, request: request, isSigned: isSigned)
        }
            + Party.all.map { party in
                let request = try party.signed()
                return Target(
                    dialect: party.dialect,
                    secret: party.secrets[0],
                    request: request,
                    isSigned: true
                )
            }
    }

    @Test(arguments: seeds)
    func `no mutation crashes a verifier or gets a changed body believed`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let targets = try Self.targets()
        var believed = 0
        for round in 0..<(Self.mutations / Self.seeds.count) {
            let target = targets[round % targets.count]
            let (request, secret) = mutated(target, &random)
            let index = try? target.dialect.verify(request, keys: VerificationKeys([secret]), now: Self.now)
            _ = try? target.dialect.read(request, secret: secret)
            guard index != nil else { continue }
            believed += 1
            let isSame = covered(request) == covered(target.request) && secret.bytes == target.secret.bytes
            if target.isSigned, !isSame {
                Issue.record(
                    "seed \(seed), round \(round): a changed \(target.dialect.provider) body or key was believed"
                )
            }
        }
        // Some mutations leave the request as it was, or change a header that does not count.
        #expect(believed > 0)
    }

    /// What a signature covers of the body: of a form what its fields say, however they are escaped.
    private func covered(_ request: WebhookRequest) -> [UInt8] {
        guard TwilioSignature.isForm(request.headers), let form = FormFields(request.body) else {
            return request.body
        }
        return Set(form.fields).sorted().flatMap { $0.name + $0.value }
    }

    private func mutated(_ target: Target, _ random: inout SeededRandom) -> (WebhookRequest, Secret) {
        var body = target.request.body
        var secret = target.secret.bytes
        var fields = target.request.headers.fields.map { ($0.name, $0.value) }
        for _ in 0...Int(random.next() % 2) {
            switch random.next() % 8 {
            case 0...3: mutate(&body, &random)
            case 4...5:
                let index = Int(random.next() % UInt64(fields.count))
                var value = Array(fields[index].1.utf8)
                mutate(&value, &random)
                fields[index].1 = String(decoding: value, as: UTF8.self)
            case 6: fields.append(fields[Int(random.next() % UInt64(fields.count))])
            default: mutate(&secret, &random)
            }
        }
        return (
            WebhookRequest(url: target.request.url, headers: Headers(fields), body: body), Secret(secret)
        )
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        let choice = random.next()
        let byte = interesting[Int(choice >> 32) % interesting.count]
        guard !bytes.isEmpty else { return bytes.append(byte) }
        let place = Int(random.next() % UInt64(bytes.count))
        switch choice % 6 {
        case 0: bytes[place] ^= 1 << UInt8(choice >> 8 & 7)
        case 1: bytes[place] = byte
        case 2: bytes.insert(byte, at: place)
        case 3: bytes.remove(at: place)
        case 4: bytes.removeLast(bytes.count - place)
        default: bytes.append(contentsOf: bytes[place...].prefix(16))
        }
    }

    private let interesting: [UInt8] =
        Array("\"\\{}[]:,.=0eE+-tv1 \n\u{0}".utf8) + [0x7F, 0x80, 0xC0, 0xED, 0xF5, 0xFF]
}
