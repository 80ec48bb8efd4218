import Providers
import Registry

extension ConfigurationKey {
    /// The keys of integrations.
    static let integrationKeys: [ConfigurationKey] = [
        ConfigurationKey(
            path: "integrations",
            kind: .sections,
            summary: "The accounts at providers that calls are made with."
        ),
        ConfigurationKey(
            path: "integrations.NAME.provider",
            kind: .choice(APIProvider.allCases.map(\.rawValue)),
            isRequired: true,
            summary: "Whose API it is."
        ),
        ConfigurationKey(
            path: "integrations.NAME.credential",
            kind: .credential,
            isSecret: true,
            summary:
                "The account's key, or several values by name. `usher check-config` says which ones a provider needs; "
                + "a value that stands alone is the first of them."
        ),
        ConfigurationKey(
            path: "integrations.NAME.base_url",
            kind: .text(form: "http(s) URL", problem: TextRule.url),
            summary: "Where the API is, for a sandbox or a stand-in. Left out: the provider's own place."
        ),
        ConfigurationKey(
            path: "integrations.NAME.allow_private",
            kind: .flag,
            standard: "false",
            summary: "Whether `base_url` may be a loopback or private address, and plain `http`."
        ),
        ConfigurationKey(
            path: "integrations.NAME.enabled",
            kind: .flag,
            standard: "true",
            summary: "Whether calls are made with it."
        ),
        ConfigurationKey(
            path: "integrations.NAME.vendor",
            kind: .text(form: "name", problem: TextRule.name),
            summary:
                "The vendor the account belongs to. Left out: the platform, whose integrations routes name."
        ),
        ConfigurationKey(
            path: "integrations.NAME.limits",
            kind: .settings,
            standard: "{}",
            summary:
                "The provider's limits where this account has other amounts, by the limit's name: "
                + "`{per_second: 25, burst: 50}`, `{count: 1000, window_seconds: 3600}` or `{in_flight: 25}`."
        ),
        ConfigurationKey(
            path: "integrations.NAME.settings",
            kind: .settings,
            standard: "{}",
            summary: "The provider's own settings; none has any so far."
        ),
    ]

    /// The keys of routes.
    static let routeKeys: [ConfigurationKey] = [
        ConfigurationKey(
            path: "routes",
            kind: .sections,
            summary:
                "Which integrations of this file serve what. The names are "
                + Capability.allCases.map { "`\($0)`" }.joined(separator: ", ")
                + ". Without a route every enabled integration of the platform that can serves, in the order of the "
                + "providers above."
        ),
        ConfigurationKey(
            path: "routes.NAME.order",
            kind: .texts(form: "name", atMost: RouteDefinition.orderMax, problem: TextRule.name),
            isRequired: true,
            summary: "The integrations, best first."
        ),
        ConfigurationKey(
            path: "routes.NAME.strategy",
            kind: .choice(FailoverStrategy.allCases.map(\.rawValue)),
            summary:
                "How calls move to the next one when the first fails: all at once, a growing share, or only when a "
                + "person changes the order. Left out: `immediate`; `manual` for calendars, which knows no other."
        ),
    ]
}
