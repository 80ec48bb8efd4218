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
    /// The result of a claim that was overtaken counts as if it were the latest one's.
    case ignoresEpoch

    /// The promises it breaks.
    var promises: Set<String> {
        switch self {
        case .acknowledgesBeforeCommit: ["P1"]
        case .finishesBeforeAnswer: ["P3"]
        case .ignoresEpoch: ["P3", "P4"]
        }
    }

    var scenario: WebhookScenario {
        WebhookScenario { store, database in
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
        store.append = { event in
            _ = Task { try await append(event) }  // The bug: nobody waits for it.
            return .stored(EventID(at: event.receivedAt, sequence: 1))
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

    private static func ignoreEpoch(_ store: inout WebhookStore, _ database: Database) {
        let finish = store.finish
        let selectEpoch = Statement("SELECT epoch FROM lanes WHERE destination_id = $1 AND lane = $2")
        store.finish = { finished in
            let current = try await database.read { transaction in
                try transaction.first(
                    selectEpoch,
                    [.integer(finished.destinationID), .integer(finished.lane)]
                )?.integer(0)
            }
            return try await finish(finished.fenced(by: current ?? finished.epoch))
        }
    }
}
