package import Domain
package import Registry
import Signatures
package import Transport
package import Vault

/// Makes and sends the request of one try: the body as the provider sent it, signed by Standard Webhooks.
package struct DeliverySender: Sendable {
    /// The most of an answer that is read, in bytes; what it says is not kept.
    package static let responseBytesMax = 65_536
    /// The code of a delivery whose body is not kept any longer; no later try can send it.
    package static let payloadGone = "payload_gone"
    /// What Usher calls itself.
    package static let userAgent = "Usher/0.1"

    private let upstream: Upstream
    private let vault: Vault
    private let time: Time
    private let addressPolicy: @Sendable (Bool) -> AddressPolicy

    /// Wires the sender.
    ///
    /// - Parameter addressPolicy: which addresses may be sent to; the argument is a destination's `allow_private`.
    package init(
        upstream: Upstream,
        vault: Vault,
        time: Time,
        addressPolicy: @escaping @Sendable (Bool) -> AddressPolicy
    ) {
        self.upstream = upstream
        self.vault = vault
        self.time = time
        self.addressPolicy = addressPolicy
    }

    /// Tries a delivery once and says what the answer means; never throws: a failure is an answer too.
    package func send(
        _ delivery: ClaimedDelivery,
        to destination: Destination,
        by route: DeliveryRoute,
        in snapshot: RegistrySnapshot
    ) async -> DeliveryAnswer {
        guard let sealed = delivery.event.sealedBody else { return DeliveryAnswer(unsent: Self.payloadGone) }
        do {
            let body = try await vault.openPayload(sealed, PayloadContext.of(delivery.event))
            let request = try request(delivery, body, destination, route, snapshot)
            return DeliveryAnswer(try await upstream.send(request), now: time.now())
        } catch let error as TransportError {
            return DeliveryAnswer(error)
        } catch VaultError.unknownKey {
            return DeliveryAnswer(unsent: Self.payloadGone)
        } catch let error as VaultError {
            return DeliveryAnswer(unsent: "vault_" + error.code)
        } catch let error as DestinationURLError {
            return DeliveryAnswer(unsent: error.code)
        } catch {
            return DeliveryAnswer(unsent: "internal")
        }
    }

    private func request(
        _ delivery: ClaimedDelivery,
        _ body: [UInt8],
        _ destination: Destination,
        _ route: DeliveryRoute,
        _ snapshot: RegistrySnapshot
    ) throws -> OutgoingRequest {
        let definition = destination.definition
        let policy = addressPolicy(definition.allowPrivate)
        let text = route == .standby ? definition.standbyURL ?? definition.url : definition.url
        var headers = StandardWebhooksSigner.headers(
            id: delivery.event.id.description,
            timestamp: time.now(),
            body: body,
            secrets: destination.secrets.map(\.secret)
        )
        headers += [
            ("content-type", delivery.event.contentType ?? "application/octet-stream"),
            ("user-agent", Self.userAgent),
            ("usher-event-type", delivery.event.type),
            ("usher-source", sourceName(delivery.event.sourceID, snapshot)),
            ("usher-delivery", DeliveryID(at: delivery.createdAt, sequence: delivery.seq).description),
            ("usher-attempt", "\(delivery.attempts + 1)"),
            ("usher-priority", delivery.priority.name),
        ]
        if let wedding = delivery.event.wedding { headers.append(("usher-wedding", wedding.text)) }
        return OutgoingRequest(
            method: "POST",
            url: try DestinationURL(text, policy: policy),
            headers: headers,
            body: body,
            timeout: definition.timeout,
            responseBytesMax: Self.responseBytesMax,
            policy: policy
        )
    }
}

/// The name of a source for those who get its events.
private func sourceName(_ id: Int64, _ snapshot: RegistrySnapshot) -> String {
    id == OwnEvents.sourceID ? OwnEvents.sourceName : snapshot.source(id: id)?.name.text ?? "removed"
}

/// What a sealed body is bound to: its source and the provider's id of the event.
enum PayloadContext {
    static func of(_ event: ClaimedEvent) -> SealContext {
        of(source: event.sourceID, providerEventID: event.providerEventID)
    }

    static func of(source: Int64, providerEventID: [UInt8]) -> SealContext {
        SealContext(table: "events", column: "body", row: Array("\(source)/".utf8) + providerEventID)
    }

    /// Whose payload keys seal a source's bodies.
    static func scope(source: Int64) -> String {
        "source:\(source)"
    }

    /// The source of such a scope; nil for another's.
    static func source(scope: String) -> Int64? {
        scope.hasPrefix("source:") ? Int64(scope.dropFirst(7)) : nil
    }
}
