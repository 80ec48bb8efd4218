import Domain
import Providers
import Signatures
import Testing

@Suite struct WebhookSettingsTests {
    @Test(arguments: [
        (ProviderName.stripe, #"{}"#),
        (.stripe, #"{"tolerance_seconds":10}"#),
        (.standardWebhooks, #"{"tolerance_seconds":3600,"ordering_pointer":"/data/id","priority":"high"}"#),
        (.square, #"{}"#), (.twilio, #"{}"#), (.sendgrid, #"{}"#), (.zoom, #"{}"#), (.cloudinary, #"{}"#),
        (.sendgrid, #"{"tolerance_seconds":604800}"#),
        (.zoom, #"{"tolerance_seconds":60}"#),
        (.cloudinary, #"{"digest":"sha256","tolerance_seconds":86400}"#),
        (.generic, #"{}"#),
        (.generic, #"{"auth":"bearer"}"#),
        (.generic, #"{"auth":"bearer","header":"X-Gitlab-Token","type_header":"X-Gitlab-Event"}"#),
        (.generic, #"{"auth":"basic","id_header":"X-Id","type":"order.paid","priority":"low"}"#),
        (
            .generic,
            #"{"auth":"hmac-sha1","header":"X-Hub-Signature","prefix":"sha1=","encoding":"hex-upper"}"#
        ),
        (
            .generic,
            #"{"auth":"hmac-sha512","encoding":"base64","signed":"v0:{timestamp}:{url}{body}","timestamp_header":"X-T","#
                + #""tolerance_seconds":60,"tolerance_ahead_seconds":0,"id_pointer":"/id","type_pointer":"/t~1y","#
                + #""ordering_pointer":"/o/0"}"#
        ),
    ])
    func `reads what it writes`(provider: ProviderName, text: String) throws {
        let settings = try WebhookSettings(try JSONParser.parse(Array(text.utf8)), for: provider)
        #expect(settings.provider == provider)
        #expect(try WebhookSettings(settings.json, for: provider) == settings)
        #expect(try WebhookDialect.dialect(for: provider, settings: settings).provider == provider)
    }

    @Test func `writes the defaults of a generic source`() throws {
        let settings = try WebhookSettings([:], for: .generic)
        #expect(
            settings.json == [
                "auth": "hmac-sha256", "header": "x-signature", "prefix": "", "encoding": "hex",
                "signed": "{body}",
                "type": "webhook", "priority": "normal",
            ]
        )
    }

    @Test(arguments: [
        (
            ProviderName.stripe, #"{"tolerance":5}"#,
            "there is no setting `tolerance`; the settings of this provider are `tolerance_seconds`"
        ),
        (
            .stripe, #"{"tolerance_seconds":9}"#,
            "the setting `tolerance_seconds` must be a whole number of seconds from 10 to 3600"
        ),
        (
            .stripe, #"{"tolerance_seconds":3601}"#,
            "the setting `tolerance_seconds` must be a whole number of seconds from 10 to 3600"
        ),
        (
            .stripe, #"{"tolerance_seconds":"60"}"#,
            "the setting `tolerance_seconds` must be a whole number of seconds from 10 to 3600"
        ),
        (
            .square, #"{"url":"x"}"#,
            "there is no setting `url`: this provider needs none; write {} or leave them out"
        ),
        (.twilio, "[]", "the settings are not an object of keys and values; write {} for the defaults"),
        (
            .sendgrid, #"{"tolerance_seconds":299}"#,
            "the setting `tolerance_seconds` must be a whole number of seconds from 300 to 604800"
        ),
        (
            .zoom, #"{"tolerance_seconds":59}"#,
            "the setting `tolerance_seconds` must be a whole number of seconds from 60 to 86400"
        ),
        (
            .cloudinary, #"{"tolerance_seconds":86401}"#,
            "the setting `tolerance_seconds` must be a whole number of seconds from 60 to 86400"
        ),
        (.cloudinary, #"{"digest":"md5"}"#, "the setting `digest` must be one of `sha1`, `sha256`"),
        (.stripe, "[]", "the settings are not an object of keys and values; write {} for the defaults"),
        (
            .standardWebhooks, #"{"ordering_pointer":"data.id"}"#,
            "the setting `ordering_pointer` must be a JSON pointer into the body, like `/data/object/id`"
        ),
        (
            .standardWebhooks, #"{"ordering_pointer":""}"#,
            "the setting `ordering_pointer` must be a JSON pointer into the body, like `/data/object/id`"
        ),
        (
            .standardWebhooks, #"{"priority":"urgent"}"#,
            "the setting `priority` must be one of `critical`, `high`, `normal`, `low`"
        ),
        (
            .generic, #"{"auth":"hmac-md5"}"#,
            "the setting `auth` must be one of `hmac-sha1`, `hmac-sha256`, `hmac-sha512`, `bearer`, `basic`"
        ),
        (
            .generic, #"{"header":"X Signature"}"#,
            "the setting `header` must be the name of a header, like `X-Signature`"
        ),
        (
            .generic, #"{"signed":"{timestamp}.{body}"}"#,
            "`timestamp_header` and `{timestamp}` in `signed` go together: a time that is not signed proves nothing"
        ),
        (
            .generic, #"{"timestamp_header":"X-T"}"#,
            "`timestamp_header` and `{timestamp}` in `signed` go together: a time that is not signed proves nothing"
        ),
        (
            .generic, #"{"signed":"{url}"}"#,
            "the setting `signed` must be a text with `{body}` once and, where needed, `{timestamp}` and `{url}`, like `{timestamp}.{body}`"
        ),
        (
            .generic, #"{"tolerance_seconds":60}"#,
            "`tolerance_seconds` needs `timestamp_header` and `{timestamp}` in `signed`"
        ),
        (
            .generic, #"{"id_header":"X-Id","id_pointer":"/id"}"#,
            "`id_header` and `id_pointer` exclude each other: keep one"
        ),
        (
            .generic, #"{"type":"a b"}"#,
            "the setting `type` must be an event type of 1 to 128 printable ASCII characters without spaces, like `order.paid`"
        ),
        (
            .generic, #"{"type":"a","type_pointer":"/t"}"#,
            "`type` is the type of every event: leave out `type_header`/`type_pointer`, or it"
        ),
        (
            .generic, #"{"auth":"bearer","encoding":"hex"}"#,
            "`encoding` has no meaning with `auth: bearer`: leave it out"
        ),
        (
            .generic, #"{"auth":"basic","header":"X-A"}"#,
            "`header` has no meaning with `auth: basic`: leave it out"
        ),
        (.generic, #"{"prefix":"é"}"#, "the setting `prefix` must be at most 64 printable ASCII characters"),
    ])
    func `says what to write instead`(provider: ProviderName, text: String, message: String) throws {
        let json = try JSONParser.parse(Array(text.utf8))
        let error = #expect(throws: ProviderError.self) { try WebhookSettings(json, for: provider) }
        #expect(error?.description == message)
    }

    @Test func `knows its providers by name only`() throws {
        for provider in ProviderName.allCases {
            #expect(try ProviderName(name: provider.rawValue) == provider)
        }
        for name in ["", "Stripe", "stripe ", "str\u{131}pe", "paypal"] {
            #expect(throws: ProviderError.unknownProvider(name)) { try ProviderName(name: name) }
        }
    }

    @Test func `refuses settings of another provider`() {
        #expect(throws: ProviderError.otherProvider(expected: .stripe, found: .generic)) {
            try WebhookDialect.dialect(for: .stripe, settings: .generic(GenericSettings()))
        }
    }
}
