import Domain
import Providers
import Registry
import Resilience
import UsherTesting

/// Facts of a few providers, as the catalogue would give them; nil for all others.
func testFacts(_ provider: APIProvider) -> ProviderFacts? {
    switch provider {
    case .stripe:
        facts(
            .stripe,
            [.paymentsCharge, .paymentsRefund],
            [CredentialField("key", isSecret: true, help: "The secret key.")],
            limits: [ProviderLimit("endpoint", .tokenBucket(ratePerSecond: 25, burst: 25))]
        )
    case .square:
        facts(
            .square,
            [.paymentsCharge],
            [
                CredentialField("token", isSecret: true, help: "The access token."),
                CredentialField("location", isSecret: false, help: "The location."),
            ]
        )
    case .paypal:
        facts(
            .paypal,
            [.paymentsCharge],
            [
                CredentialField("client_id", isSecret: false, help: "The client."),
                CredentialField("client_secret", isSecret: true, help: "Its secret."),
            ],
            .oauth(OAuthGrant(kind: .clientCredentials, tokenEndpoint: "/v1/oauth2/token"))
        )
    case .googleCalendar:
        facts(
            .googleCalendar,
            [.calendarCreate],
            [
                CredentialField("client_id", isSecret: false, help: "The client."),
                CredentialField("client_secret", isSecret: true, help: "Its secret."),
                CredentialField(
                    "refresh_token",
                    isSecret: true,
                    isRequired: false,
                    help: "From the consent."
                ),
                CredentialField("calendar", isSecret: false, isRequired: false, help: "Which one is meant."),
            ],
            .oauth(
                OAuthGrant(
                    kind: .refreshToken,
                    tokenEndpoint: "https://oauth2.example.com/token",
                    authorizationEndpoint: "https://accounts.example.com/auth",
                    scope: "calendar",
                    authorizationParameters: ["access_type": "offline"]
                )
            )
        )
    default: nil
    }
}

private func facts(
    _ provider: APIProvider,
    _ operations: Set<Operation>,
    _ credential: [CredentialField],
    _ authentication: ProviderAuthentication = .credential,
    limits: [ProviderLimit] = []
) -> ProviderFacts {
    ProviderFacts(
        provider: provider,
        title: provider.rawValue,
        operations: operations,
        baseURL: "https://api.example.com",
        credential: credential,
        authentication: authentication,
        idempotency: .none,
        limits: limits
    )
}

extension RegistryChange {
    static func stripe(_ text: String, vendor: String? = nil) -> RegistryChange {
        .createIntegration(
            IntegrationDefinition(name: name(text), provider: .stripe, vendor: vendor.map(name)),
            ["key": Secret("sk_test_\(text)")]
        )
    }

    static func square(_ text: String) -> RegistryChange {
        .createIntegration(
            IntegrationDefinition(name: name(text), provider: .square),
            ["token": Secret("EAAA\(text)"), "location": Secret("L1")]
        )
    }

    static func paypal(_ text: String) -> RegistryChange {
        .createIntegration(
            IntegrationDefinition(name: name(text), provider: .paypal),
            ["client_id": Secret("client"), "client_secret": Secret("hidden")]
        )
    }

    static func google(_ text: String, refresh: String?) -> RegistryChange {
        var credential = ["client_id": Secret("client"), "client_secret": Secret("hidden")]
        credential["refresh_token"] = refresh.map { Secret($0) }
        return .createIntegration(
            IntegrationDefinition(name: name(text), provider: .googleCalendar),
            credential
        )
    }

    static func route(
        _ capability: Capability,
        _ order: String...,
        strategy: FailoverStrategy? = nil
    ) -> RegistryChange {
        .putRoute(RouteDefinition(capability: capability, order: order.map(name), strategy: strategy))
    }
}
