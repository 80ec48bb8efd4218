import Domain
import Providers
import Transport

extension ProxyEngine {
    /// A request that is ready to leave.
    struct Prepared: Sendable {
        let request: StreamedRequest
        let account: IntegrationAccount
        let version: String?
        /// Whether it writes, and carries an idempotency key: then its intent is durable before it leaves.
        let hasKey: Bool
        /// Whether it may leave a second time when nothing of it left the first time.
        let isRepeatable: Bool
    }

    func prepare(
        _ call: ProxyCall,
        _ integration: CallIntegration,
        _ body: ProxyBody
    ) async throws(ProxyError) -> Prepared {
        let facts = integration.dialect.facts
        let keepsEmptySegments = facts.provider.keepsEmptySegments
        guard ProxyRules.isSafe(path: call.path, keepsEmptySegments: keepsEmptySegments) else { throw .path }
        var request = ProxiedRequest(
            method: call.method,
            path: call.path,
            query: call.query,
            headers: ProxyRules.forwarded(call.headers)
        )
        let version = ProxyRules.pin(&request, facts)
        let hasKey = try await hasKey(request, facts, body)
        let account = try await account(integration)
        do {
            try ProviderCredential.put(into: &request, account, now: ports.time.now())
        } catch {
            throw Self.error(error)
        }
        if account.provider == .cloudinary, CloudinaryForm.isOne(request) {
            guard let form = CloudinaryForm(request, account, now: ports.time.now()) else {
                throw .unsupported
            }
            do throws(ProxyBody.Broken) {
                guard try await body.sign(form) else { throw ProxyBody.Broken() }
            } catch {
                throw .body
            }
        }
        let policy = ports.addressPolicy(integration.allowsPrivate)
        let url: DestinationURL
        do {
            let text = ProviderCredential.baseURL(of: account) + request.target
            url = try DestinationURL(text, policy: policy, bytesMax: limits.urlBytesMax)
        } catch .refusedAddress(let rule) {
            throw .transport(.refusedAddress(rule: rule))
        } catch {
            throw .path
        }
        let streamed = StreamedRequest(
            method: request.method,
            url: url,
            headers: request.headers.map { ($0.name, $0.value) },
            body: body.streamed,
            rule: limits.rule,
            headTimeout: limits.headTimeout,
            policy: policy
        )
        return Prepared(
            request: streamed,
            account: account,
            version: version,
            hasKey: hasKey,
            isRepeatable: hasKey || ProxyRules.isSafe(method: call.method)
        )
    }

    private func hasKey(
        _ request: ProxiedRequest,
        _ facts: ProviderFacts,
        _ body: ProxyBody
    ) async throws(ProxyError) -> Bool {
        switch ProxyRules.key(of: request, facts.idempotency) {
        case .none: return false
        case .header: return true
        case .body(let name):
            guard let length = body.length, (1...Int64(ProxyRules.readBodyBytesMax)).contains(length) else {
                return false
            }
            do {
                return ProxyRules.hasKey(try await body.readAll(), name)
            } catch {
                throw .body
            }
        }
    }

    private func account(_ integration: CallIntegration) async throws(ProxyError) -> IntegrationAccount {
        guard case .oauth = integration.dialect.facts.authentication else { return integration.account }
        do {
            return IntegrationAccount(
                provider: integration.account.provider,
                baseURL: integration.account.baseURL,
                credential: integration.account.credential,
                accessToken: try await ports.token(integration)
            )
        } catch {
            throw .credential(CallRunner.tokenFailure(error))
        }
    }

    private static func error(_ failure: ProviderCredential.Failure) -> ProxyError {
        switch failure {
        case .foreignAccount: .foreignAccount
        case .unsupported: .unsupported
        case .missing(let field):
            .credential(
                ProviderFailure(
                    .unauthorized,
                    code: "credential_missing",
                    message: "the integration has no \(field)"
                )
            )
        }
    }
}
