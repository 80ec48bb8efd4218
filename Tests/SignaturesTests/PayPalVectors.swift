import Domain
import Providers
import Signatures
import Testing

/// One of PayPal's cases, with the certificates that take the place of the download.
struct PayPalVector: Sendable, CustomTestStringConvertible {
    let vector: WebhookVector
    let webhookID: String
    let certificates: [String: String]
    let roots: String
    let intermediates: String

    var testDescription: String { vector.name }

    init(_ json: JSONValue) throws {
        vector = try WebhookVector(json)
        let facts = try json["paypal"].required("paypal")
        webhookID = try (facts["webhook_id"]?.string).required("webhook_id")
        let members = try (facts["certs"]?.object).required("certs")
        certificates = Dictionary(
            uniqueKeysWithValues: members.compactMap { member in
                member.value.string.map { (member.name, $0) }
            }
        )
        roots = (facts["trust_roots"]?.array ?? []).compactMap(\.string).joined()
        intermediates = (facts["intermediates"]?.array ?? []).compactMap(\.string).joined()
    }

    static func all(_ kinds: Set<WebhookVector.Class>) throws -> [PayPalVector] {
        try VectorFile.payPal().map { try PayPalVector($0) }.filter { kinds.contains($0.vector.kind) }
    }

    /// What a source answers: address, download, chain, signature, time.
    func isAccepted() async throws -> Bool {
        let dialect = WebhookDialect(.paypal(PayPalSettings(webhookID: webhookID)))
        guard let reference = try? dialect.certificate(for: vector.request),
            let pem = certificates[reference.url]
        else { return false }
        let key = try? await CertificateChain.validate(
            pem: Array(pem.utf8),
            anchors: TrustAnchors(pem: Array(roots.utf8)),
            intermediates: Array(intermediates.utf8),
            name: reference.name,
            now: vector.now
        )
        guard let key else { return false }
        let keys = VerificationKeys([], certificate: key)
        do {
            return try dialect.verify(vector.request, keys: keys, now: vector.now) == nil
        } catch {
            return false
        }
    }
}

/// Runs the verdicts of PayPal's library through our verifier and chain check.
@Suite struct PayPalVectors {
    @Test(arguments: try PayPalVector.all([.core]))
    func `gives the official verdict in every core case`(vector: PayPalVector) async throws {
        #expect(try await vector.isAccepted() == vector.vector.isValid)
    }

    @Test(arguments: try PayPalVector.all([.policy]))
    func `gives the hardened verdict where PayPal's library is lenient`(vector: PayPalVector) async throws {
        #expect(try await vector.isAccepted() == vector.vector.isValidHardened)
    }

    @Test func `reports what it answers where official verifiers differ`() async throws {
        for vector in try PayPalVector.all([.contested]) {
            let verdict = try await vector.isAccepted() ? "valid" : "invalid"
            let official = vector.vector.isValid ? "valid" : "invalid"
            print("contested \(vector.vector.name): \(verdict); official: \(official)")
        }
    }
}
