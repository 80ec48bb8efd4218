package import Domain

/// Signs what Usher delivers, in the scheme of `StandardWebhooksSignature`.
package enum StandardWebhooksSigner {
    /// The three headers for one attempt, one signature a secret, newest secret first.
    ///
    /// A secret that is `whsec_` and base64 is decoded, as every receiver's library does; any other text would be
    /// a key that no receiver can be told, so `checkSecrets` refuses it when it is configured, and here it signs
    /// nothing.
    /// - Parameter id: stays the same for each attempt; holds no `.`.
    /// - Parameter timestamp: when this attempt is made, cut to seconds.
    package static func headers(
        id: String,
        timestamp: Instant,
        body: [UInt8],
        secrets: [Secret]
    ) -> [(String, String)] {
        precondition(!id.utf8.contains(UInt8(ascii: ".")), "a webhook-id holds no `.`")
        let signed = Array("\(id).\(timestamp.seconds).".utf8)
        let signatures = secrets.compactMap(StandardWebhooksSignature.key).map { key in
            "v1," + Base64.encode(HMACAlgorithm.sha256.code([signed, body], key: key))
        }
        return [
            (StandardWebhooksSignature.idHeader, id),
            (StandardWebhooksSignature.timestampHeader, "\(timestamp.seconds)"),
            (StandardWebhooksSignature.signatureHeader, signatures.joined(separator: " ")),
        ]
    }

    /// A new signing secret of 32 random bytes: `whsec_` and base64.
    package static func newSecret(random: RandomSource) -> String {
        "whsec_" + Base64.encode(random.bytes(32))
    }
}
