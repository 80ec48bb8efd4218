package import Domain
import Providers
package import Storage
import Synchronization
package import Transport
package import Vault

/// The access tokens of integrations whose providers use OAuth: fetched once, shared by all, refreshed early.
///
/// | state of the token | callers get |
/// |---|---|
/// | not due | the token |
/// | due, still valid | the token, while one exchange goes on behind them |
/// | over, or not there | what one exchange brings, for which all of them wait |
/// | the last exchange failed just now | the same failure, until its hold is over |
///
/// One exchange at a time for each integration, also among nodes: whoever begins one claims the row first, and the
/// others read what it stored. New tokens are stored before anybody uses them, so that a refresh token which the
/// provider has replaced is never lost to a crash after the answer came.
package final class TokenKeeper: Sendable {
    /// How long a node may take for one exchange before another one tries.
    package static let claimLife: Duration = .seconds(20)
    /// How often a node looks whether another one's exchange has ended.
    package static let pollInterval: Duration = .milliseconds(500)
    /// How often it looks at most: longer than a claim lives.
    package static let pollsMax = 50
    /// How long a passing failure is answered from memory, unless the provider asks for more.
    package static let failureHold: Duration = .seconds(5)
    /// How long a failure that only a person can mend is answered from memory.
    package static let rejectionHold: Duration = .seconds(30)
    /// The longest wait a provider may ask for.
    package static let holdMax: Duration = .seconds(300)
    /// A token younger than this is kept when a call is refused with it: a new one would fare no better.
    package static let youngest: Duration = .seconds(10)
    /// How often new tokens are tried to be stored.
    static let storesMax = 3

    private struct Known {
        /// Which definition it belongs to: a change makes it void.
        let updatedAt: Instant
        var token: AccessToken?
        var failure: TokenFailure?
        /// Until when, by `Time.elapsed`, nothing is asked because of `failure`.
        var heldUntil = Duration.zero
    }

    private struct Flight {
        let updatedAt: Instant
        let task: Task<Secret, any Error>
    }

    private struct State {
        var known: [Int64: Known] = [:]
        var flights: [Int64: Flight] = [:]
    }

    private enum Step {
        case use(AccessToken)
        case exchange(TokenTable.Stored)
        case wait
        case needsConsent(ConsentNeed)
    }

    private let database: Database
    private let table: TokenTable
    private let registry: ResourceRegistry
    private let endpoint: TokenEndpoint
    private let time: Time
    private let state = Mutex(State())

    /// Makes a keeper that remembers nothing yet.
    package init(
        database: Database,
        vault: Vault,
        registry: ResourceRegistry,
        upstream: Upstream,
        time: Time,
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy
    ) {
        self.database = database
        table = TokenTable(vault: vault)
        self.registry = registry
        endpoint = TokenEndpoint(upstream: upstream, time: time, addressPolicy: addressPolicy)
        self.time = time
    }

    /// The access token to call with; nil for a provider without OAuth.
    ///
    /// - Throws: `TokenFailure` when there is none to be had, and the storage's errors.
    package func token(for integration: Integration) async throws -> Secret? {
        guard case .oauth(let grant) = integration.facts?.authentication else { return nil }
        if let need = integration.consent { throw TokenFailure(.consentNeeded, code: need.reason) }
        let (ready, flight) = try state.withLock { state in
            try self.look(&state, integration, grant)
        }
        if let ready { return ready }
        return try await flight?.value
    }

    /// Forgets a token that the provider did not accept, so that the next call asks for another one.
    package func invalidate(_ token: Secret, of integration: Integration) async throws {
        let now = time.now()
        let isYoung = state.withLock { state in
            guard let known = state.known[integration.id]?.token, known.secret.bytes == token.bytes else {
                return false
            }
            if now - known.issuedAt < Self.youngest, now >= known.issuedAt { return true }
            state.known[integration.id]?.token = nil
            return false
        }
        guard !isYoung else { return }
        try await database.write { [table] transaction in
            let stored = try table.load(integration.id, transaction)
            guard stored.access?.secret.bytes == token.bytes else { return }
            _ = try table.store(
                integration.id,
                access: nil,
                refresh: stored.refresh,
                over: stored.version,
                transaction
            )
        }
    }

    /// What is in memory, and the exchange to wait for where nothing is.
    private func look(
        _ state: inout State,
        _ integration: Integration,
        _ grant: OAuthGrant
    ) throws(TokenFailure) -> (Secret?, Task<Secret, any Error>?) {
        let id = integration.id
        if state.known[id]?.updatedAt != integration.updatedAt { state.known[id] = nil }
        let known = state.known[id]
        let valid = known?.token.flatMap { $0.isValid(at: time.now()) ? $0 : nil }
        if let valid, !valid.isDue(at: time.now()) { return (valid.secret, nil) }
        if let flight = state.flights[id], flight.updatedAt == integration.updatedAt {
            return (valid?.secret, flight.task)
        }
        if let known, let failure = known.failure, time.elapsed() < known.heldUntil {
            guard let valid else { throw failure }
            return (valid.secret, nil)
        }
        let task = begin(integration, grant)
        state.flights[id] = Flight(updatedAt: integration.updatedAt, task: task)
        return (valid?.secret, task)
    }

    /// A task of its own, since a caller who gives up must not lose the refresh token that the provider has just
    /// replaced; it ends by itself, within the time of one exchange and the wait for another node's.
    private func begin(_ integration: Integration, _ grant: OAuthGrant) -> Task<Secret, any Error> {
        Task {
            do {
                let token = try await self.refreshed(integration, grant)
                self.finish(integration, token, nil)
                return token.secret
            } catch {
                self.finish(integration, nil, error as? TokenFailure)
                throw error
            }
        }
    }

    private func finish(_ integration: Integration, _ token: AccessToken?, _ failure: TokenFailure?) {
        let now = time.elapsed()
        state.withLock { state in
            let id = integration.id
            if state.flights[id]?.updatedAt == integration.updatedAt { state.flights[id] = nil }
            var known = Known(updatedAt: integration.updatedAt)
            if let token {
                known.token = token
            } else {
                known.token = state.known[id]?.updatedAt == known.updatedAt ? state.known[id]?.token : nil
                known.failure = failure
                known.heldUntil = now + (failure.map(Self.hold) ?? .zero)
            }
            state.known[id] = known
        }
    }

    private static func hold(_ failure: TokenFailure) -> Duration {
        failure.isRetryable
            ? min(max(failure.wait ?? failureHold, failureHold), holdMax) : rejectionHold
    }

    /// A token that is not due: stored by another node, or by an exchange of ours.
    private func refreshed(_ integration: Integration, _ grant: OAuthGrant) async throws -> AccessToken {
        for _ in 0..<Self.pollsMax {
            switch try await step(integration) {
            case .use(let token): return token
            case .exchange(let stored): return try await exchange(integration, grant, stored)
            case .wait: try await time.sleep(Self.pollInterval)
            case .needsConsent(let need):
                try await registry.loadIfChanged()
                throw TokenFailure(.consentNeeded, code: need.reason)
            }
        }
        throw TokenFailure(.unavailable, code: "another_node_asks")
    }

    private func step(_ integration: Integration) async throws -> Step {
        let now = time.now()
        return try await database.write { [table] transaction in
            let stored = try table.load(integration.id, transaction)
            if let need = stored.consent { return .needsConsent(need) }
            if let token = stored.access, !token.isDue(at: now) { return .use(token) }
            let isClaimed = try table.claim(
                integration.id,
                over: stored.version,
                until: now + Self.claimLife,
                now: now,
                transaction
            )
            return isClaimed ? .exchange(stored) : .wait
        }
    }

    private func exchange(
        _ integration: Integration,
        _ grant: OAuthGrant,
        _ stored: TokenTable.Stored
    ) async throws -> AccessToken {
        let exchange = OAuthExchange(
            grant,
            integration.account(),
            ownBaseURL: integration.facts?.baseURL ?? ""
        )
        var result: Result<OAuthExchange.Tokens, TokenFailure>
        do {
            result = await endpoint.ask(try exchange.request(refreshToken: stored.refresh), for: integration)
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success(let tokens): return try await keep(tokens, integration, stored)
        case .failure(let failure):
            try await note(failure, grant, integration, stored)
            throw failure
        }
    }

    /// Stores what came; the loser of a race uses what the winner has stored.
    private func keep(
        _ tokens: OAuthExchange.Tokens,
        _ integration: Integration,
        _ stored: TokenTable.Stored
    ) async throws -> AccessToken {
        var tries = 1
        while true {
            do {
                return try await database.write { [table] transaction in
                    let isStored = try table.store(
                        integration.id,
                        access: tokens.access,
                        refresh: tokens.refreshToken ?? stored.refresh,
                        over: stored.version,
                        transaction
                    )
                    if isStored { return tokens.access }
                    guard let winner = try table.load(integration.id, transaction).access else {
                        throw TokenFailure(.unavailable, code: "credential_changed")
                    }
                    return winner
                }
            } catch let error as StorageError where error.isRetryable && tries < Self.storesMax {
                tries += 1
                try await time.sleep(Self.pollInterval)
            }
        }
    }

    private func note(
        _ failure: TokenFailure,
        _ grant: OAuthGrant,
        _ integration: Integration,
        _ stored: TokenTable.Stored
    ) async throws {
        let needsPerson = failure.kind == .consentNeeded && grant.kind == .refreshToken
        let need = ConsentNeed(since: time.now(), reason: failure.code)
        let isMarked = try await database.write { [table] transaction in
            guard needsPerson else {
                try table.release(integration.id, over: stored.version, transaction)
                return false
            }
            try RegistryVersion.beginChange(transaction)
            return try table.mark(integration.id, need, over: stored.version, transaction)
        }
        if isMarked { try await registry.load() }
    }
}
