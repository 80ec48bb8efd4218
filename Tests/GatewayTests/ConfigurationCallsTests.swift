import Domain
import Gateway
import Providers
import Registry
import Testing

/// What is wrong with a text by all rules, one line each; empty when nothing is.
private func problems(_ text: String) -> [String] {
    do {
        _ = try Configuration(text, file: "usher.yaml", rules: .registry)
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

struct ConfigurationCallsTests {
    private static let file = """
        integrations:
          stripe-main: {provider: stripe, credential: env:STRIPE_KEY, base_url: http://127.0.0.1:8421,
            allow_private: true}
          square-backup:
            provider: square
            credential: {token: env:SQUARE_TOKEN, location: L1}
            enabled: false
        routes:
          payments: {order: [stripe-main, square-backup], strategy: gradual}
        """

    @Test func `integrations and routes mean what they say`() throws {
        let configuration = try Configuration(Self.file, file: "usher.yaml", rules: .registry)
        #expect(
            configuration.integrations == [
                IntegrationDefinition(
                    name: try name("stripe-main"),
                    provider: .stripe,
                    credential: ["key": .environment("STRIPE_KEY")],
                    baseURL: "http://127.0.0.1:8421",
                    allowPrivate: true
                ),
                IntegrationDefinition(
                    name: try name("square-backup"),
                    provider: .square,
                    credential: [
                        "token": .environment("SQUARE_TOKEN"), "location": .value(SecretText("L1")),
                    ],
                    enabled: false
                ),
            ]
        )
        #expect(
            configuration.routes == [
                RouteDefinition(
                    capability: .payments,
                    order: [try name("stripe-main"), try name("square-backup")],
                    strategy: .gradual
                )
            ]
        )
    }

    @Test func `the example of the documentation keeps the registry's rules`() {
        #expect(problems(ConfigurationReference.example) == [])
    }

    @Test func `credentials are read where they are, and travel with the file`() throws {
        let configuration = try Configuration(Self.file, file: "usher.yaml", rules: .registry)
        let values = ["STRIPE_KEY": "sk_test_1", "SQUARE_TOKEN": "EAAA"]
        let resolver = SecretResolver(
            environment: { values[$0] },
            file: { _ throws(SecretResolutionError.Reason) in throw .notSet }
        )
        let desired = try configuration.desired(resolver)
        #expect(desired.integrations.map(\.definition.credential) == [[:], [:]])
        #expect(
            desired.integrations.map { $0.credential.mapValues { String(decoding: $0.bytes, as: UTF8.self) } }
                == [["key": "sk_test_1"], ["token": "EAAA", "location": "L1"]]
        )
        let document = try ApplyDocument.json(configuration, resolver: resolver)
        let sent = document["integrations"]?.array?.map { $0["credential"] }
        #expect(sent == [["key": "sk_test_1"], ["location": "L1", "token": "EAAA"]])
        #expect(document["routes"]?.array?.first?["strategy"] == "gradual")
        let missing = SecretResolver(
            environment: { _ in nil },
            file: { _ throws(SecretResolutionError.Reason) in throw .notSet }
        )
        #expect(throws: SecretResolutionError.self) { try configuration.desired(missing) }
    }

    @Test(
        arguments: [
            (
                "integrations:\n  a: {provider: stripe}", "integrations.a.credential.key"
            ),
            (
                "integrations:\n  a: {provider: stripe, credential: {kye: env:K, key: env:K}}",
                "integrations.a.credential.kye"
            ),
            ("integrations:\n  a: {provider: strype, credential: env:K}", "integrations.a.provider"),
            (
                "integrations:\n  webhooks: {provider: stripe, credential: env:K}",
                "integrations.webhooks.name"
            ),
            (
                "integrations:\n  a: {provider: stripe, credential: env:K, base_url: http://10.0.0.1}",
                "integrations.a.base_url"
            ),
            (
                "integrations:\n  a: {provider: stripe, credential: env:K, limits: {x: {per_second: 0}}}",
                "integrations.a.limits"
            ),
            (
                "integrations:\n  a: {provider: stripe, credential: 'env:not a name'}",
                "integrations.a.credential"
            ),
            ("routes:\n  payments: {order: [a]}", "routes.payments.order"),
            ("routes:\n  things: {order: [a]}", "routes.things"),
            ("routes:\n  payments: {strategy: immediate}", "routes.payments.order"),
            (
                "integrations:\n  a: {provider: stripe, credential: env:K}\nroutes:\n  sms: {order: [a]}",
                "routes.sms.order"
            ),
        ]
    )
    func `a mistake is named at its key`(_ text: String, _ key: String) {
        let found = problems(text)
        #expect(found.count == 1 && found.first?.contains(key) == true, "\(found)")
    }

    @Test func `a message never shows a credential`() {
        let found = problems(
            "integrations:\n  a: {provider: stripe, credential: {key: hidden-key, x: hidden-x}}"
        )
        #expect(found.count == 1 && !found.joined().contains("hidden"))
    }
}
