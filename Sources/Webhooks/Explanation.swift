package import Domain
package import Registry
import Storage

/// One event from its arrival to each destination's answer, as sentences in the order things happened.
package struct Explanation: Sendable {
    /// One thing that happened or is so.
    package struct Line: Equatable, Sendable {
        /// When; nil for what is so now.
        package let at: Instant?
        /// What, in words.
        package let text: String
    }

    /// The event.
    package let event: StoredEvent
    /// The story.
    package let lines: [Line]

    /// Tells the story of an event.
    ///
    /// - Parameters:
    ///   - history: its deliveries with their tries, as `WebhookQueries.history` gives them.
    ///   - snapshot: what is registered now: rules that did not match are judged by it.
    package init(
        _ event: StoredEvent,
        history: [(StoredDelivery, [AttemptRecord])],
        snapshot: RegistrySnapshot,
        now: Instant
    ) {
        self.event = event
        var lines = Self.arrival(event, snapshot)
        lines += Self.destinationsLeftOut(event, history, snapshot)
        for (delivery, attempts) in history {
            lines += Self.lines(delivery, attempts, now)
        }
        self.lines = lines
    }

    private static func arrival(_ event: StoredEvent, _ snapshot: RegistrySnapshot) -> [Line] {
        let id = String(decoding: event.providerEventID, as: UTF8.self)
        var lines = [
            Line(
                at: event.receivedAt,
                text: "received from \(event.sourceName) as \(id) (\(event.type), \(event.bodyBytes) bytes)"
            ),
            Line(at: event.receivedAt, text: secret(event, snapshot)),
        ]
        if let owner = owner(event) { lines.append(Line(at: event.receivedAt, text: owner)) }
        if let occurredAt = event.occurredAt {
            lines.insert(Line(at: occurredAt, text: "happened at the provider"), at: 0)
        }
        if let last = event.lastDuplicateAt {
            let times = event.duplicates == 1 ? "once" : "\(event.duplicates) times"
            lines.append(Line(at: last, text: "came again \(times), the last time now; nothing was added"))
        }
        return lines
    }

    /// The wedding and the vendor it belongs to; nil for neither.
    private static func owner(_ event: StoredEvent) -> String? {
        let vendor = event.owner.vendor.map { "vendor \($0)" }
        let wedding = event.owner.wedding.map { "wedding \($0)" }
        let names = [wedding, vendor].compactMap { $0 }
        return names.isEmpty ? nil : "belongs to " + names.joined(separator: " and ")
    }

    private static func secret(_ event: StoredEvent, _ snapshot: RegistrySnapshot) -> String {
        guard let secretID = event.secretID else { return "verified with the provider's certificate" }
        let secrets = snapshot.source(id: event.sourceID)?.secrets ?? []
        guard let index = secrets.firstIndex(where: { $0.id == secretID }) else {
            return "verified with a secret that has been removed since"
        }
        return "verified with secret \(index + 1) of \(secrets.count)"
    }

    private static func destinationsLeftOut(
        _ event: StoredEvent,
        _ history: [(StoredDelivery, [AttemptRecord])],
        _ snapshot: RegistrySnapshot
    ) -> [Line] {
        let served = Set(history.map(\.0.destinationID))
        guard let source = snapshot.source(id: event.sourceID) else { return [] }
        return snapshot.destinations.filter { !served.contains($0.id) }.map { destination in
            let reason =
                if destination.wants(type: event.type, from: source) {
                    "it did not want \(event.type) when the event came, or was not there yet"
                } else {
                    "it does not want \(event.type) from \(source.name)"
                }
            return Line(at: nil, text: "not for \(destination.name): \(reason)")
        }
    }

    private static func lines(
        _ delivery: StoredDelivery,
        _ attempts: [AttemptRecord],
        _ now: Instant
    ) -> [Line] {
        let name = delivery.destinationName
        let how = delivery.replayID.map { " by replay \($0)" } ?? ""
        var lines = [Line(at: delivery.createdAt, text: "queued for \(name)\(how) as \(delivery.id)")]
        for (index, attempt) in attempts.enumerated() {
            let url = attempt.isStandby ? " (standby URL)" : ""
            let outcome = attempt.status.map { "answered \($0)" } ?? "failed: \(attempt.error ?? "unknown")"
            let took = attempt.duration.microseconds / 1_000
            lines.append(
                Line(
                    at: attempt.startedAt,
                    text: "try \(index + 1) at \(name)\(url) \(outcome) after \(took) ms"
                )
            )
        }
        lines.append(end(delivery, now))
        return lines
    }

    private static func end(_ delivery: StoredDelivery, _ now: Instant) -> Line {
        let name = delivery.destinationName
        switch delivery.state {
        case .delivered:
            return Line(at: delivery.finishedAt, text: "delivered to \(name)")
        case .dead:
            return Line(at: delivery.finishedAt, text: "given up for \(name): \(delivery.error ?? "unknown")")
        case .replayed:
            return Line(at: delivery.finishedAt, text: "given up for \(name), queued anew since")
        case .waiting:
            if let due = delivery.dueAt, due > now { return Line(at: nil, text: "tried again at \(due)") }
            if delivery.isHead { return Line(at: nil, text: "next in its lane for \(name)") }
            return Line(at: nil, text: "waits for earlier events of the same lane at \(name)")
        }
    }
}
