package import HTTPAPI

extension Services {
    /// The HTTP API over these services.
    package func api() -> GatewayAPI {
        GatewayAPI(
            webhooks: WebhookEndpoint(receiver: receiver),
            router: { Problem.notFound.response(for: $0.id) }
        )
    }
}
