package import Domain
import Logging
package import Providers
package import Registry
import Resilience
package import Signatures
import Storage
import Synchronization
package import Transport
package import Vault

/// What to answer to a webhook.
package enum Reception: Sendable {
    /// It is durable; answer as the provider expects. One outcome for each event it held.
    case acknowledged(Acknowledgement, [AppendOutcome])
    /// A question of the provider, answered; nothing was stored.
    case answered(Acknowledgement, Handshake)
    /// There is no enabled source of this name: 404.
    case unknownSource
    /// The provider does not send with this method: 405.
    case wrongMethod(allowed: [String])
    /// It came from an address that the source does not take webhooks from: 403.
    case blocked(AddressRefusal)
    /// It did not verify: 400 when malformed, else 401.
    case refused(SignatureError)
    /// It verified but cannot be read: 400.
    case unreadable(DescriptionError)
    /// Usher cannot take it now; the provider must send it again.
    case busy(status: Int, retryAfter: Duration, code: String)
}

/// Takes webhooks in: verify, read, seal, commit, and only then answer.
package final class Receiver: Sendable {
    /// What the sender is told to wait when Usher cannot take a webhook.
    package static let retryAfter = Duration.seconds(5)

    private let registry: ResourceRegistry
    private let weddings: WeddingRegistry
    private let vault: Vault
    private let store: WebhookStore
    private let activity: WebhookActivity
    private let publicURL: String
    private let time: Time
    private let random: RandomSource
    private let stored: @Sendable ([Int64]) -> Void
    private let certificates: CertificateStore
    private let heard: @Sendable (Int64, Instant) -> Void
    private let understood: @Sendable (Source, EventDescription, [UInt8]) async throws -> Void
    private let rates = Mutex([Int64: TokenBucket]())

    /// Wires the receiver.
    ///
    /// - Parameters:
    ///   - publicURL: the configured URL that providers know, without a slash at its end.
    ///   - certificates: fetches what providers sign with, and confirms subscriptions.
    ///   - stored: told after each commit which destinations have new work.
    ///   - heard: told after each commit which source has sent, and when.
    ///   - understood: told after each commit what has come to which source, duplicates too; when it throws, the provider must send the
    ///     webhook again.
    package init(
        registry: ResourceRegistry,
        weddings: WeddingRegistry,
        vault: Vault,
        store: WebhookStore,
        activity: WebhookActivity,
        publicURL: String,
        certificates: CertificateStore,
        time: Time,
        random: RandomSource,
        stored: @escaping @Sendable ([Int64]) -> Void,
        heard: @escaping @Sendable (Int64, Instant) -> Void,
        understood: @escaping @Sendable (Source, EventDescription, [UInt8]) async throws -> Void = {
            _,
            _,
            _ in
        }
    ) {
        self.understood = understood
        self.registry = registry
        self.weddings = weddings
        self.vault = vault
        self.store = store
        self.activity = activity
        self.publicURL = publicURL
        self.certificates = certificates
        self.time = time
        self.random = random
        self.stored = stored
        self.heard = heard
    }

    /// The path under which sources take webhooks in.
    package static let path = "/api/integrations/webhooks/"

    /// The largest body the source takes, in bytes; nil when there is no enabled source of this name.
    package func bodyBytesMax(source name: String) -> Int? {
        guard let source = registry.snapshot.sources[name], source.definition.enabled else { return nil }
        return source.definition.bodyBytesMax
    }

    /// Takes one webhook in; returns when the answer may leave.
    /// - Parameters:
    ///   - query: what stands after the `?` of the URL, as sent; empty for none.
    ///   - client: finds the sender's address; only asked when the source has an allow-list.
    package func receive(
        source name: String,
        method: String,
        query: String = "",
        client: () -> IPAddress? = { nil },
        headers: Headers,
        body: [UInt8]
    ) async -> Reception {
        let snapshot = registry.snapshot
        guard let source = snapshot.sources[name], source.definition.enabled else { return .unknownSource }
        let now = time.now()
        if let refusal = AddressRefusal(source, client) {
            activity.blocked(source.id, refusal.code, at: now)
            return .blocked(refusal)
        }
        let dialect = source.dialect
        guard dialect.manners.methods.contains(where: { $0.utf8.elementsEqual(method.utf8) }) else {
            return .wrongMethod(allowed: dialect.manners.methods)
        }
        let request = WebhookRequest(
            method: method,
            url: publicURL + Self.path + name + (query.isEmpty ? "" : "?" + query),
            headers: headers,
            body: body
        )
        if let unsigned = dialect.unsignedAnswer(request) {
            return .answered(unsigned.acknowledgement, unsigned.handshake)
        }
        let keys: VerificationKeys
        let secret: RegistrySecret?
        do {
            keys = try await self.keys(source, request, now: now)
            secret = try dialect.verify(request, keys: keys, now: now).map { source.secrets[$0] }
        } catch let error as SignatureError {
            return refused(error, source, at: now)
        } catch {
            return busy(source, (error as? CertificateStoreError)?.code ?? "internal", at: now)
        }
        // Only what its provider has signed uses the source's rate up.
        if let wait = rateWait(source) {
            activity.busy(source.id, "rate_limited", at: now)
            return .busy(status: dialect.manners.overloadStatus, retryAfter: wait, code: "rate_limited")
        }
        let content: WebhookContent
        do {
            content = try dialect.read(request, keys: keys, secret: secret?.secret, now: now)
        } catch {
            activity.refused(source.id, error.code, at: now)
            return .unreadable(error)
        }
        switch content {
        case .answer(let acknowledgement, let handshake):
            return .answered(acknowledgement, handshake)
        case .confirmation(let url, let acknowledgement, let handshake):
            guard await certificates.confirm(url) else {
                return busy(source, "confirmation_failed", at: now)
            }
            return .answered(acknowledgement, handshake)
        case .events(let events):
            let verified = Verified(source: source, secretID: secret?.id, request: request, receivedAt: now)
            return await append(events, of: verified, in: snapshot)
        }
    }

    /// The source's secrets, and the certificate's key where the provider signs with one.
    private func keys(
        _ source: Source,
        _ request: WebhookRequest,
        now: Instant
    ) async throws -> VerificationKeys {
        let secrets = source.secrets.map(\.secret)
        guard let reference = try source.dialect.certificate(for: request) else {
            return VerificationKeys(secrets)
        }
        return VerificationKeys(secrets, certificate: try await certificates.key(of: reference, now: now))
    }

    private func refused(_ error: SignatureError, _ source: Source, at now: Instant) -> Reception {
        activity.refused(source.id, error.code, at: now)
        if let answer = source.dialect.manners.refusal, !error.isMalformed {
            return .acknowledged(answer, [])
        }
        return .refused(error)
    }

    private func busy(_ source: Source, _ code: String, at now: Instant) -> Reception {
        activity.busy(source.id, code, at: now)
        let status = source.dialect.manners.overloadStatus
        return .busy(status: status, retryAfter: Self.retryAfter, code: code)
    }

    private struct Verified {
        let source: Source
        let secretID: Int64?
        let request: WebhookRequest
        let receivedAt: Instant
    }

    private func append(
        _ descriptions: [EventDescription],
        of webhook: Verified,
        in snapshot: RegistrySnapshot
    ) async -> Reception {
        let source = webhook.source
        let manners = source.dialect.manners
        guard !descriptions.isEmpty else { return .acknowledged(manners.acknowledgement, []) }
        do {
            let outcomes = try await store(descriptions, of: webhook, in: snapshot)
            heard(source.id, webhook.receivedAt)
            for outcome in outcomes { activity.stored(source.id, outcome, at: webhook.receivedAt) }
            // Also of what came before: its meaning may not have been taken in when it did.
            try await tell(descriptions, of: webhook)
            return .acknowledged(manners.acknowledgement, outcomes)
        } catch {
            let code = (error as? StorageError)?.code ?? (error as? VaultError)?.code ?? "internal"
            return busy(source, code, at: webhook.receivedAt)
        }
    }

    /// Stores a webhook's events with their deliveries, and tells those who wait for them.
    private func store(
        _ descriptions: [EventDescription],
        of webhook: Verified,
        in snapshot: RegistrySnapshot
    ) async throws -> [AppendOutcome] {
        var events: [NewEvent] = []
        events.reserveCapacity(descriptions.count)
        for description in descriptions {
            events.append(try await sealed(description, of: webhook, in: snapshot))
        }
        let outcomes = try await store.append(events)
        for (event, outcome) in zip(events, outcomes) {
            guard case .stored(let id) = outcome else { continue }
            activity.tellStored(event, as: id)
            if !event.destinations.isEmpty { stored(event.destinations) }
        }
        return outcomes
    }

    /// Stores events that nobody has sent: they were read from their provider's list, over a connection of Usher's own.
    ///
    /// They are known by the same key as their webhooks. The source counts as silent all the same.
    func store(
        found descriptions: [EventDescription],
        in request: WebhookRequest,
        for source: Source
    ) async throws
        -> [AppendOutcome]
    {
        let webhook = Verified(
            source: source,
            secretID: StoredEvent.foundID,
            request: request,
            receivedAt: time.now()
        )
        let outcomes = try await store(descriptions, of: webhook, in: registry.snapshot)
        try await tell(descriptions, of: webhook)
        return outcomes
    }

    /// Lets those who watch know of an event that was stored elsewhere.
    func tellStored(_ event: NewEvent, as id: EventID) {
        activity.tellStored(event, as: id)
    }

    /// Lets others know what was understood.
    private func tell(_ descriptions: [EventDescription], of webhook: Verified) async throws {
        for description in descriptions {
            try await understood(
                webhook.source,
                description,
                description.part?.body ?? webhook.request.body
            )
        }
    }

    private func sealed(
        _ description: EventDescription,
        of webhook: Verified,
        in snapshot: RegistrySnapshot
    ) async throws -> NewEvent {
        let source = webhook.source
        let body = description.part?.body ?? webhook.request.body
        let (owner, rank) = correlate(description, body, of: webhook)
        let sealedBody = try await seal(
            body,
            PayloadContext.of(source: source.id, providerEventID: description.providerEventID),
            scope: PayloadContext.scope(source: source.id),
            day: webhook.receivedAt.dayNumber
        )
        return NewEvent(
            sourceID: source.id,
            secretID: webhook.secretID,
            providerEventID: description.providerEventID,
            type: description.type,
            priority: description.priority,
            owner: owner,
            rank: rank,
            receivedAt: webhook.receivedAt,
            occurredAt: description.occurredAt,
            lane: lane(source, description),
            contentType: description.part?.contentType ?? webhook.request.headers.first("content-type"),
            bodyBytes: body.count,
            sealedBody: sealedBody,
            destinations: snapshot.destinations(for: description.type, from: source).map(\.id),
            identifiers: EventIdentifiers.read(body, of: source.dialect.provider)
                .map { IdentifierTable.hash($0, vault) }
        )
    }

    /// To which wedding it belongs, and what that makes of it.
    private func correlate(
        _ description: EventDescription,
        _ body: [UInt8],
        of webhook: Verified
    ) -> (EventOwner, DeliveryRank) {
        let weddings = weddings.snapshot
        var candidates = CorrelationCandidates()
        if !weddings.isEmpty {
            candidates = webhook.source.correlation.candidates(
                body: body,
                headers: webhook.request.headers,
                url: webhook.request.url
            )
        }
        let owner = weddings.owner(candidates, sourceVendor: webhook.source.definition.vendor)
        let rank = DeliveryRank(
            own: description.priority,
            queuedAt: webhook.receivedAt,
            weddings.moment(of: owner.wedding, at: webhook.receivedAt)
        )
        return (owner, rank)
    }

    /// Seals a body with the key of its source and day; fetches the key when it is not at hand or has been used up.
    private func seal(
        _ body: [UInt8],
        _ context: SealContext,
        scope: String,
        day: Int
    ) async throws -> [UInt8] {
        if let key = vault.payloadKeyIfCached(scope: scope, day: day) {
            do throws(VaultError) {
                return try key.seal(body, context)
            } catch {
                // Others took its last uses meanwhile.
                guard error == .keyExhausted else { throw error }
            }
        }
        return try await vault.payloadKey(scope: scope, day: day).seal(body, context)
    }

    /// The lane of an event: a keyed hash of source and ordering key, or of its own id when it has none.
    ///
    /// 64 bits: two of a million lanes meet with a chance of one in forty million, and then only share an order.
    private func lane(_ source: Source, _ description: EventDescription) -> Int64 {
        let kind: [UInt8] = description.orderingKey == nil ? [0] : [1]
        let key = description.orderingKey ?? description.providerEventID
        let hash = vault.keyedHash(.lane, Array("\(source.id)/".utf8) + kind + key)
        return Int64(bitPattern: hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    private func rateWait(_ source: Source) -> Duration? {
        guard let rate = source.definition.ratePerSecond else { return nil }
        let now = time.elapsed()
        let burst = max(1, Int(rate.rounded(.up)))
        let outcome = rates.withLock { rates in
            if let bucket = rates[source.id], bucket.ratePerSecond != rate {
                rates[source.id]?.change(ratePerSecond: rate, burst: burst, now: now)
            }
            return rates[source.id, default: TokenBucket(ratePerSecond: rate, burst: burst, now: now)]
                .take(now: now)
        }
        if case .wait(let wait) = outcome { return wait }
        return nil
    }
}
