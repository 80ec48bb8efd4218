import Domain
import Registry
import Telemetry

/// What those who watch are told of events and deliveries: names and outcomes, never payloads.
///
/// What is captured is kept with the signal, so it is the few fields that are told, not the event with its body.
extension WebhookActivity {
    /// An event is durable.
    func tellStored(_ event: NewEvent, as id: EventID) {
        guard let signals, signals.keeps(.eventStored) else { return }
        let source = registry.snapshot.source(id: event.sourceID)
        let (type, priority, destinations) = (event.type, event.priority, event.destinations.count)
        // As with reading: a vendor sees the events of its own sources.
        signals.tell(.eventStored, wedding: event.owner.wedding, vendor: source?.definition.vendor) {
            [name = source?.name.text ?? OwnEvents.sourceName] in
            SignalText(
                id.description,
                [
                    "source": .string(name),
                    "type": .string(type),
                    "priority": .string(priority.name),
                    "destinations": .number(String(destinations)),
                ]
            )
        }
    }

    /// A try of a delivery has ended, and its end is durable.
    func tellTried(_ delivery: ClaimedDelivery, _ finished: FinishedDelivery) {
        let kind: SignalKind
        var error: String?
        var nextAt: Instant?
        switch finished.verdict {
        case .delivered: kind = .deliverySucceeded
        case .dead(let code): (kind, error) = (.deliveryDead, code)
        case .retry(let at):
            guard let last = finished.attempts.last else { return }  // It was only given back.
            (kind, error, nextAt) = (.deliveryFailed, last.error ?? "status_\(last.status ?? 0)", at)
        }
        guard let signals, signals.keeps(kind) else { return }
        let destination = registry.snapshot.destination(id: delivery.destinationID)
        let id = DeliveryID(at: delivery.createdAt, sequence: delivery.seq)
        let (event, type) = (delivery.event.id, delivery.event.type)
        let attempts = finished.attemptsBefore + finished.attempts.count
        signals.tell(kind, wedding: delivery.event.wedding, vendor: destination?.definition.vendor) {
            [name = destination?.name.text ?? "removed", error, nextAt] in
            SignalText(
                id.description,
                [
                    "destination": .string(name),
                    "event": .string(event.description),
                    "type": .string(type),
                    "attempts": .number(String(attempts)),
                    "error": error.map { .string($0) } ?? .null,
                    "next_at": nextAt.map { .string($0.description) } ?? .null,
                ]
            )
        }
    }
}
