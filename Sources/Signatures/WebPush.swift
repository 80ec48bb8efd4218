import Crypto
package import Domain
import FoundationEssentials

/// A browser that wants to be told: what its `PushSubscription` gives.
package struct PushSubscription: Hashable, Sendable {
    /// The longest URL of a push service, in bytes.
    package static let endpointBytesMax = 1_024

    /// Where messages for it go: a URL at the browser's push service, https unless plain HTTP was allowed.
    package let endpoint: String
    /// The browser's public key on P-256, uncompressed: 65 bytes.
    package let key: [UInt8]
    /// What only the browser and we know: 16 bytes.
    package let secret: [UInt8]

    /// Checks the parts; nil when the endpoint is no https URL of bearable length, or a key is none.
    ///
    /// - Parameter allowsPlain: whether plain `http` will do, for a push service on this machine.
    package init?(endpoint: String, key: [UInt8], secret: [UInt8], allowsPlain: Bool = false) {
        guard endpoint.utf8.count <= Self.endpointBytesMax,
            allowsPlain || endpoint.utf8.starts(with: "https://".utf8),
            endpoint.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), WebPush.origin(of: endpoint) != nil,
            (try? P256.KeyAgreement.PublicKey(x963Representation: key)) != nil, secret.count == 16
        else { return nil }
        self.endpoint = endpoint
        self.key = key
        self.secret = secret
    }
}

/// Messages to browsers: sealed for the one browser (RFC 8291), signed for its push service (RFC 8292).
package enum WebPush {
    /// The longest text that push services must take, in bytes: 4,096 less what sealing adds (RFC 8030 section 7.2).
    package static let plaintextBytesMax = 4_096 - 86 - 17
    /// How long a signed token is good; RFC 8292 section 2 allows a day.
    package static let tokenLifetime = Duration.seconds(12 * 3_600)

    /// The body of a push message, content encoding `aes128gcm` (RFC 8188), in one record.
    ///
    /// - Parameters:
    ///   - senderKey: a P-256 private key, 32 bytes, made for this message alone.
    ///   - salt: 16 random bytes, for this message alone.
    /// - Returns: nil when the text is too long, or the key or the salt is none.
    package static func seal(
        _ plaintext: [UInt8],
        for subscription: PushSubscription,
        senderKey: [UInt8],
        salt: [UInt8]
    ) -> [UInt8]? {
        guard plaintext.count <= plaintextBytesMax, salt.count == 16,
            let sender = try? P256.KeyAgreement.PrivateKey(rawRepresentation: senderKey),
            let browser = try? P256.KeyAgreement.PublicKey(x963Representation: subscription.key),
            let shared = try? sender.sharedSecretFromKeyAgreement(with: browser)
        else { return nil }
        let senderPublic = Array(sender.publicKey.x963Representation)
        let keyed = shared.hkdfDerivedSymmetricKey(
            using: SHA256.self,
            salt: subscription.secret,
            sharedInfo: Array("WebPush: info".utf8) + [0] + subscription.key + senderPublic,
            outputByteCount: 32
        )
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: keyed,
            salt: salt,
            info: Array("Content-Encoding: aes128gcm".utf8) + [0],
            outputByteCount: 16
        )
        let nonce = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: keyed,
            salt: salt,
            info: Array("Content-Encoding: nonce".utf8) + [0],
            outputByteCount: 12
        )
        // One record: the text, the delimiter of a last record, no padding (RFC 8188 section 2).
        let nonceBytes = unsafe nonce.withUnsafeBytes { unsafe Array($0) }
        guard let gcmNonce = try? AES.GCM.Nonce(data: nonceBytes),
            let box = try? AES.GCM.seal(plaintext + [2], using: key, nonce: gcmNonce)
        else { return nil }
        let recordSize: [UInt8] = [0, 0, 0x10, 0]
        let header = salt + recordSize + [UInt8(senderPublic.count)] + senderPublic
        return header + Array(box.ciphertext) + Array(box.tag)
    }

    /// The value of `Authorization` for one message: `vapid t=…, k=…` (RFC 8292 section 3).
    ///
    /// - Parameters:
    ///   - applicationKey: our P-256 private key, 32 bytes; browsers subscribe with its public part.
    ///   - contact: a `mailto:` or `https:` URL at which the push service finds us.
    /// - Returns: nil when the key is none or the endpoint has no origin.
    package static func authorization(
        endpoint: String,
        applicationKey: [UInt8],
        contact: String,
        now: Instant
    ) -> String? {
        guard let origin = origin(of: endpoint),
            let key = try? P256.Signing.PrivateKey(rawRepresentation: applicationKey)
        else { return nil }
        let header: JSONValue = ["typ": "JWT", "alg": "ES256"]
        let claims: JSONValue = [
            "aud": .string(origin),
            "exp": .number("\((now + tokenLifetime).seconds)"),
            "sub": .string(contact),
        ]
        let signed = "\(base64URL(header)).\(base64URL(claims))"
        guard let signature = try? key.signature(for: Array(signed.utf8)) else { return nil }
        let token = "\(signed).\(Base64.encode(Array(signature.rawRepresentation), .urlSafe))"
        return "vapid t=\(token), k=\(Base64.encode(Array(key.publicKey.x963Representation), .urlSafe))"
    }

    /// The public part of our key, as a browser subscribes with it: uncompressed, base64url; nil when the key is none.
    package static func publicKey(of applicationKey: [UInt8]) -> String? {
        (try? P256.Signing.PrivateKey(rawRepresentation: applicationKey))
            .map { Base64.encode(Array($0.publicKey.x963Representation), .urlSafe) }
    }

    /// Whether 32 bytes are a private key on P-256; all but about one of 2³² are.
    package static func isPrivateKey(_ bytes: [UInt8]) -> Bool {
        (try? P256.KeyAgreement.PrivateKey(rawRepresentation: bytes)) != nil
    }

    /// Scheme, host and port of an http(s) URL; nil when it is none or has no host.
    static func origin(of endpoint: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: { endpoint.utf8.starts(with: $0.utf8) })
        else {
            return nil
        }
        let rest = endpoint.utf8.dropFirst(scheme.utf8.count)
        let host = rest.prefix { !"/?#".utf8.contains($0) }
        guard !host.isEmpty, !host.contains(UInt8(ascii: "@")) else { return nil }
        return scheme + String(decoding: host, as: UTF8.self)
    }

    private static func base64URL(_ value: JSONValue) -> String {
        Base64.encode(value.serialized(), .urlSafe)
    }
}
