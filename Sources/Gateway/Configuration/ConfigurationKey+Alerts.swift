import Health

extension ConfigurationKey {
    /// The keys of alerts.
    static let alertKeys: [ConfigurationKey] = [
        ConfigurationKey(
            path: "alerts",
            kind: .section,
            summary: "Who is told of incidents, and when. Read when the server starts."
        ),
        ConfigurationKey(
            path: "alerts.contact",
            kind: .text(form: "`mailto:` or `https:` URL", problem: TextRule.contact),
            summary: "How browsers' push services find whoever runs this gateway. Left out: `public_url`."
        ),
        ConfigurationKey(path: "alerts.channels", kind: .sections, summary: "The ways to tell somebody."),
        ConfigurationKey(
            path: "alerts.channels.NAME.type",
            kind: .choice(["webhook", "slack", "email", "sms", "push"]),
            isRequired: true,
            summary:
                "`webhook` posts JSON; `slack` writes to a chat's incoming webhook; `email` and `sms` leave by the "
                + "integrations of this gateway; `push` reaches the browsers that subscribed (`POST /api/push/subscriptions`)."
        ),
        ConfigurationKey(
            path: "alerts.channels.NAME.url",
            kind: .text(form: "http(s) URL, `env:NAME` or `file:PATH`", problem: TextRule.secretURL),
            isSecret: true,
            summary: "Where a `webhook` or `slack` channel is."
        ),
        ConfigurationKey(
            path: "alerts.channels.NAME.secret",
            kind: .text(form: "`env:NAME`, `file:PATH` or the secret", problem: TextRule.secret),
            isSecret: true,
            summary: "Signs what a `webhook` channel gets, by Standard Webhooks. Left out: it is not signed."
        ),
        ConfigurationKey(
            path: "alerts.channels.NAME.allow_private",
            kind: .flag,
            standard: "false",
            summary: "Whether `url` may be a loopback or private address, and plain `http`."
        ),
        ConfigurationKey(
            path: "alerts.channels.NAME.to",
            kind: .texts(form: "address or number", atMost: AlertChannel.addresseesMax) {
                $0.isEmpty ? "must not be empty" : nil
            },
            summary:
                "E-mail addresses of an `email` channel, or numbers like +34600111222 of an `sms` channel."
        ),
        ConfigurationKey(
            path: "alerts.channels.NAME.from",
            kind: .text(form: "address or number") { $0.isEmpty ? "must not be empty" : nil },
            summary: "The sender of an `email` or `sms` channel. Left out: the integration's own."
        ),
        ConfigurationKey(
            path: "alerts.channels.NAME.level",
            kind: .choice(AlertLevel.allCases.map(\.rawValue)),
            standard: AlertLevel.warning.rawValue,
            summary: "Quieter alerts do not come here."
        ),
        ConfigurationKey(
            path: "alerts.channels.NAME.after_minutes",
            kind: .whole(0...Int(AlertChannel.afterMax.components.seconds / 60)),
            unit: "minutes",
            standard: "0",
            summary:
                "When this channel is told unless somebody has taken the alert, counted from its begin. The wait "
                + "shrinks as the next timeline item of a wedding nears."
        ),
    ]
}
