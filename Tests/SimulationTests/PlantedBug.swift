import Domain
import Simulation
import Storage
import Webhooks

/// A mistake built into the paths to the store, to see that the simulation finds it.
enum PlantedBug: CaseIterable, Sendable {
    /// The answer to a webhook leaves while its commit is still to come.
    case acknowledgesBeforeCommit
    /// A delivery counts as done when it is claimed, before anything was sent.
    case finishesBeforeAnswer
    /// Lanes are leased without an epoch: the result of a claim that was overtaken counts as the latest one's.
    case ignoresEpoch

    /// The promises it breaks.
    var promises: Set<String> {
        switch self {
        case .acknowledgesBeforeCommit: ["P1"]
        case .finishesBeforeAnswer: ["P3"]
        case .ignoresEpoch: ["P3", "P4"]
        }
    }

    /// What brings it to light soonest.
    var emphasis: WebhookScenario.Emphasis { self == .ignoresEpoch ? .stalls : .none }

    var scenario: WebhookScenario {
        WebhookScenario(emphasis: emphasis) { store, database in
            var store = store
            switch self {
            case .acknowledgesBeforeCommit: Self.acknowledgeEarly(&store)
            case .finishesBeforeAnswer: Self.finishEarly(&store)
            case .ignoresEpoch: Self.ignoreEpoch(&store, database)
            }
            return store
        }
    }

    private static func acknowledgeEarly(_ store: inout WebhookStore) {
        let append = store.append
        store.append = { events in
            _ = Task { try await append(events) }  // The bug: nobody waits for it.
            return events.map { .stored(EventID(at: $0.receivedAt, sequence: 1)) }
        }
    }

    private static func finishEarly(_ store: inout WebhookStore) {
        let (claim, finish) = (store.claim, store.finish)
        store.claim = { order in
            let outcome = try await claim(order)
            for delivery in outcome.deliveries {
                _ = try await finish(
                    FinishedDelivery(
                        seq: delivery.seq,
                        destinationID: delivery.destinationID,
                        lane: delivery.lane,
                        epoch: delivery.epoch,
                        attempts: [],
                        attemptsBefore: delivery.attempts,
                        verdict: .delivered,
                        now: order.now
                    )
                )
            }
            return outcome
        }
    }

    /// Without epochs a store would also number tries as they come: with the numbers of the old claim, the key of
    /// `delivery_attempts` would refuse what was overtaken.
    private static func ignoreEpoch(_ store: inout WebhookStore, _ database: Database) {
        let finish = store.finish
        let selectCurrent = Statement(
            """
            SELECT l.epoch, d.attempts FROM lanes l, deliveries d
            WHERE l.destination_id = $1 AND l.lane = $2 AND d.seq = $3
            """
        )
        store.finish = { finished in
            let current = try await database.read { transaction in
                try transaction.first(
                    selectCurrent,
                    [.integer(finished.destinationID), .integer(finished.lane), .integer(finished.seq)]
                ).map { (epoch: try $0.integer(0), attempts: Int(try $0.integer(1))) }
            }
            return try await finish(
                FinishedDelivery(
                    seq: finished.seq,
                    destinationID: finished.destinationID,
                    lane: finished.lane,
                    epoch: current?.epoch ?? finished.epoch,
                    attempts: finished.attempts,
                    attemptsBefore: current?.attempts ?? finished.attemptsBefore,
                    verdict: finished.verdict,
                    now: finished.now
                )
            )
        }
    }
}
