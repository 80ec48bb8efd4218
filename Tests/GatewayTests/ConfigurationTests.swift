import Domain
import Gateway
import Logging
import Registry
import Testing

/// No rules beyond the table of keys.
private let anything = DefinitionRules(source: { _ in [] }, destination: { _ in [] })

private func parse(_ text: String, rules: DefinitionRules = anything) throws -> Configuration {
    try Configuration(text, file: "usher.yaml", rules: rules)
}

/// What is wrong with a text, one line each; empty when nothing is.
private func problems(_ text: String, rules: DefinitionRules = anything) -> [String] {
    do {
        _ = try Configuration(text, file: "usher.yaml", rules: rules)
        return []
    } catch .invalid(_, let problems) {
        return problems.map(\.description)
    } catch {
        return [error.description]
    }
}

private func name(_ text: String) throws -> ResourceName {
    try #require(ResourceName(text))
}

@Suite struct ConfigurationTests {
    @Test func `an empty file is the configuration of make run`() throws {
        let configuration = try parse("")
        #expect(configuration == Configuration())
        #expect(try parse("# nothing yet\n") == Configuration())
        #expect(configuration.listen == ListenAddress(host: "127.0.0.1", port: 8_080))
        #expect(configuration.publicURL == "http://127.0.0.1:8080")
        #expect(configuration.database == .sqlite(path: "./usher-data/usher.db"))
        #expect(configuration.rootKey == .file(path: "./usher-data/root.key"))
    }

    @Test func `the example of the documentation means what it says`() throws {
        let configuration = try parse(ConfigurationReference.example)
        #expect(configuration.publicURL == "https://hooks.example.com")
        #expect(
            configuration.sources == [
                SourceDefinition(
                    name: try name("stripe"),
                    provider: "stripe",
                    secrets: [.environment("STRIPE_WEBHOOK_SECRET")]
                )
            ]
        )
        #expect(
            configuration.destinations == [
                DestinationDefinition(
                    name: try name("app"),
                    url: "http://127.0.0.1:3000/hooks",
                    secrets: [.environment("APP_SECRET")],
                    allowPrivate: true
                )
            ]
        )
    }

    @Test func `every key of the server reaches its place`() throws {
        let configuration = try parse(
            """
            listen: "[::]:9443"
            database: sqlite:/var/lib/usher/usher.db
            root_key: env:USHER_ROOT_KEY
            trusted_proxies: 2
            tls: {certificate: /etc/usher/chain.pem, key: /etc/usher/key.pem}
            limits:
              connections: 20000
              requests: 64
              request_seconds: 5
              idle_seconds: 10
              header_count: 50
              header_bytes: 8192
            log: {level: debug, format: json}
            """
        )
        #expect(configuration.listen == ListenAddress(host: "::", port: 9_443))
        #expect(configuration.publicURL == "https://[::1]:9443")
        #expect(configuration.database == .sqlite(path: "/var/lib/usher/usher.db"))
        #expect(configuration.rootKey == .environment(name: "USHER_ROOT_KEY"))
        #expect(
            configuration.tls
                == TLSFiles(certificatePath: "/etc/usher/chain.pem", keyPath: "/etc/usher/key.pem")
        )
        var limits = RequestLimits()
        limits.connections = 20_000
        limits.requests = 64
        limits.requestTime = .seconds(5)
        limits.idleTime = .seconds(10)
        limits.headerCount = 50
        limits.headerBytes = 8_192
        #expect(configuration.limits == limits)
        #expect(configuration.trustedProxies == 2)
        #expect(configuration.log.level == .debug)
        #expect(configuration.log.format == .json)
    }

    @Test func `every key of a source reaches its place`() throws {
        let configuration = try parse(
            """
            sources:
              partner:
                provider: generic
                secrets: [file:/run/secrets/partner, "a literal secret of length"]
                settings: {header: X-Signature, tolerance: 300, strict: true, parts: [a, "1", 2.5, null]}
                enabled: false
                body_bytes_max: 2048
                rate_per_second: 12.5
                vendor: bakery
                allow_from: [198.51.100.0/24, "2001:db8::/32"]
                retention: {bodies_days: 7, fields_days: 30}
            """
        )
        let parts: JSONValue = .array([.string("a"), .string("1"), .number("2.5"), .null])
        let partner = SourceDefinition(
            name: try name("partner"),
            provider: "generic",
            settings: .object([
                JSONMember("header", .string("X-Signature")),
                JSONMember("tolerance", .number("300")),
                JSONMember("strict", .bool(true)),
                JSONMember("parts", parts),
            ]),
            secrets: [.file("/run/secrets/partner"), .value(SecretText("a literal secret of length"))],
            enabled: false,
            bodyBytesMax: 2_048,
            ratePerSecond: 12.5,
            vendor: try name("bakery"),
            allowFrom: ["198.51.100.0/24", "2001:db8::/32"],
            retention: SourceRetention(bodiesDays: 7, fieldsDays: 30)
        )
        #expect(configuration.sources == [partner])
    }

    @Test func `every key of a destination reaches its place`() throws {
        let configuration = try parse(
            """
            destinations:
              app:
                url: https://app.example.com/hooks
                standby_url: https://app2.example.com/hooks
                secrets: [env:NEW, env:OLD]
                events: [payment_intent.*, charge.refunded]
                sources: [partner]
                enabled: false
                allow_private: true
                concurrency: 4
                rate_per_second: 2
                timeout_seconds: 7
                attempts_max: 3
                vendor: bakery
            """
        )
        let app = DestinationDefinition(
            name: try name("app"),
            url: "https://app.example.com/hooks",
            standbyURL: "https://app2.example.com/hooks",
            secrets: [.environment("NEW"), .environment("OLD")],
            events: ["payment_intent.*", "charge.refunded"],
            sources: [try name("partner")],
            enabled: false,
            allowPrivate: true,
            concurrency: 4,
            ratePerSecond: 2,
            timeout: .seconds(7),
            attemptsMax: 3,
            vendor: try name("bakery")
        )
        #expect(configuration.destinations == [app])
    }

    @Test(arguments: [
        ("lisen: 127.0.0.1:8080", "1:1: lisen: unknown key; did you mean `listen`?"),
        ("listen: 127.0.0.1", "1:9: listen: must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080"),
        ("\n\nlisten:", "3:8: listen: must not be empty"),
        ("listen: [a]", "1:9: listen: must be a text"),
        (
            "database: 'postgres://[::1/usher'",
            "1:11: database: must be a URL such as postgres://user:password@host:5432/database?sslmode=require; "
                + "in a password, write @ : / ? # % as %40 %3A %2F %3F %23 %25"
        ),
        (
            "database: 'sqlite:'",
            "1:11: database: must be sqlite:PATH, such as sqlite:./usher-data/usher.db, or "
                + "postgres://user:password@host/database, or env:NAME or file:PATH where that URL is"
        ),
        (
            "root_key: ushrk1_0000",
            "1:11: root_key: must be file:PATH or env:NAME; the key itself never stands in this file"
        ),
        ("public_url: https://a.example/", "1:13: public_url: must not end in `/`"),
        ("public_url: https://a.example?x", "1:13: public_url: must not have a query or a fragment"),
        ("public_url: a.example", "1:13: public_url: must be a URL such as https://hooks.example.com/usher"),
        ("tls: {certificate: a.pem}", "1:6: tls.key: is missing"),
        ("tls: a.pem", "1:6: tls: must be a mapping of keys to values"),
        (
            "limits:\n  requests: 0",
            "2:13: limits.requests: must be a whole number from 1 to 65536; here it is `0`"
        ),
        (
            "limits:\n  requests: '5'",
            "2:13: limits.requests: must be a whole number from 1 to 65536; here it is `5`"
        ),
        (
            "limits:\n  requests: 0x10",
            "2:13: limits.requests: must be a whole number from 1 to 65536; here it is `0x10`"
        ),
        ("log: {format: xml}", "1:15: log.format: must be one of `text`, `json`; here it is `xml`"),
        ("sources: [a]", "1:10: sources: must be a mapping of keys to values"),
        ("sources:\n  stripe:", "2:10: sources.stripe.provider: is missing"),
        (
            "sources:\n  Stripe: {provider: stripe}",
            "2:3: sources.Stripe: the name must be 1 to 63 of a-z, 0-9 and `-`, a letter first and no `-` last"
        ),
        (
            "sources:\n  a: {provider: stripe, enabled: yes}",
            "2:34: sources.a.enabled: must be true or false; here it is `yes`"
        ),
        (
            "sources:\n  a: {provider: stripe, secrets: env:A}",
            "2:34: sources.a.secrets: must be a list, such as [one, two]"
        ),
        (
            "sources:\n  a: {provider: stripe, secrets: [env:1A]}",
            "2:35: sources.a.secrets[0]: must name an environment variable behind `env:`, such as env:APP_SECRET"
        ),
        (
            "sources:\n  a: {provider: stripe, secrets: [env:A, env:A]}",
            "2:42: sources.a.secrets[1]: stands in the list twice"
        ),
        (
            "sources:\n  a: {provider: stripe, secrets: ['file:']}",
            "2:35: sources.a.secrets[0]: must have a path behind `file:`"
        ),
        (
            "sources:\n  a: {provider: stripe, rate_per_second: .inf}",
            "2:42: sources.a.rate_per_second: must be a number from 0.01 to 100000; here it is `.inf`"
        ),
        (
            "sources:\n  a: {provider: generic, settings: [1]}",
            "2:36: sources.a.settings: must be a mapping of keys to values"
        ),
        (
            "destinations:\n  app: {url: 'ftp://a.example'}",
            "2:14: destinations.app.url: must be a URL such as https://hooks.example.com/usher"
        ),
        (
            "destinations:\n  app: {url: 'https://a.example', secret: env:A, secrets: [env:B]}",
            "2:50: destinations.app: has both `secret` and `secrets`; keep one"
        ),
        (
            "destinations:\n  app: {url: 'https://a.example', events: ['*.created']}",
            "2:44: destinations.app.events[0]: must be `*`, a prefix such as `payment_intent.*`, or a whole event type"
        ),
        (
            "destinations:\n  app: {url: 'https://a.example', atempts: 1}",
            """
            2:35: destinations.app.atempts: unknown key; known are `url`, `standby_url`, `secret`, `secrets`, \
            `events`, `sources`, `enabled`, `allow_private`, `concurrency`, `rate_per_second`, `timeout_seconds`, \
            `attempts_max`, `vendor`
            """
        ),
    ])
    func `a mistake is named with its place`(text: String, problem: String) {
        #expect(problems(text) == [problem])
    }

    @Test func `all mistakes are reported at once, in the order of the file`() {
        let text = """
            limits: {requests: many}
            listen: nowhere
            destinations:
              app: {urll: "https://a.example"}
            sources:
              b: {provider: 7}
            """
        #expect(
            problems(text).map { $0.prefix { $0 != " " } } == ["1:20:", "2:9:", "4:8:", "4:9:", "6:17:"]
        )
    }

    @Test func `rules of providers and addresses are reported at the key they are about`() {
        let rules = DefinitionRules(
            source: { $0.provider == "stripe" ? [] : [("provider", "nobody knows `\($0.provider)`")] },
            destination: { $0.allowPrivate ? [] : [("url", "needs https"), ("standby_url", "needs https")] }
        )
        let text = """
            sources:
              a: {enabled: true, provider: strip}
            destinations:
              app: {url: "http://127.0.0.1:1"}
            """
        #expect(
            problems(text, rules: rules) == [
                "2:22: sources.a.provider: nobody knows `strip`",
                "4:8: destinations.app.standby_url: needs https",
                "4:9: destinations.app.url: needs https",
            ]
        )
    }

    @Test func `the value of a secret is in no message`() {
        let short = "hunter2"
        let text = """
            sources:
              a: {provider: stripe, secrets: [\(short)]}
              b: {provider: stripe, secrets: {\(short)\(short): 1}}
            destinations:
              app: {url: "https://a.example", secret: \(short)}
            """
        let found = problems(text)
        #expect(found.count == 3)
        #expect(found.allSatisfy { !$0.contains(short) })
    }
}
