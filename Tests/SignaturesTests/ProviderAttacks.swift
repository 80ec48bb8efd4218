import Domain
import Providers
import Signatures
import Testing

/// The signature and replay attacks of the security design against Square, Twilio, SendGrid, Zoom and Cloudinary, by
/// their numbers there.
@Suite struct ProviderAttacks {
    @Test(arguments: Party.all)
    func `0: what is not attacked is believed`(party: Party) throws {
        #expect(party.refusal(try party.signed()) == nil)
        try party.dialect.checkSecrets(party.secrets)
    }

    @Test(arguments: Party.all)
    func `1 and 2: no signature header, or an empty one`(party: Party) throws {
        let request = try party.signed()
        for name in [party.signatureHeader, party.timestampHeader].compactMap(\.self) {
            for value in [nil, ""] {
                #expect(party.refusal(request.replacing(name, value)) == .missing(header: name))
            }
        }
    }

    @Test(arguments: Party.all)
    func `3: the right code of a body written anew`(party: Party) throws {
        let request = try party.signed()
        var body = [UInt8(ascii: " ")] + request.body
        if party.dialect.provider == .twilio { body = Array("Body=x&".utf8) + request.body }
        #expect(party.refusal(request.with(body: body)) == .mismatch)
    }

    @Test(arguments: Party.all, ["", "short", "123456789012345"])
    func `4: an empty or short secret`(party: Party, text: String) throws {
        let request = try party.signed()
        #expect(party.refusal(request, keys: VerificationKeys([Secret(text)])) == .noUsableSecret)
        #expect(party.refusal(request, keys: VerificationKeys([])) == .noUsableSecret)
        #expect(throws: SecretError.self) { try party.dialect.checkSecrets([Secret(text)]) }
        #expect(throws: SecretError.none) { try party.dialect.checkSecrets([]) }
        let short = SigningKeys([Secret(text)])
        let event = SampleEvent(provider: party.dialect.provider, id: "", type: "", body: Array("a=1".utf8))
        if let forged = party.dialect.request(sending: event, to: Party.url, keys: short, now: Party.now) {
            #expect(
                party.refusal(forged, keys: VerificationKeys([Secret(text)] + party.secrets)) == .mismatch
            )
        }
    }

    @Test(arguments: Party.all)
    func `5: two headers, one of them valid`(party: Party) throws {
        let request = try party.signed()
        for name in [party.signatureHeader, party.timestampHeader].compactMap(\.self) {
            let value = try #require(request.headers.first(name))
            for other in [value, "x", ""] {
                let doubled = request.adding([(name.uppercased(), other)])
                #expect(party.refusal(doubled) == .ambiguous(header: name))
            }
        }
    }

    @Test(arguments: Party.all)
    func `6: a header of any length`(party: Party) throws {
        let value = String(repeating: "A", count: securityHeaderBytesMax + 1)
        let request = try party.signed().replacing(party.signatureHeader, value)
        #expect(party.refusal(request) == .malformed(header: party.signatureHeader, reason: "too long"))
    }

    @Test(arguments: Party.all.filter { [.zoom, .cloudinary].contains($0.dialect.provider) })
    func `7: a valid code in upper-case hexadecimal`(party: Party) throws {
        let request = try party.signed()
        let value = try #require(request.headers.first(party.signatureHeader))
        #expect(party.refusal(request.replacing(party.signatureHeader, value.uppercased())) == .mismatch)
    }

    @Test(arguments: Party.all.filter { [.square, .twilio, .sendgrid].contains($0.dialect.provider) })
    func `8: base64 with other last bits, more or less padding, or white space`(party: Party) throws {
        let request = try party.signed()
        let value = try #require(request.headers.first(party.signatureHeader))
        let bare = value.replacing("=", with: "")
        let last = try #require(bare.utf8.last)
        let other = bare.dropLast() + String(decoding: [last + 1], as: UTF8.self)
        let forgeries = [
            bare, bare + "===", bare + "====", "\(other)=", value + "=", value + "A", " " + value,
        ]
        for forgery in forgeries where forgery != value {
            #expect(party.refusal(request.replacing(party.signatureHeader, forgery)) != nil, "\(forgery)")
        }
    }

    @Test(arguments: Party.all)
    func `11, 12 and 17: another source's signature, or that of a secret withdrawn`(party: Party) throws {
        let other = party.withOtherKeys()
        let request = try other.signed()
        #expect(party.refusal(request) == .mismatch)
        let both = VerificationKeys(party.secrets + other.secrets)
        #expect(try party.dialect.verify(request, keys: both, now: Party.now) == 1)
    }

    @Test(arguments: Party.all, ["{}", " ", "\r\n", "\u{0}", "&x=1"])
    func `13: bytes after the signed body`(party: Party, addition: String) throws {
        let request = try party.signed()
        #expect(party.refusal(request.with(body: request.body + Array(addition.utf8))) != nil)
    }

    @Test(arguments: Party.all.filter(\.coversURL))
    func `15: another URL, and what a proxy says of it`(party: Party) throws {
        let request = try party.signed()
        let query = String(request.url.dropFirst(Party.url.count))
        for url in [
            "http://hooks.example.com/api/integrations/webhooks/in",
            "https://other.example.com/api/integrations/webhooks/in",
            "https://hooks.example.com/api/integrations/webhooks/other", Party.url + "/",
        ] {
            let forwarded = request.with(url: url + query).adding([
                ("x-forwarded-proto", "https"), ("x-forwarded-host", "hooks.example.com"),
                ("host", "hooks.example.com"),
            ])
            #expect(party.refusal(forwarded) == .mismatch, "\(url)")
        }
        #expect(party.refusal(request.with(url: Party.url + "?wedding=another")) == .mismatch)
    }

    @Test(arguments: Party.all)
    func `19 and 20: a repeat is the same event`(party: Party) throws {
        let first = try party.signed()
        let again = try party.signed(at: Party.now + .seconds(60))
        #expect(party.refusal(again) == nil)
        let events = try party.dialect.read(first, secret: party.secrets[0]).events
        #expect(try party.dialect.read(again, secret: party.secrets[0]).events == events)
        #expect(!events.isEmpty)
    }

    @Test(arguments: Party.all.filter { $0.timestampHeader != nil })
    func `21: a time beyond the tolerance, and at its ends`(party: Party) throws {
        let past: Int64 =
            switch party.dialect.provider {
            case .sendgrid: 90_000
            case .zoom: 5_400
            default: 7_200
            }
        let request = try party.signed()
        for (age, error) in [
            (past, nil), (past + 1, SignatureError.tooOld), (-300, nil), (-301, SignatureError.tooNew),
        ] {
            #expect(party.refusal(request, now: Party.now + .seconds(age)) == error, "\(age)")
        }
    }

    @Test(
        arguments: Party.all.filter { $0.timestampHeader != nil },
        [
            "+1800000000", " 1800000000", "1800000000 ", "1.8e9", "１８００００００００", "-1", "1_800_000_000",
            "0x6b49d200", "1800000000.0", "18000000000000000",
        ]
    )
    func `23: timestamps that are not plain digits`(party: Party, text: String) throws {
        let name = try #require(party.timestampHeader)
        #expect(party.refusal(try party.signed().replacing(name, text))?.isMalformed == true)
    }

    @Test(arguments: Party.all)
    func `52: bytes that are no text in a signature header`(party: Party) throws {
        let request = try party.signed()
        let error = SignatureError.malformed(header: party.signatureHeader, reason: "not printable ASCII")
        let value = try #require(request.headers.first(party.signatureHeader))
        for forgery in ["\u{FFFD}", value + "\u{FFFD}", value + "\n", "\u{0}" + value] {
            #expect(party.refusal(request.replacing(party.signatureHeader, forgery)) == error)
        }
    }

    @Test func `64: a form of 100 000 fields`() throws {
        let party = Party.all[1]
        let request = try party.signed()
        let body = Array(Array(repeating: "a=1", count: 100_000).joined(separator: "&").utf8)
        #expect(party.refusal(request.with(body: body))?.isMalformed == true)
        #expect(throws: DescriptionError.invalid("the form")) {
            try party.dialect.read(request.with(body: body), secret: party.secrets[0])
        }
    }
}
