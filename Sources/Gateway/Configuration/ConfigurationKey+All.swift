import HTTPAPI
import Logging
import Providers
import Registry

extension ConfigurationKey {
    /// Every key of `usher.yaml`.
    static let all: [ConfigurationKey] =
        server + sourceKeys + destinationKeys + integrationKeys + routeKeys + alertKeys

    private static let server: [ConfigurationKey] =
        [
            ConfigurationKey(
                path: "listen",
                kind: .text(form: "HOST:PORT", problem: TextRule.listen),
                standard: "\(ListenAddress.standard)",
                summary:
                    "Where the server listens. Anything but loopback should come with `tls` or a proxy in front."
            ),
            ConfigurationKey(
                path: "public_url",
                kind: .text(form: "http(s) URL", problem: TextRule.publicURL),
                summary:
                    "How the outside reaches this server. Signatures over a URL are checked against it. Left out: "
                    + "`http://` (with `tls`: `https://`) and `listen`."
            ),
            ConfigurationKey(
                path: "database",
                kind: .text(
                    form: "`sqlite:PATH`, `postgres://…`, or `env:NAME` or `file:PATH` where that URL is",
                    problem: TextRule.database
                ),
                standard: "\(DatabaseLocation.standard)",
                summary:
                    "Where events are stored: a file for one node, or a PostgreSQL database that several may share."
            ),
            ConfigurationKey(
                path: "root_key",
                kind: .text(form: "`file:PATH` or `env:NAME`", problem: TextRule.rootKey),
                standard: "\(RootKeyLocation.standard)",
                summary:
                    "Where the root key is read from. A file is made on the first start, for its owner only. "
                    + "Without this key nothing that is stored can be read: keep a copy apart from the backups."
            ),
            ConfigurationKey(
                path: "trusted_proxies",
                kind: .whole(0...TrustedProxies.hopsMax),
                unit: "hops",
                standard: "0",
                summary:
                    "How many proxies every request passes, each of which adds the address it was reached from to "
                    + "`X-Forwarded-For`. 0: the peer is the client and the field means nothing. N: the client is "
                    + "the Nth entry from the right."
            ),
            ConfigurationKey(
                path: "tls",
                kind: .section,
                summary: "The server's certificate. TLS 1.2 at least, 1.3 preferred. Left out: plain HTTP."
            ),
            ConfigurationKey(
                path: "tls.certificate",
                kind: .text(form: "path", problem: TextRule.path),
                isRequired: true,
                summary: "The certificate chain in PEM, the server's own certificate first."
            ),
            ConfigurationKey(
                path: "tls.key",
                kind: .text(form: "path", problem: TextRule.path),
                isRequired: true,
                summary: "The private key in PEM. The key itself stays in its file."
            ),
        ] + limits + logging + healthKeys

    private static let limits: [ConfigurationKey] = [
        ConfigurationKey(path: "limits", kind: .section, summary: "What the server takes at most."),
        ConfigurationKey(
            path: "limits.connections",
            kind: .whole(16...200_000),
            standard: "\(RequestLimits().connections)",
            summary: "The most open connections; further ones get 503 and are closed."
        ),
        ConfigurationKey(
            path: "limits.requests",
            kind: .whole(1...65_536),
            standard: "\(RequestLimits().requests)",
            summary: "The most requests at a time; further ones get 503 with `Retry-After`."
        ),
        ConfigurationKey(
            path: "limits.request_seconds",
            kind: .whole(1...300),
            unit: "s",
            standard: "\(RequestLimits().requestTime.components.seconds)",
            summary: "How long a request may take from its first byte to its answer."
        ),
        ConfigurationKey(
            path: "limits.idle_seconds",
            kind: .whole(5...3_600),
            unit: "s",
            standard: "\(RequestLimits().idleTime.components.seconds)",
            summary: "How long a connection may stay without a request."
        ),
        ConfigurationKey(
            path: "limits.header_count",
            kind: .whole(16...1_000),
            standard: "\(RequestLimits().headerCount)",
            summary: "The most header fields of a request."
        ),
        ConfigurationKey(
            path: "limits.header_bytes",
            kind: .whole(1_024...65_536),
            unit: "bytes",
            standard: "\(RequestLimits().headerBytes)",
            summary: "The most bytes of all header fields of a request."
        ),
    ]

    private static let logging: [ConfigurationKey] = [
        ConfigurationKey(path: "log", kind: .section, summary: "What is logged, on standard error."),
        ConfigurationKey(
            path: "log.level",
            kind: .choice(Logger.Level.allCases.map(\.rawValue)),
            standard: LogFormatting().level.rawValue,
            summary: "The least severe level that is written."
        ),
        ConfigurationKey(
            path: "log.format",
            kind: .choice(LogFormatting.Format.allCases.map(\.rawValue)),
            standard: LogFormatting().format.rawValue,
            summary: "Lines for people, or one JSON object a line."
        ),
    ]

    private static let sourceKeys: [ConfigurationKey] = [
        ConfigurationKey(
            path: "sources",
            kind: .sections,
            summary: "Inbound webhook endpoints. `NAME` stands in the URL `/api/integrations/webhooks/NAME`."
        ),
        ConfigurationKey(
            path: "sources.NAME.provider",
            kind: .text(form: "provider", problem: TextRule.name),
            isRequired: true,
            summary: "Whose webhooks these are: "
                + ProviderName.allCases.map { "`\($0)`" }.joined(separator: ", ") + "."
        ),
        ConfigurationKey(
            path: "sources.NAME.secrets",
            kind: .texts(form: "secret", atMost: SourceDefinition.secretsMax, problem: TextRule.secret),
            standard: "[]",
            isSecret: true,
            summary:
                "What the provider signs with; any may match, so that a secret can be replaced without a gap. "
                + "At least 16 bytes each. Without one the source takes nothing in."
        ),
        ConfigurationKey(
            path: "sources.NAME.settings",
            kind: .settings,
            standard: "{}",
            summary: "The provider's own settings."
        ),
        ConfigurationKey(
            path: "sources.NAME.enabled",
            kind: .flag,
            standard: "true",
            summary: "Whether webhooks are taken in; a disabled source answers 404."
        ),
        ConfigurationKey(
            path: "sources.NAME.body_bytes_max",
            kind: .whole(SourceDefinition.bodyBytesRange),
            unit: "bytes",
            standard: "\(SourceDefinition.bodyBytesDefault)",
            summary: "The largest body; a larger one gets 413."
        ),
        ConfigurationKey(
            path: "sources.NAME.rate_per_second",
            kind: .number(0.01...100_000),
            unit: "webhooks/s",
            summary:
                "The most webhooks a second, with a burst of one second; more get 503. Left out: no limit."
        ),
        ConfigurationKey(
            path: "sources.NAME.vendor",
            kind: .text(form: "name", problem: TextRule.name),
            summary: "The vendor the source belongs to. Left out: the platform."
        ),
        ConfigurationKey(
            path: "sources.NAME.allow_from",
            kind: .texts(
                form: "address or prefix",
                atMost: SourceDefinition.rangesMax,
                problem: TextRule.addressRange
            ),
            standard: "[]",
            summary:
                "The only addresses it may be sent to from, IPv4 and IPv6: `192.0.2.0/24`, `2001:db8::/32`. Others get "
                + "403 before anything is verified. Behind proxies set `trusted_proxies`. An empty list is everywhere."
        ),
        ConfigurationKey(
            path: "sources.NAME.retention",
            kind: .section,
            summary: "How long what the source has sent is kept, in whole UTC days."
        ),
        ConfigurationKey(
            path: "sources.NAME.retention.bodies_days",
            kind: .whole(SourceRetention.daysRange),
            unit: "days",
            standard: "\(SourceRetention.standard.bodiesDays)",
            summary:
                "How long bodies can be read, shown and delivered. Then their keys are destroyed; deliveries that "
                + "still wait become dead letters."
        ),
        ConfigurationKey(
            path: "sources.NAME.retention.fields_days",
            kind: .whole(SourceRetention.daysRange),
            unit: "days",
            standard: "\(SourceRetention.standard.fieldsDays)",
            summary:
                "How long everything else is kept: events, deliveries, tries; at least `bodies_days`. An event whose "
                + "delivery still waits is kept. That an event has come before is remembered for "
                + "\(SourceRetention.keysDaysMin) days at least."
        ),
    ]

    private static let destinationKeys: [ConfigurationKey] =
        [
            ConfigurationKey(
                path: "destinations",
                kind: .sections,
                summary: "Where events are delivered to."
            ),
            ConfigurationKey(
                path: "destinations.NAME.url",
                kind: .text(form: "http(s) URL", problem: TextRule.url),
                isRequired: true,
                summary: "Deliveries are posted here. `https`, unless `allow_private` is true."
            ),
            ConfigurationKey(
                path: "destinations.NAME.standby_url",
                kind: .text(form: "http(s) URL", problem: TextRule.url),
                summary: "The second URL, used with the same `webhook-id` while the first is down."
            ),
            ConfigurationKey(
                path: "destinations.NAME.secret",
                kind: .text(form: "secret", problem: TextRule.secret),
                isSecret: true,
                summary: "What deliveries are signed with (Standard Webhooks). At least 16 bytes."
            ),
            ConfigurationKey(
                path: "destinations.NAME.secrets",
                kind: .texts(
                    form: "secret",
                    atMost: DestinationDefinition.secretsMax,
                    problem: TextRule.secret
                ),
                isSecret: true,
                summary:
                    "In place of `secret` while one is being replaced, the newest first: deliveries carry a "
                    + "signature of each."
            ),
            ConfigurationKey(
                path: "destinations.NAME.events",
                kind: .texts(
                    form: "event pattern",
                    atMost: DestinationDefinition.eventsMax,
                    problem: TextRule.eventPattern
                ),
                standard: "[\"*\"]",
                summary: "The event types wanted: `*`, `payment_intent.*`, `charge.refunded`."
            ),
            ConfigurationKey(
                path: "destinations.NAME.sources",
                kind: .texts(form: "name", atMost: 256, problem: TextRule.name),
                standard: "[]",
                summary: "The sources whose events are wanted; an empty list is all."
            ),
            ConfigurationKey(
                path: "destinations.NAME.enabled",
                kind: .flag,
                standard: "true",
                summary: "Whether deliveries are made; events for a disabled destination wait."
            ),
            ConfigurationKey(
                path: "destinations.NAME.allow_private",
                kind: .flag,
                standard: "false",
                summary: "Whether loopback and private addresses, and plain `http`, are allowed."
            ),
        ] + deliveryKeys

    private static let deliveryKeys: [ConfigurationKey] = [
        ConfigurationKey(
            path: "destinations.NAME.concurrency",
            kind: .whole(DestinationDefinition.concurrencyRange),
            standard: "\(DestinationDefinition.concurrencyDefault)",
            summary: "The most deliveries in flight."
        ),
        ConfigurationKey(
            path: "destinations.NAME.rate_per_second",
            kind: .number(0.01...100_000),
            unit: "deliveries/s",
            summary: "The most deliveries a second, with a burst of one second. Left out: no limit."
        ),
        ConfigurationKey(
            path: "destinations.NAME.timeout_seconds",
            kind: .whole(seconds(DestinationDefinition.timeoutRange)),
            unit: "s",
            standard: "\(DestinationDefinition.timeoutDefault.components.seconds)",
            summary: "How long one attempt may take in all."
        ),
        ConfigurationKey(
            path: "destinations.NAME.attempts_max",
            kind: .whole(DestinationDefinition.attemptsRange),
            standard: "\(DestinationDefinition.attemptsDefault)",
            summary: "The most attempts before a delivery becomes a dead letter."
        ),
        ConfigurationKey(
            path: "destinations.NAME.vendor",
            kind: .text(form: "name", problem: TextRule.name),
            summary: "The vendor the destination belongs to. Left out: the platform."
        ),
    ]
}

private func seconds(_ range: ClosedRange<Duration>) -> ClosedRange<Int> {
    Int(range.lowerBound.components.seconds)...Int(range.upperBound.components.seconds)
}
