package import Domain
package import Logging
package import Providers

/// Several vendors on ports of one machine, each provider always on the same port.
package struct VendorSet: Sendable {
    /// A vendor's place.
    package struct Place: Hashable, Sendable {
        /// Whose API it is.
        package let provider: APIProvider
        /// The port.
        package let port: Int

        /// What to configure as `base_url`.
        package var url: String { "http://127.0.0.1:\(port)" }
    }

    /// The vendors' places, in the catalogue's order.
    package let places: [Place]
    private let webhooksTo: String?

    /// Puts vendors on ports: Stripe on the one behind `portBase`, and each further provider on the next.
    /// - Parameter only: which providers; empty is every one that can be played.
    /// - Parameter webhooksTo: where webhooks go, without the provider's name at the end; nil sends none.
    package init(only: [APIProvider], portBase: Int, webhooksTo: String?) {
        let playable = VendorCatalogue.providers
        places = APIProvider.allCases.enumerated().compactMap { index, provider in
            guard playable.contains(provider), only.isEmpty || only.contains(provider) else { return nil }
            return Place(provider: provider, port: portBase + 1 + index)
        }
        self.webhooksTo = webhooksTo
    }

    /// Where a provider's webhooks go; nil when none are sent, for want of a place or a key.
    package func webhookURL(_ provider: APIProvider) -> String? {
        guard let webhooksTo, VendorCatalogue.webhookSecret(provider) != nil else { return nil }
        return webhooksTo + "/" + provider.rawValue
    }

    /// A server for each place.
    /// - Parameter seed: what the vendors draw from; each provider has its own sequence.
    /// - Parameter send: posts a webhook and gives the status; nil when there was no answer.
    /// - Parameter started: called with each place once it is listened at.
    package func servers(
        seed: UInt64,
        time: Time,
        logger: Logger,
        send: @escaping @Sendable (VendorWebhook) async -> Int?,
        started: @escaping @Sendable (Place) async -> Void = { _ in }
    ) -> [VendorServer] {
        places.compactMap { place in
            let secret = VendorCatalogue.webhookSecret(place.provider)
            let settings = VendorSettings(
                webhookURL: webhookURL(place.provider),
                webhookKeys: secret.map { SigningKeys([Secret($0)]) }
            )
            return VendorCatalogue.vendor(place.provider, settings: settings).map { vendor in
                VendorServer(
                    FaultyVendor(vendor),
                    port: place.port,
                    seed: seed &+ UInt64(place.port),
                    time: time,
                    logger: logger,
                    send: send,
                    started: { _ in await started(place) }
                )
            }
        }
    }

    /// What to write into `usher.yaml` to call these vendors, and to take their webhooks.
    package var configuration: [String] {
        var lines = ["integrations:"]
        for place in places {
            lines += [
                "  \(place.provider):", "    provider: \(place.provider)", "    base_url: \(place.url)",
                "    allow_private: true",
            ]
            let fields = VendorCatalogue.credential(place.provider)
            guard !fields.isEmpty else { continue }
            lines.append("    credential:")
            lines += fields.map { "      \($0.field): env:\(Self.variable(place.provider, $0.field))" }
        }
        let sources = places.map(\.provider).filter { webhookURL($0) != nil }
        guard !sources.isEmpty else { return lines }
        lines.append("sources:")
        for provider in sources {
            let secret = Self.variable(provider, "webhook_secret")
            lines += ["  \(provider):", "    provider: \(provider)", "    secrets: [env:\(secret)]"]
        }
        return lines
    }

    /// The environment that `configuration` refers to.
    package var environment: [(name: String, value: String)] {
        places.flatMap { place in
            var variables = VendorCatalogue.credential(place.provider).map { field, value in
                (name: Self.variable(place.provider, field), value: value)
            }
            if webhookURL(place.provider) != nil,
                let secret = VendorCatalogue.webhookSecret(place.provider)
            {
                variables.append((name: Self.variable(place.provider, "webhook_secret"), value: secret))
            }
            return variables
        }
    }

    /// `SANDBOX_STRIPE_KEY`.
    private static func variable(_ provider: APIProvider, _ field: String) -> String {
        let name = "SANDBOX_\(provider.rawValue)_\(field)"
        return String(
            decoding: name.utf8.map { byte in
                switch byte {
                case 0x61...0x7A: byte - 0x20
                case UInt8(ascii: "-"): UInt8(ascii: "_")
                default: byte
                }
            },
            as: UTF8.self
        )
    }

    /// The places for programs.
    package var json: JSONValue {
        let vendors = places.map { place -> JSONValue in
            let fields = VendorCatalogue.credential(place.provider)
            return [
                "provider": .string(place.provider.rawValue), "url": .string(place.url),
                "credential": .object(fields.map { JSONMember($0.field, .string($0.value)) }),
                "webhooks_to": webhookURL(place.provider).map { .string($0) } ?? .null,
            ]
        }
        return ["vendors": .array(vendors)]
    }
}
