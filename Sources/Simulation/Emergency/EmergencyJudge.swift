import Calls
import Domain
import Gateway
import Health
import Providers
import Synchronization
import Webhooks

/// Holds what was accepted against what was carried out, what arrived, and what is left of emergency mode.
struct EmergencyJudge: Sendable {
    let oracle: Oracle
    let accepted: [CallID: Priority]
    let results: [String: Int]

    /// Whether nothing is on its way any more, and all is as always.
    static func isSettled(_ node: EmergencyNode) async throws -> Bool {
        let waiting = DeliveryFilter(state: .waiting)
        guard try await node.services.queries.deliveries(waiting, limit: 1).elements.isEmpty,
            try await node.services.calls.openCalls().isEmpty
        else { return false }
        return try await !node.services.emergency.status().mode.isOn
    }

    /// E1, E2 and E3.
    func judge(_ node: EmergencyNode) async throws -> EmergencyFigures.Counts {
        for (id, priority) in accepted.sorted(by: { $0.key < $1.key }) {
            let call = try await node.services.calls.find(id)
            let state = call.map(\.state.name) ?? "lost"
            // What the provider did not do when it was asked is no fault of who waited.
            let wasAsked = call?.state == .failed && call?.failure?.code != "deadline"
            oracle.expect(
                call?.state == .succeeded || wasAsked,
                "E1",
                "\(id), \(priority.name), was accepted and is \(state): \(call?.failure?.message ?? "")"
            )
            oracle.expect(
                results[id.description] != nil,
                "E2",
                "the result of \(id), \(priority.name), never came"
            )
        }
        let status = try await node.services.emergency.status(records: EmergencyTable.recordsMax)
        oracle.expect(!status.mode.isOn, "E3", "emergency mode is still on: \(status.mode)")
        for record in status.records {
            oracle.expect(record.endedAt != nil, "E3", "the record \(record.number) has no end")
        }
        return EmergencyFigures.Counts(
            calls: accepted.count,
            low: accepted.values.count { $0 == .low },
            times: status.records.count,
            ownTimes: status.records.count { record in
                record.steps.first.map { $0.text.contains("by itself") } ?? false
            }
        )
    }

    /// E4, at one node.
    func judgeLeftovers(_ node: EmergencyNode) {
        let desk = node.services.calls.desk
        oracle.expect(desk.emergency == nil, "E4", "calls are still deferred")
        oracle.expect(desk.tightened == 0, "E4", "\(desk.tightened) guards are still tightened")
        oracle.expect(node.services.dispatcher.emergency == nil, "E4", "deliveries are still deferred")
    }
}

/// What was counted over any number of simulations of an outage.
package final class EmergencyFigures: Sendable {
    /// The counts so far.
    package struct Counts: Sendable, Hashable {
        /// Calls that were accepted.
        package var calls = 0
        /// Those of them of low priority.
        package var low = 0
        /// Times of emergency mode.
        package var times = 0
        /// Those of them that began by themselves.
        package var ownTimes = 0
        /// Orders of people.
        package var orders = 0
    }

    private let state = Mutex(Counts())

    /// Counts nothing yet.
    package init() {}

    /// What was counted.
    package var counts: Counts { state.withLock { $0 } }

    func add(_ counts: Counts) {
        state.withLock { state in
            state.calls += counts.calls
            state.low += counts.low
            state.times += counts.times
            state.ownTimes += counts.ownTimes
            state.orders += counts.orders
        }
    }
}
