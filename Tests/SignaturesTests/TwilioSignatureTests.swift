import Domain
import Signatures
import Testing

/// The codes were computed with Python's `hmac`.
@Suite struct TwilioSignatureTests {
    private let url = "https://hooks.example.com/twilio?wedding=amara-jonas"
    private let secret = Secret("0123456789abcdef0123456789abcdef")
    private let form = FormFields([
        ("To", "+1 800"), ("Body", "Olé & more"), ("MessageSid", "SM1"), ("Empty", ""), ("Tag", "b"),
        ("Tag", "a"), ("Tag", "b"), ("tag", "x"),
    ])
    private let code = "e4nj14P65QbSh+9SVhiGTc7jkAA="
    private let formType = ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")

    private func verify(
        _ headers: [(String, String)],
        method: String = "POST",
        url: String? = nil,
        body: [UInt8],
        secrets: [Secret]? = nil
    ) throws -> Int {
        let request = WebhookRequest(
            method: method,
            url: url ?? self.url,
            headers: Headers(headers),
            body: body
        )
        return try TwilioSignature.verify(request, secrets: secrets ?? [secret])
    }

    private func verifyForm(_ code: String, body: [UInt8]? = nil, more: [(String, String)] = []) throws -> Int
    {
        try verify([formType, ("X-Twilio-Signature", code)] + more, body: body ?? form.encoded)
    }

    @Test func `agrees with Python on a form: sorted, decoded, equal fields once`() throws {
        #expect(try verifyForm(code) == 0)
        #expect(TwilioSignature.sign(url: url, form: form, secret: secret).map(\.1) == [code])
    }

    @Test func `tells which token matched`() throws {
        let old = Secret("fedcba9876543210fedcba9876543210")
        let headers = [formType, ("x-twilio-signature", code)]
        #expect(try verify(headers, body: form.encoded, secrets: [old, secret]) == 1)
    }

    @Test(arguments: [
        "&Injected=1", "&Tag=c", "&Empty=", "&Body=Ol%C3%A9+%26+more+", "&&", "&x", "&To",
    ])
    func `refuses a form that was changed`(addition: String) {
        let body = form.encoded + Array(addition.utf8)
        guard addition != "&Empty=" else {
            // An equal field counts once, as in Twilio's libraries.
            #expect((try? verifyForm(code, body: body)) == 0)
            return
        }
        #expect(throws: SignatureError.self) { try verifyForm(code, body: body) }
    }

    @Test func `refuses a border between name and value that was moved`() throws {
        let received = FormFields([("Body", "hi"), ("MessageSid", "SM1"), ("NumMedia", "0")])
        let code = try #require(TwilioSignature.sign(url: url, form: received, secret: secret).first).1
        #expect(try verifyForm(code, body: received.encoded) == 0)
        let shifted = FormFields([("Bod", "yhi"), ("MessageSid", "SM1"), ("NumMedia", "0")])
        #expect(throws: SignatureError.mismatch) { try verifyForm(code, body: shifted.encoded) }
    }

    @Test(arguments: [
        ("https://u:p@[::1]/x", "NevdkQvfuNL7UMEXKpBApXVtNTY=", true),
        ("https://u:p@[::1]/x", "hheLc6wt3JbhVaME4b7KW4RpZ9I=", true),
        ("https://u:p@[::1]/x", "Mnb2rbXMcbXEsqZkoxb+FhEdBSA=", false),
        ("https://u:p@[::1]:8443/x", "NevdkQvfuNL7UMEXKpBApXVtNTY=", true),
        ("https://u:p@[::1]:8443/x", "Mnb2rbXMcbXEsqZkoxb+FhEdBSA=", true),
        ("https://u:p@[::1]:8443/x", "hheLc6wt3JbhVaME4b7KW4RpZ9I=", false),
        ("http://h", "+04uDNVrIyaNYI0PoIg+B4lN0Ag=", true),
        ("http://h?x=1", "6Hk8RLUgXUXqs/GhwpKsW1NDN6I=", true),
        ("http://h?x=1", "884C8Qq9CDRxD+uEM8uT+si5tXM=", true),
        ("h", "6Hk8RLUgXUXqs/GhwpKsW1NDN6I=", false), ("", "6Hk8RLUgXUXqs/GhwpKsW1NDN6I=", false),
        ("://", "6Hk8RLUgXUXqs/GhwpKsW1NDN6I=", false), (":", "6Hk8RLUgXUXqs/GhwpKsW1NDN6I=", false),
    ])
    func `tries the URL with and without its port, and no other`(
        url: String,
        code: String,
        isAccepted: Bool
    ) {
        let index = try? verify([("x-twilio-signature", code)], method: "GET", url: url, body: [])
        #expect(index == (isAccepted ? 0 : nil))
    }

    @Test func `covers a GET by its URL alone, and nothing else with it`() throws {
        let header = ("x-twilio-signature", "qv109XDMZE8dN6AX42Ogn+Fd72I=")
        #expect(try verify([header], method: "GET", body: []) == 0)
        #expect(throws: SignatureError.mismatch) {
            try verify([header, formType], method: "GET", body: form.encoded)
        }
        #expect(throws: SignatureError.mismatch) {
            try verify([header], method: "GET", url: url + "&x=1", body: [])
        }
    }

    @Test func `covers any other body by the hash in the URL`() throws {
        let hash = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
        let url = "https://hooks.example.com/twilio?bodySHA256=" + hash
        let headers = [
            ("Content-Type", "application/json"), ("x-twilio-signature", "N/sPWsqeTqmaYrGhGvb8IZHy+/Q="),
        ]
        let body = Array(#"{"a":1}"#.utf8)
        #expect(try verify(headers, url: url, body: body) == 0)
        #expect(throws: SignatureError.mismatch) { try verify(headers, url: url, body: body + [0x20]) }
        // The signature covers the URL alone, so a request without the body must not pass with it.
        #expect(throws: SignatureError.mismatch) { try verify(headers, url: url, body: []) }
        #expect(throws: SignatureError.mismatch) {
            try verify([formType, headers[1]], url: url, body: [])
        }
    }

    @Test(arguments: ["application/json", "text/plain", "", "application/x-www-form-urlencodedx"])
    func `refuses a body that nothing covers`(type: String) {
        let headers = [("Content-Type", type), ("x-twilio-signature", "qv109XDMZE8dN6AX42Ogn+Fd72I=")]
        #expect(throws: SignatureError.mismatch) { try verify(headers, body: Array("{}".utf8)) }
    }

    @Test func `refuses two content types`() {
        let headers = [formType, ("content-type", "application/json"), ("x-twilio-signature", code)]
        #expect(throws: SignatureError.ambiguous(header: "content-type")) {
            try verify(headers, body: form.encoded)
        }
    }

    @Test func `follows the settings header to HMAC-SHA256 and to nothing else`() throws {
        let code = "vvJ9whQcIl4DeyceB3rmjX5BCMeTQfu4A6qZ+X1Eqrk="
        #expect(throws: SignatureError.mismatch) { try verifyForm(code) }
        let name = "X-Twilio-Webhooks-Signature-Settings"
        #expect(try verifyForm(code, more: [(name, "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256")]) == 0)
        for value in [
            "key=k,algorithm=HMAC_MD5", "key=k", "algorithm=", "algorithm=HMAC_SHA256,algorithm=HMAC_SHA1",
            "algorithm=hmac_sha256", "x",
        ] {
            let error = #expect(throws: SignatureError.self) { try verifyForm(code, more: [(name, value)]) }
            #expect(error?.isMalformed == true, "\(value)")
        }
    }

    @Test func `refuses more fields than it counts`() {
        let body = Array(repeating: "a=1", count: 100_000).joined(separator: "&")
        let error = #expect(throws: SignatureError.self) { try verifyForm(code, body: Array(body.utf8)) }
        #expect(error?.isMalformed == true)
    }
}
