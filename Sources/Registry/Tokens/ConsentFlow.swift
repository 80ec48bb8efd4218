package import Domain
package import Providers
package import Storage
package import Transport
package import Vault

/// What became of a flow when the browser came back.
package enum ConsentOutcome: Hashable, Sendable {
    /// The vendor's own integration has a new refresh token.
    case connected(integration: ResourceName, vendor: ResourceName, title: String)
    /// The person said no, or the provider did; nothing was changed.
    case denied(code: String)
    /// There is no such flow: it is over, was ended before, or never began; nothing was changed.
    case unknown
    /// The provider gave no tokens, or they could not be kept; nothing was changed.
    case failed(code: String)
}

/// Connects a vendor's account at a provider: a person consents in a browser, and what comes back becomes the
/// vendor's own integration.
///
///     begin -> (consent page) -> finish -> connected | denied | failed
///
/// A flow ends once and within `life`; its state is unguessable, and a code is worth nothing without the verifier,
/// which never leaves Usher but to the provider (RFC 7636).
package final class ConsentFlow: Sendable {
    /// How long a person has.
    package static let life: Duration = .seconds(600)
    /// The most flows that have begun and not ended.
    package static let pendingMax = 1_000
    /// Where the browser comes back to, below the public URL.
    package static let path = "/api/connect/callback"
    /// How many random bytes make a state: 256 bits.
    package static let stateBytes = 32

    private let database: Database
    private let table: ConsentTable
    private let registry: ResourceRegistry
    private let endpoint: TokenEndpoint
    private let time: Time
    private let random: RandomSource
    private let redirectURI: String

    /// Makes the flow.
    ///
    /// - Parameter publicURL: the URL that browsers know, without a slash at its end.
    package init(
        database: Database,
        vault: Vault,
        registry: ResourceRegistry,
        upstream: Upstream,
        time: Time,
        random: RandomSource,
        publicURL: String,
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy
    ) {
        self.database = database
        table = ConsentTable(vault: vault)
        self.registry = registry
        endpoint = TokenEndpoint(upstream: upstream, time: time, addressPolicy: addressPolicy)
        self.time = time
        self.random = random
        redirectURI = publicURL + Self.path
    }

    /// Begins a flow and gives the URL to send the person to.
    ///
    /// - Parameter template: the platform's integration whose client asks; nil takes the first enabled one.
    /// - Throws: `RegistryError` when there is nothing to ask with, or the vendor's integration cannot be made.
    package func begin(
        vendor: ResourceName,
        provider: APIProvider,
        template: ResourceName?
    ) async throws -> String {
        let integration = try client(provider, template)
        _ = try place(vendor, provider)
        guard let flow = code(integration) else {
            throw RegistryError.invalid([
                DefinitionProblem("provider", "\(provider) asks nobody for consent")
            ])
        }
        let state = Base64.encode(random.bytes(Self.stateBytes), .urlSafe)
        let verifier = AuthorizationCode.Verifier(
            random: random.bytes(AuthorizationCode.Verifier.bytesCount)
        )
        let now = time.now()
        let pending = ConsentTable.Pending(
            vendor: vendor,
            integration: integration.id,
            verifier: verifier,
            expiresAt: now + Self.life
        )
        try await database.write { [table] transaction in
            guard try table.expire(now: now, transaction) < Self.pendingMax else {
                throw RegistryError.tooMany(limit: Self.pendingMax)
            }
            try table.insert(pending, state: state, transaction)
        }
        return flow.consentURL(state: state, verifier: verifier)
    }

    /// Ends a flow with what the browser brought back.
    ///
    /// - Throws: the storage's errors only.
    package func finish(_ answer: AuthorizationAnswer) async throws -> ConsentOutcome {
        let state =
            switch answer {
            case .code(_, let state), .denied(_, let state): state
            }
        let now = time.now()
        let taken = try await database.write { [table] in try table.take(state: state, now: now, $0) }
        guard let taken else { return .unknown }
        guard case .code(let text, _) = answer else {
            guard case .denied(let code, _) = answer else { return .unknown }
            return .denied(code: code)
        }
        guard let integration = registry.snapshot.integration(id: taken.integration),
            integration.definition.enabled, let flow = code(integration)
        else { return .failed(code: "integration_gone") }
        let request = flow.exchange(code: text, verifier: taken.verifier)
        switch await endpoint.ask(request, for: integration) {
        case .failure(let failure): return .failed(code: failure.code)
        case .success(let tokens):
            guard let refresh = tokens.refreshToken else { return .failed(code: "no_refresh_token") }
            return try await keep(refresh, taken.vendor, integration)
        }
    }

    private func keep(
        _ refresh: Secret,
        _ vendor: ResourceName,
        _ client: Integration
    ) async throws -> ConsentOutcome {
        do {
            let (name, current) = try place(vendor, client.provider)
            // The client is the platform's; what else may be said (which calendar is meant) is the vendor's own.
            let required = (client.facts?.credential ?? []).filter(\.isRequired).map(\.name)
            var credential = current?.credential ?? [:]
            for field in required { credential[field] = client.credential[field] }
            credential[ProviderFacts.refreshField] = refresh
            var definition =
                current?.definition ?? IntegrationDefinition(name: name, provider: client.provider)
            definition.vendor = vendor
            definition.baseURL = client.definition.baseURL
            definition.allowPrivate = client.definition.allowPrivate
            let change: RegistryChange =
                current == nil
                ? .createIntegration(definition, credential) : .updateIntegration(definition, credential)
            try await registry.commit([change], owner: .api)
            return .connected(integration: name, vendor: vendor, title: client.facts?.title ?? "")
        } catch let error as RegistryError {
            return .failed(code: error.code)
        }
    }

    /// The platform's integration whose client asks for consent.
    private func client(_ provider: APIProvider, _ template: ResourceName?) throws -> Integration {
        let candidates = registry.snapshot.integrations.filter {
            $0.provider == provider && $0.definition.vendor == nil && $0.definition.enabled
                && (template == nil || $0.name == template)
        }
        guard let first = candidates.first else {
            let text =
                template.map { "there is no enabled integration \($0) of \(provider)" }
                ?? "the platform has no enabled integration of \(provider), whose client could ask for consent"
            throw RegistryError.invalid([DefinitionProblem("integration", text)])
        }
        return first
    }

    /// The name of the vendor's own integration, and what is there now.
    private func place(
        _ vendor: ResourceName,
        _ provider: APIProvider
    ) throws -> (ResourceName, Integration?) {
        guard let name = ResourceName("\(vendor)-\(provider)") else {
            let text = "\(vendor)-\(provider) is longer than \(ResourceName.lengthMax) characters"
            throw RegistryError.invalid([DefinitionProblem("vendor", text)])
        }
        guard let current = registry.snapshot.integration(named: name) else { return (name, nil) }
        guard current.owner == .api else { throw RegistryError.ownedByFile("integration \(name)") }
        guard current.definition.vendor == vendor, current.provider == provider else {
            throw RegistryError.alreadyExists("another integration of the name \(name)")
        }
        return (name, current)
    }

    private func code(_ integration: Integration) -> AuthorizationCode? {
        guard let facts = integration.facts, let grant = facts.consentGrant else { return nil }
        return AuthorizationCode(
            grant,
            integration.account(),
            ownBaseURL: facts.baseURL,
            redirectURI: redirectURI
        )
    }
}
