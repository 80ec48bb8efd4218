import Domain
import Providers
import Signatures
import Testing

/// Runs the official libraries' verdicts through our verifiers.
///
/// The cases come from the folder that the environment variable `USHER_VECTORS` names, or from the committed copy.
@Suite struct SignatureVectors {
    /// The providers of the vector files whose verifiers are built, with their dialects.
    static let dialects: [String: WebhookDialect] = [
        "stripe": WebhookDialect(.stripe(StripeSettings())),
        "square": WebhookDialect(.square(NoSettings())),
        "twilio": WebhookDialect(.twilio(NoSettings())),
        "sendgrid": WebhookDialect(.sendgrid(SendGridSettings())),
        "zoom": WebhookDialect(.zoom(ZoomSettings())),
    ]

    private static func cases(_ kinds: Set<WebhookVector.Class>) throws -> [WebhookVector] {
        try VectorFile.webhooks().filter { dialects[$0.provider] != nil && kinds.contains($0.kind) }
    }

    @Test(arguments: try cases([.core]))
    func `gives the official verdict in every core case`(vector: WebhookVector) throws {
        #expect(try isAccepted(vector) == vector.isValid)
    }

    @Test(arguments: try cases([.policy]))
    func `gives the hardened verdict where the vendor's library is lenient`(vector: WebhookVector) throws {
        #expect(try isAccepted(vector) == vector.isValidHardened)
    }

    @Test func `reports what it answers where official verifiers differ`() throws {
        for vector in try Self.cases([.contested]) {
            let verdict = try isAccepted(vector) ? "valid" : "invalid"
            print("contested \(vector.name): \(verdict); official: \(vector.isValid ? "valid" : "invalid")")
        }
    }

    @Test func `gets every body of the file byte for byte`() throws {
        for vector in try VectorFile.webhooks() {
            if let count = vector.bodyBytes {
                #expect(Int64(vector.request.body.count) == count, "\(vector.name)")
            }
            if let digest = vector.bodyDigest {
                #expect(Hex.encode(sha256([vector.request.body])) == digest, "\(vector.name)")
            }
        }
    }

    @Test func `leaves no case of either file out`() throws {
        // Those of PayPal run in `PayPalVectors`: they bring their certificates along.
        let providers = Set(try VectorFile.webhooks().map(\.provider)).subtracting(["paypal"])
        #expect(providers.subtracting(Self.dialects.keys) == [])
        // Those of signing.json run in `SigningVectors` and `CloudinaryVectors`.
        let verifiers: Set = [
            "sigv4.header", "sigv4.presign", "sns.message", "sns.subscribe_url", "s3event.key_decode",
            "s3event.sequencer_compare", "cloudinary.upload_signature", "cloudinary.notification",
            "google.channel",
            "google.event_id", "graph.handshake", "graph.client_state", "graph.lifecycle",
        ]
        #expect(Set(try VectorFile.signing().map(\.verifier)).subtracting(verifiers) == [])
    }

    @Test(arguments: try VectorFile.zoomValidations())
    func `answers Zoom's validation as its sample does`(vector: ZoomValidationVector) throws {
        let dialect = WebhookDialect(.zoom(ZoomSettings()))
        let request = WebhookRequest(url: "", headers: Headers(), body: vector.body)
        let content = try dialect.read(request, secret: vector.secret)
        guard case .answer(let answer, .zoomURLValidation) = content else {
            Issue.record("not an answer")
            return
        }
        #expect(Int64(answer.status) == vector.status)
        #expect(answer.contentType == "application/json")
        #expect(try JSONParser.parse(answer.body) == vector.response)
    }

    private func isAccepted(_ vector: WebhookVector) throws -> Bool {
        let dialect = try Self.dialects[vector.provider].required(vector.provider)
        do throws(SignatureError) {
            let index = try dialect.verify(
                vector.request,
                keys: VerificationKeys(vector.secrets),
                now: vector.now
            )
            return index.map { vector.secrets.indices.contains($0) } ?? true
        } catch {
            return false
        }
    }
}
