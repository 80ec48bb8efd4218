import Domain
import Gateway
import Registry
import Sandbox
import Storage
import Webhooks

/// What the store says when everything has calmed down.
struct StoredWebhooks: Sendable {
    struct Event: Sendable {
        let stored: StoredEvent
        let deliveries: [StoredDelivery]
    }

    /// All events, oldest first.
    let events: [Event]
    /// Lanes in which something waits.
    let lanes: Int64
    /// What the check of the file found.
    let damage: [String]

    /// Reads everything through the queries that people use.
    init(from gateway: SimulatedGateway) async throws {
        let services = gateway.services
        var events: [Event] = []
        var next: Int64?
        repeat {
            let page = try await services.queries.events(
                EventFilter(),
                next: next,
                limit: Page<Never>.limitMax
            )
            for event in page.elements {
                let history = try await services.queries.history(of: event)
                events.append(Event(stored: event, deliveries: history.map(\.0)))
            }
            next = page.next
        } while next != nil
        self.events = events.reversed()
        lanes = try await services.database.read { transaction in
            try transaction.first("SELECT COUNT(*) FROM lanes")?.integer(0) ?? 0
        }
        damage = try await services.database.findDamage()
    }

    /// Whether nothing is on its way any more.
    static func isDrained(_ gateway: SimulatedGateway) async throws -> Bool {
        let waiting = DeliveryFilter(state: .waiting)
        return try await gateway.services.queries.deliveries(waiting, limit: 1).elements.isEmpty
    }
}

/// Holds what is stored against what happened at Stripe and what reached the destinations.
struct WebhookJudge: Sendable {
    let oracle: Oracle
    let ledger: StripeLedger
    let bodies: [String: [UInt8]]
    let definitions: [DestinationDefinition]
    let arrivals: [SimulatedDestinations.Arrival]

    func judge(_ store: StoredWebhooks) {
        judgeStorage(store)
        judgeArrivals(store)
        for definition in definitions {
            judgeDeliveries(store, definition)
            judgeOrder(store, definition)
        }
        oracle.expect(store.damage.isEmpty, "P14", "damaged: \(store.damage)")
    }

    /// P1 and P2: what was acknowledged is there, each event once, and nothing that never happened.
    private func judgeStorage(_ store: StoredWebhooks) {
        let ids = store.events.map(\.providerID)
        let stored = Set(ids)
        let lost = ledger.events.filter { $0.isAcknowledged && !stored.contains($0.id) }
        oracle.expect(
            lost.isEmpty,
            "P1",
            "\(lost.count) acknowledged events are not stored: \(lost.first?.id ?? "")"
        )
        oracle.expect(stored.count == ids.count, "P2", "\(ids.count - stored.count) events are stored twice")
        let strange = ids.filter { ledger[$0] == nil }
        oracle.expect(strange.isEmpty, "P2", "stored without having happened: \(strange)")
        oracle.expect(ledger.forgeriesAccepted == 0, "P2", "a forged event was acknowledged")
    }

    /// P3: the same `webhook-id` for an event at every try and destination, and the body as it was sent.
    private func judgeArrivals(_ store: StoredWebhooks) {
        let known = Dictionary(store.events.map { ($0.stored.id.description, $0.providerID) }) { first, _ in
            first
        }
        for arrival in arrivals {
            let event = arrival.providerEventID ?? "none"
            oracle.expect(
                known[arrival.webhookID] == event,
                "P3",
                "\(event) came as \(arrival.webhookID), which is \(known[arrival.webhookID] ?? "not stored")"
            )
            oracle.expect(bodies[event] == arrival.body, "P3", "\(event) came with another body")
        }
    }

    /// P3: every event has arrived where it is wanted or is a dead letter.
    private func judgeDeliveries(_ store: StoredWebhooks, _ definition: DestinationDefinition) {
        let name = definition.name.text
        let accepted = Set(arrivals.filter { $0.destination == name && $0.isAccepted }.map(\.webhookID))
        let patterns = definition.events.compactMap(EventPattern.init)
        for event in store.events {
            let deliveries = event.deliveries.filter { $0.destinationName == name }
            let id = event.stored.id.description
            guard patterns.contains(where: { $0.matches(event.stored.type) }) else {
                oracle.expect(deliveries.isEmpty, "P3", "\(id) goes to \(name), which does not want it")
                continue
            }
            let isGivenUp = deliveries.contains { $0.isGivenUp }
            oracle.expect(
                accepted.contains(id) || isGivenUp,
                "P3",
                "\(id) neither reached \(name) nor is a dead letter: \(deliveries.map(\.state.name))"
            )
            for delivery in deliveries {
                oracle.expect(
                    delivery.state != .waiting,
                    "P3",
                    "\(delivery.id) of \(id) to \(name) still waits after a calm day"
                )
                oracle.expect(
                    delivery.state != .delivered || accepted.contains(id),
                    "P3",
                    "\(delivery.id) of \(id) counts as delivered but never reached \(name)"
                )
            }
        }
        oracle.expect(
            store.lanes == 0 || store.events.contains { $0.deliveries.contains { $0.state == .waiting } },
            "P4",
            "\(store.lanes) lanes are left though nothing waits"
        )
    }

    /// P4: an event first comes to a destination after all earlier ones of its subject were accepted there.
    private func judgeOrder(_ store: StoredWebhooks, _ definition: DestinationDefinition) {
        let name = definition.name.text
        var lanes: [String: [StoredWebhooks.Event]] = [:]
        for event in store.events where event.deliveries.contains(where: { $0.destinationName == name }) {
            guard let subject = ledger[event.providerID]?.subject else { continue }
            lanes[subject, default: []].append(event)
        }
        let places = Dictionary(
            lanes.values.flatMap { lane in lane.enumerated().map { ($1.stored.id.description, ($0, lane)) } }
        ) { first, _ in first }
        var seen: Set<String> = []
        var accepted: Set<String> = []
        for arrival in arrivals where arrival.destination == name {
            if seen.insert(arrival.webhookID).inserted, let (place, lane) = places[arrival.webhookID] {
                let overtaken = lane[..<place].first { earlier in
                    !accepted.contains(earlier.stored.id.description)
                        && !earlier.deliveries.contains { $0.destinationName == name && $0.isGivenUp }
                }
                oracle.expect(
                    overtaken == nil,
                    "P4",
                    "\(arrival.webhookID) came to \(name) before \(overtaken?.stored.id.description ?? "")"
                )
            }
            if arrival.isAccepted { accepted.insert(arrival.webhookID) }
        }
    }
}

extension StoredWebhooks.Event {
    /// The provider's id as text.
    fileprivate var providerID: String { String(decoding: stored.providerEventID, as: UTF8.self) }
}

extension StoredDelivery {
    /// Whether it is, or was, a dead letter.
    fileprivate var isGivenUp: Bool { state == .dead || state == .replayed }
}
