package import Domain

/// A message of Amazon SNS as it is posted to an HTTPS subscription, with its signature inside.
///
/// | type | signed, in this order |
/// |---|---|
/// | `Notification` | Message, MessageId, Subject where there is one, Timestamp, TopicArn, Type |
/// | `SubscriptionConfirmation`, `UnsubscribeConfirmation` | Message, MessageId, SubscribeURL, Timestamp, Token, TopicArn, Type |
///
/// Each as name, line feed, value, line feed; the values after JSON decoding. `SignatureVersion` 1 is SHA-1, 2 is
/// SHA-256, both RSA with PKCS #1 v1.5. The signature proves "some topic of AWS": the topic must be one of the
/// source's. `UnsubscribeURL` and the `x-amz-sns-…` headers are not signed and not read.
/// Source: SNS developer guide, "Verifying the signatures of Amazon SNS messages"; AWS's PHP validator.
package struct SNSMessage: Hashable, Sendable {
    /// What kind of message it is.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case notification = "Notification"
        case subscriptionConfirmation = "SubscriptionConfirmation"
        case unsubscribeConfirmation = "UnsubscribeConfirmation"
    }

    /// The kind.
    package let kind: Kind
    /// SNS's id of the message; the same for each delivery of it.
    package let messageID: [UInt8]
    /// The topic.
    package let topicARN: [UInt8]
    /// What was published.
    package let message: [UInt8]
    /// The subject; nil when there is none.
    package let subject: [UInt8]?
    /// When it was published, as text.
    package let timestamp: [UInt8]
    /// Where to confirm; there for confirmations only.
    package let subscribeURL: [UInt8]?
    let token: [UInt8]?
    let signature: [UInt8]
    let digest: RSADigest
    let certificateURL: [UInt8]

    /// What one message may cost: SNS posts up to 256 KiB, which escapes can double and more.
    package static let limits = JSONLimits(stringBytesMax: 2 << 20)
    /// Whom the certificate must be made out to.
    package static let certificateName = CertificateNameRule(
        start: "sns",
        ends: [".amazonaws.com", ".amazonaws.com.cn"]
    )

    /// Reads a body: strict JSON, every signed field a string.
    package init(_ body: [UInt8]) throws(SignatureError) {
        let fields = try Fields(body)
        let kindText = try fields.required("Type")
        guard let kind = Kind.allCases.first(where: { $0.rawValue.utf8.elementsEqual(kindText) }) else {
            throw .malformedBody(reason: "the `Type` is not one of SNS's")
        }
        self.kind = kind
        messageID = try fields.required("MessageId")
        topicARN = try fields.required("TopicArn")
        message = try fields.required("Message")
        subject = try fields.optional("Subject")
        timestamp = try fields.required("Timestamp")
        let isConfirmation = kind != .notification
        subscribeURL = isConfirmation ? try fields.required("SubscribeURL") : nil
        token = isConfirmation ? try fields.required("Token") : nil
        switch try fields.required("SignatureVersion") {
        case Array("1".utf8): digest = .sha1
        case Array("2".utf8): digest = .sha256
        default: throw .malformedBody(reason: "the `SignatureVersion` is neither 1 nor 2")
        }
        guard let signature = Base64.decode(try fields.required("Signature")[...]) else {
            throw .malformedBody(reason: "the `Signature` is not canonical base64")
        }
        self.signature = signature
        certificateURL = try fields.required("SigningCertURL")
    }

    /// The bytes that are signed.
    package var signedBytes: [UInt8] {
        var pairs: [(String, [UInt8])] = [("Message", message), ("MessageId", messageID)]
        if let subscribeURL, let token {
            pairs += [
                ("SubscribeURL", subscribeURL), ("Timestamp", timestamp), ("Token", token),
            ]
        } else {
            if let subject { pairs.append(("Subject", subject)) }
            pairs.append(("Timestamp", timestamp))
        }
        pairs += [("TopicArn", topicARN), ("Type", Array(kind.rawValue.utf8))]
        return pairs.flatMap { name, value in Array(name.utf8) + [0x0A] + value + [0x0A] }
    }

    /// Checks topic and certificate address, which need no key.
    package func certificate(topics: [String]) throws(SignatureError) -> CertificateReference {
        guard topics.contains(where: { $0.utf8.elementsEqual(topicARN) }) else {
            throw .notForThisSource("the topic")
        }
        guard let url = PinnedURL(certificateURL), Self.isSNS(url.host), url.rest.count <= 256,
            url.rest.reversed().starts(with: ".pem".utf8.reversed()), url.rest.allSatisfy(isPathByte)
        else { throw .foreignCertificate }
        return CertificateReference(
            url: String(decoding: certificateURL, as: UTF8.self),
            name: Self.certificateName
        )
    }

    /// Checks the signature under the certificate that `certificate(topics:)` named.
    package func verify(topics: [String], key: CertifiedKey, now: Instant) throws(SignatureError) {
        _ = try certificate(topics: topics)
        try key.verify(signature, of: signedBytes, digest: digest, now: now)
    }

    /// Whether `url` may be fetched to confirm a subscription: `https`, a host of SNS, no port, no user.
    package static func isSubscribeURL(_ url: [UInt8]) -> Bool {
        PinnedURL(url).map { isSNS($0.host) } ?? false
    }

    /// `sns.<region>.amazonaws.com` or `….com.cn`, in lower case.
    private static func isSNS(_ host: [UInt8]) -> Bool {
        guard host.starts(with: "sns.".utf8) else { return false }
        let region = host.dropFirst(4).prefix(while: isLabelByte)
        let rest = host.dropFirst(4 + region.count)
        return (3...32).contains(region.count)
            && (rest.elementsEqual(".amazonaws.com".utf8) || rest.elementsEqual(".amazonaws.com.cn".utf8))
    }
}

/// Letters, digits, `/`, `-`, `_`, `.`: no escapes in a certificate's path.
private func isPathByte(_ byte: UInt8) -> Bool {
    isLabelByte(byte) || (0x41...0x5A).contains(byte) || "/_.".utf8.contains(byte)
}

/// The texts of an SNS envelope.
private struct Fields {
    private static let names = [
        "Type", "MessageId", "TopicArn", "Message", "Subject", "Timestamp", "SubscribeURL", "Token",
        "SignatureVersion", "Signature", "SigningCertURL",
    ]
    private static let pointers = JSONPointerSet(names.compactMap { JSONPointer("/\($0)") })
    private let found: [JSONScanner.Found?]

    init(_ body: [UInt8]) throws(SignatureError) {
        do throws(JSONError) {
            found = try JSONScanner.scan(body, pointers: Self.pointers, limits: SNSMessage.limits)
        } catch {
            throw .malformedBody(reason: "it is \(error)")
        }
    }

    func required(_ name: String) throws(SignatureError) -> [UInt8] {
        guard case .string(let bytes) = value(name) else { throw .missingField(name) }
        return bytes
    }

    /// A text; nil when it is absent or null.
    func optional(_ name: String) throws(SignatureError) -> [UInt8]? {
        switch value(name) {
        case .string(let bytes): bytes
        case nil, .null: nil
        default: throw .missingField(name)
        }
    }

    private func value(_ name: String) -> JSONScanner.Found? {
        Self.names.firstIndex(of: name).flatMap { found[$0] }
    }
}
