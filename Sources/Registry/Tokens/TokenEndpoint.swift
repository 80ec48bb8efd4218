import Domain
import Providers
import Transport

/// Sends token requests to where an integration's provider takes them.
struct TokenEndpoint: Sendable {
    /// How long one exchange may take in all.
    static let timeout: Duration = .seconds(10)

    let upstream: Upstream
    let time: Time
    let addressPolicy: @Sendable (Bool) -> AddressPolicy

    /// Sends a request and reads its answer; whatever goes wrong is a failure with a code.
    func ask(
        _ request: ProviderRequest,
        for integration: Integration
    ) async -> Result<OAuthExchange.Tokens, TokenFailure> {
        guard case .bytes(let body) = request.body else {
            preconditionFailure("a token request has a form for a body")
        }
        let policy = addressPolicy(integration.definition.allowPrivate)
        let url: DestinationURL
        do {
            url = try DestinationURL(request.url, policy: policy)
        } catch {
            return .failure(TokenFailure(.rejected, code: error.code))
        }
        do {
            let response = try await upstream.send(
                OutgoingRequest(
                    method: request.method,
                    url: url,
                    headers: request.headers.map { ($0.name, $0.value) },
                    body: body,
                    timeout: Self.timeout,
                    policy: policy
                )
            )
            guard (200...599).contains(response.status), !response.isCut else {
                return .failure(TokenFailure(.unavailable, code: "answer_unreadable"))
            }
            return OAuthExchange.read(
                ProviderAnswer(
                    status: response.status,
                    headers: response.headers,
                    body: response.body,
                    at: time.now()
                )
            )
        } catch {
            return .failure(TokenFailure(.unavailable, code: error.code))
        }
    }
}
