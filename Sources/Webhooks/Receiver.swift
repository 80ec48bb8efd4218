package import Domain
import Logging
package import Providers
package import Registry
import Resilience
package import Signatures
import Storage
import Synchronization
package import Vault

/// What to answer to a webhook.
package enum Reception: Sendable {
    /// It is durable; answer as the provider expects.
    case acknowledged(Acknowledgement, EventID, isDuplicate: Bool)
    /// There is no enabled source of this name: 404.
    case unknownSource
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
    private let rates = Mutex([Int64: TokenBucket]())

    /// Wires the receiver.
    ///
    /// - Parameters:
    ///   - publicURL: the configured URL that providers know, without a slash at its end.
    ///   - stored: told after each commit which destinations have new work.
    package init(
        registry: ResourceRegistry,
        weddings: WeddingRegistry,
        vault: Vault,
        store: WebhookStore,
        activity: WebhookActivity,
        publicURL: String,
        time: Time,
        random: RandomSource,
        stored: @escaping @Sendable ([Int64]) -> Void
    ) {
        self.registry = registry
        self.weddings = weddings
        self.vault = vault
        self.store = store
        self.activity = activity
        self.publicURL = publicURL
        self.time = time
        self.random = random
        self.stored = stored
    }

    /// The path under which sources take webhooks in.
    package static let path = "/api/integrations/webhooks/"

    /// The largest body the source takes, in bytes; nil when there is no enabled source of this name.
    package func bodyBytesMax(source name: String) -> Int? {
        guard let source = registry.snapshot.sources[name], source.definition.enabled else { return nil }
        return source.definition.bodyBytesMax
    }

    /// Takes one webhook in; returns when the answer may leave.
    package func receive(
        source name: String,
        method: String,
        headers: Headers,
        body: [UInt8]
    ) async -> Reception {
        let snapshot = registry.snapshot
        guard let source = snapshot.sources[name], source.definition.enabled else { return .unknownSource }
        let now = time.now()
        if let wait = rateWait(source) {
            activity.busy(source.id, "rate_limited", at: now)
            return .busy(status: source.dialect.overloadStatus, retryAfter: wait, code: "rate_limited")
        }
        let request = WebhookRequest(
            method: method,
            url: publicURL + Self.path + name,
            headers: headers,
            body: body
        )
        let secretIndex: Int
        let description: EventDescription
        do {
            secretIndex = try source.dialect.verify(request, secrets: source.secrets.map(\.secret), now: now)
        } catch {
            activity.refused(source.id, error.code, at: now)
            return .refused(error)
        }
        do {
            description = try source.dialect.describe(request)
        } catch {
            activity.refused(source.id, error.code, at: now)
            return .unreadable(error)
        }
        let verified = Verified(
            source: source,
            secretID: source.secrets[secretIndex].id,
            description: description,
            request: request,
            receivedAt: now
        )
        return await append(verified, in: snapshot)
    }

    private struct Verified {
        let source: Source
        let secretID: Int64
        let description: EventDescription
        let request: WebhookRequest
        let receivedAt: Instant
    }

    private func append(_ verified: Verified, in snapshot: RegistrySnapshot) async -> Reception {
        let source = verified.source
        do {
            let event = try await sealed(verified, in: snapshot)
            let outcome = try await store.append(event)
            activity.stored(source.id, outcome, at: verified.receivedAt)
            switch outcome {
            case .stored(let id):
                stored(event.destinations)
                return .acknowledged(source.dialect.acknowledgement, id, isDuplicate: false)
            case .duplicate(let id):
                return .acknowledged(source.dialect.acknowledgement, id, isDuplicate: true)
            }
        } catch {
            let code = (error as? StorageError)?.code ?? (error as? VaultError)?.code ?? "internal"
            activity.busy(source.id, code, at: verified.receivedAt)
            return .busy(status: source.dialect.overloadStatus, retryAfter: Self.retryAfter, code: code)
        }
    }

    private func sealed(_ verified: Verified, in snapshot: RegistrySnapshot) async throws -> NewEvent {
        let source = verified.source
        let description = verified.description
        let (owner, rank) = correlate(verified)
        let day = verified.receivedAt.dayNumber
        let context = PayloadContext.of(source: source.id, providerEventID: description.providerEventID)
        let sealedBody = try await seal(
            verified.request.body,
            context,
            scope: "source:\(source.id)",
            day: day
        )
        return NewEvent(
            sourceID: source.id,
            secretID: verified.secretID,
            providerEventID: description.providerEventID,
            type: description.type,
            priority: description.priority,
            owner: owner,
            rank: rank,
            receivedAt: verified.receivedAt,
            occurredAt: description.occurredAt,
            lane: lane(source, description),
            contentType: verified.request.headers.first("content-type"),
            bodyBytes: verified.request.body.count,
            sealedBody: sealedBody,
            destinations: snapshot.destinations(for: description.type, from: source).map(\.id)
        )
    }

    /// To which wedding it belongs, and what that makes of it.
    private func correlate(_ verified: Verified) -> (EventOwner, DeliveryRank) {
        let weddings = weddings.snapshot
        let request = verified.request
        let candidates = verified.source.correlation.candidates(
            body: request.body,
            headers: request.headers,
            url: request.url
        )
        let owner = weddings.owner(candidates, sourceVendor: verified.source.definition.vendor)
        let rank = DeliveryRank(
            own: verified.description.priority,
            queuedAt: verified.receivedAt,
            weddings.moment(of: owner.wedding, at: verified.receivedAt)
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
