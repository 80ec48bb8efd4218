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
    ///   - duplicates: when it came again, as `WebhookQueries.duplicateTimes` gives them.
    ///   - obstacle: what keeps deliveries to a destination from being tried now, as `HealthReporter.obstacle` says.
    ///   - snapshot: what is registered now: rules that did not match are judged by it.
    package init(
        _ event: StoredEvent,
        history: [(StoredDelivery, [AttemptRecord])],
        duplicates: [Instant] = [],
        obstacle: (Int64) -> String? = { _ in nil },
        snapshot: RegistrySnapshot,
        now: Instant
    ) {
        self.event = event
        var lines = Self.arrival(event, duplicates, snapshot)
        lines += Self.destinationsLeftOut(event, history, snapshot)
        for (delivery, attempts) in history {
            lines.append(Self.queued(delivery, event, snapshot))
            lines += Self.lines(delivery, attempts)
            lines.append(Self.end(delivery, now, obstacle))
        }
        if !snapshot.keepsBody(of: event.sourceID, receivedAt: event.receivedAt, now: now) {
            let days = snapshot.retention(of: event.sourceID).bodiesDays
            let time = days == 1 ? "1 day" : "\(days) days"
            lines.append(
                Line(
                    at: nil,
                    text: "its body is gone: it was kept for \(time); it cannot be delivered again"
                )
            )
        }
        self.lines = lines
    }

    private static func arrival(
        _ event: StoredEvent,
        _ duplicates: [Instant],
        _ snapshot: RegistrySnapshot
    ) -> [Line] {
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
        lines += duplicates.map { Line(at: $0, text: "came again; nothing was added") }
        if let last = event.lastDuplicateAt, duplicates.count < event.duplicates {
            let times = event.duplicates == 1 ? "once" : "\(event.duplicates) times in all"
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
        if event.isFound { return "found in the provider's list: its webhook had not come by then" }
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
                    refusal(destination, event, source)
                }
            return Line(at: nil, text: "not for \(destination.name): \(reason)")
        }
    }

    /// Which of a destination's filters keeps the event out.
    private static func refusal(_ destination: Destination, _ event: StoredEvent, _ source: Source) -> String
    {
        let definition = destination.definition
        guard destination.mayReceive(from: source) else {
            return "it belongs to \(definition.vendor?.text ?? "the platform"), \(source.name) does not"
        }
        guard definition.sources.isEmpty || definition.sources.contains(source.name) else {
            return "it wants events of \(words(definition.sources.map(\.text))), not of \(source.name)"
        }
        return "it wants \(words(definition.events)), not \(event.type)"
    }

    /// The first few of a list.
    private static func words(_ texts: [String]) -> String {
        texts.prefix(5).joined(separator: ", ") + (texts.count > 5 ? " and \(texts.count - 5) more" : "")
    }

    /// That a delivery was queued, and by which pattern.
    private static func queued(
        _ delivery: StoredDelivery,
        _ event: StoredEvent,
        _ snapshot: RegistrySnapshot
    ) -> Line {
        let how = delivery.replayID.map { " by replay \($0)" } ?? ""
        let pattern = snapshot.destination(id: delivery.destinationID)?.patterns
            .first { $0.matches(event.type) }
        let why = pattern.map { ": it wants \($0)" } ?? ""
        return Line(
            at: delivery.createdAt,
            text: "queued for \(delivery.destinationName)\(how) as \(delivery.id)\(why)"
        )
    }

    private static func lines(_ delivery: StoredDelivery, _ attempts: [AttemptRecord]) -> [Line] {
        let name = delivery.destinationName
        var lines: [Line] = []
        var idleSince = delivery.createdAt
        for (index, attempt) in attempts.enumerated() {
            let wait = attempt.startedAt - idleSince
            if wait >= waitShown {
                let what =
                    index == 0 ? "in its lane, or for the destination" : "for the next try, as scheduled"
                lines.append(Line(at: idleSince, text: "waited \(wait.microseconds / 1_000_000) s \(what)"))
            }
            idleSince = attempt.startedAt + attempt.duration
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
        return lines
    }

    /// Shorter waits are not told.
    private static let waitShown = Duration.seconds(1)

    private static func end(
        _ delivery: StoredDelivery,
        _ now: Instant,
        _ obstacle: (Int64) -> String?
    ) -> Line {
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
            if delivery.isHead {
                let waits = obstacle(delivery.destinationID).map { "; waits: \($0)" } ?? ""
                return Line(at: nil, text: "next in its lane for \(name)\(waits)")
            }
            let head = delivery.behind.map { " behind \($0)" } ?? ""
            return Line(at: nil, text: "waits\(head) for earlier events of the same lane at \(name)")
        }
    }
}
