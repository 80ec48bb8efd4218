package import Domain

/// Twilio's scheme: `X-Twilio-Signature`, base64 of HMAC-SHA1 under the account's auth token.
///
/// | request | signed text |
/// |---|---|
/// | form | the URL, then name and decoded value of each field, sorted as bytes, nothing between them; equal fields count once |
/// | `GET`, or an empty body | the URL |
/// | any other body | the URL, whose query must hold the body's SHA-256: `bodySHA256=<64 lower-case hex digits>` |
///
/// - The URL is the configured one with the received query, byte for byte. Twilio signs it with or without its port:
///   the port as given, the scheme's own port (`:443`), and none are tried; no other spelling is.
/// - `X-Twilio-Webhooks-Signature-Settings: key=…,algorithm=HMAC_SHA256` (public beta) changes the hash; any other
///   algorithm is refused. The key's name is not used: every configured secret is tried.
/// - A body that nothing covers is refused, and so is a form in which the border between a name and its value was
///   moved (`Body=hi` and `Bod=yhi` sign alike): an inbound message has `NumMedia` and with it always `Body`.
/// - No time is signed: only the event's id tells a repeat.
///
/// Source: twilio.com/docs/usage/security, twilio-python 9.13 `request_validator`.
package enum TwilioSignature {
    /// The signature's header in lower case.
    package static let header = "x-twilio-signature"
    /// The header that names another algorithm, in lower case.
    package static let settingsHeader = "x-twilio-webhooks-signature-settings"

    /// Checks a request against every secret.
    /// - Returns: the index of the secret that matches.
    package static func verify(
        _ request: WebhookRequest,
        secrets: [Secret]
    ) throws(SignatureError) -> Int {
        let value = try request.headers.security(header)
        let algorithm = try algorithm(request.headers)
        let fields = signed(try coveredFields(request))
        let texts = spellings(Array(request.url.utf8))
        let presented = Base64.decode(value[...]).map { [$0] } ?? []
        return try matchingSecret(
            of: secrets,
            presented: presented,
            codes: { secret in
                guard secret.bytes.count >= Secret.bytesMin else { return nil }
                return texts.map { algorithm.code([$0] + fields, key: secret.bytes) }
            }
        )
    }

    /// The header that signs a form sent to `url`; no fields for a `GET`.
    package static func sign(url: String, form: FormFields, secret: Secret) -> [(String, String)] {
        let code = HMACAlgorithm.sha1.code([Array(url.utf8)] + signed(form), key: secret.bytes)
        return [(header, Base64.encode(code))]
    }

    /// Throws unless the secrets may protect a source.
    package static func checkSecrets(_ secrets: [Secret]) throws(SecretError) {
        try HMACScheme.checkSecrets(secrets)
    }

    /// The query of a URL without its `?`; empty without one.
    package static func query(_ url: String) -> [UInt8] {
        Array(url.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst())
    }

    /// Whether `Content-Type` names a form.
    package static func isForm(_ headers: Headers) -> Bool {
        guard let value = headers.first("content-type") else { return false }
        let mediaType = value.utf8.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        return lowercasedASCII(String(decoding: Array(mediaType), as: UTF8.self)).utf8
            .elementsEqual("application/x-www-form-urlencoded".utf8)
    }
}

extension TwilioSignature {
    private static func algorithm(_ headers: Headers) throws(SignatureError) -> HMACAlgorithm {
        guard !headers.values(settingsHeader).isEmpty else { return .sha1 }
        let value = try headers.security(settingsHeader)
        let items = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let prefix = Array("algorithm=".utf8)
        let named = items.filter { $0.starts(with: prefix) }.map { $0.dropFirst(prefix.count) }
        guard named.count == 1 else {
            throw .malformed(header: settingsHeader, reason: "not one algorithm")
        }
        if named[0].elementsEqual("HMAC_SHA256".utf8) { return .sha256 }
        if named[0].elementsEqual("HMAC_SHA1".utf8) { return .sha1 }
        throw .malformed(header: settingsHeader, reason: "an unknown algorithm")
    }

    /// The fields that the signature covers; throws when part of the body is not covered.
    private static func coveredFields(_ request: WebhookRequest) throws(SignatureError) -> FormFields {
        let isHashed = try isBodyHashed(request)
        guard !request.body.isEmpty else { return FormFields([]) }
        guard request.headers.values("content-type").count <= 1 else {
            throw .ambiguous(header: "content-type")
        }
        guard request.method == "POST" else { throw .mismatch }
        guard isForm(request.headers) else {
            guard isHashed else { throw .mismatch }
            return FormFields([])
        }
        guard let form = FormFields(request.body) else {
            throw .malformed(header: "content-type", reason: "the body is not the form it says")
        }
        guard !form.has("NumMedia") || form.has("Body") else { throw .mismatch }
        return form
    }

    /// Whether the URL holds the body's hash; throws when it holds another one.
    private static func isBodyHashed(_ request: WebhookRequest) throws(SignatureError) -> Bool {
        let name = Array("bodySHA256=".utf8)
        let hashes = query(request.url).split(separator: UInt8(ascii: "&")).filter { $0.starts(with: name) }
        guard let hash = hashes.first else { return false }
        let expected = sha256([request.body])
        guard hashes.count == 1, let presented = Hex.decode(hash.dropFirst(name.count)),
            constantTimeEqual(presented, expected)
        else { throw .mismatch }
        return true
    }

    private static func signed(_ form: FormFields) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var last: FormFields.Field?
        for field in form.fields.sorted() where field != last {
            pieces.append(field.name)
            pieces.append(field.value)
            last = field
        }
        return pieces
    }

    /// The URL as given, and with its port left out or its scheme's own port written.
    private static func spellings(_ url: [UInt8]) -> [[UInt8]] {
        guard let authority = authority(url) else { return [url] }
        let host = url[authority].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? authority.lowerBound
        let afterHost =
            url[host..<authority.upperBound].lastIndex(of: UInt8(ascii: "]")).map { $0 + 1 } ?? host
        if let colon = url[afterHost..<authority.upperBound].firstIndex(of: UInt8(ascii: ":")) {
            return [url, Array(url[..<colon] + url[authority.upperBound...])]
        }
        let port = url.starts(with: "https:".utf8) ? ":443" : ":80"
        return [url, Array(url[..<authority.upperBound]) + Array(port.utf8) + url[authority.upperBound...]]
    }

    /// Where user, host and port stand; nil when the text is no URL with them.
    private static func authority(_ url: [UInt8]) -> Range<Int>? {
        let scheme = url.prefix { $0 != UInt8(ascii: ":") }
        let start = scheme.endIndex + 3
        guard url[scheme.endIndex...].starts(with: "://".utf8) else { return nil }
        let end = url[start...].firstIndex { "/?#".utf8.contains($0) } ?? url.endIndex
        return start..<end
    }
}
