import Domain
import Logging
import Resilience
import ServiceLifecycle
package import Storage
import Telemetry

/// Tells people of incidents, and goes on to the next when nobody takes an alert.
///
/// What is to be told is derived from the incidents there are and stored before anything is sent, so that a crash
/// between the two loses nothing; a notice that was being sent when the process died is sent again after its lease.
package final class AlertDesk: Service, Sendable {
    /// The most alerts that are not over and are looked at.
    package static let liveMax = 500
    /// The most notices taken on in one look.
    package static let noticesMax = 200
    /// A notice is given up after so many tries.
    package static let triesMax = 8
    /// The time between two looks.
    package static let lookEvery = Duration.seconds(1)
    /// How long a notice that is being sent belongs to its sender.
    package static let lease = Duration.seconds(60)
    /// Between the tries of a notice: 2 s, doubling, at most a minute.
    static let backoff = FullJitterBackoff(base: .seconds(2), ceiling: .seconds(60), floor: .seconds(1))
    /// How far back it is looked for what a channel was told last, in notices.
    static let historyMax: Int64 = 10_000

    let database: Database
    let incidents: IncidentBook
    let ports: AlertPorts
    let sender: AlertSender
    private let plan: EscalationPlan
    private let bell = Doorbell()

    /// Wires the desk.
    package init(database: Database, browsers: PushBook, ports: AlertPorts) {
        self.database = database
        self.ports = ports
        incidents = IncidentBook(database: database)
        sender = AlertSender(ports, browsers: browsers)
        plan = EscalationPlan(ports.channels)
    }

    /// The channels there are.
    package var channels: [AlertChannel] { ports.channels }

    /// Whether some channel writes to browsers whose push service may be on this machine.
    package var reachesThisMachine: Bool {
        channels.contains { channel in
            if case .push(allowPrivate: true) = channel.kind { true } else { false }
        }
    }

    /// Has the desk look now: an incident changed.
    package func ring() { bell.ring() }

    /// Looks and sends until cancelled or shut down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await self.look()
                } catch {
                    self.ports.logger.warning(
                        "alerts cannot be looked after for now",
                        metadata: ["error": "\(error)"]
                    )
                }
                await self.bell.wait(atMost: Self.lookEvery, self.ports.time)
            }
        }
    }

    /// One look: what is new of the incidents is stored, what is due is sent.
    package func look() async throws {
        try await follow()
        try await send()
    }

    // MARK: Following incidents

    /// Brings the alerts in line with the incidents, and lets time do what it does.
    private func follow() async throws {
        let open = try await incidents.openIncidents()
        let live = try await database.read { try AlertTable.live(limit: Self.liveMax, $0) }
        guard !open.isEmpty || !live.isEmpty else { return }
        let now = ports.time.now()
        let changes = try await database.write { transaction in
            try transaction.lock("alerts")
            let shared = try transaction.sharedNow(local: now)
            return try self.follow(open, now: shared, transaction)
        }
        for change in changes { announce(change) }
    }

    /// One alert that changed, and what of it is to be told.
    private struct Change {
        let alert: StoredAlert
        let tellings: [AlertCourse.Telling]
    }

    private func follow(_ open: [Incident], now: Instant, _ transaction: Transaction) throws -> [Change] {
        let silences = try AlertSilenceTable.open(now: now, transaction).map(\.silence)
        let live = try AlertTable.live(limit: Self.liveMax, transaction)
        let byIncident = Dictionary(live.map { ($0.incident, $0) }) { first, _ in first }
        var changes: [Change] = []
        for incident in open.prefix(Self.liveMax) {
            let known = byIncident[incident.id]
            var alert =
                known
                ?? StoredAlert(id: AlertID(now: now, random: ports.random), incident: incident, now: now)
            alert.take(incident)
            var tellings = alert.course.became(AlertLevel(incident), plan, now: now)
            let untilNext = alert.nextItemAt.flatMap { $0 > now ? $0 - now : nil }
            tellings += alert.course.advance(plan, now: now, untilNext: untilNext)
            if alert != known { changes.append(Change(alert: alert, tellings: tellings)) }
        }
        let openIDs = Set(open.map(\.id))
        for var alert in live where !openIDs.contains(alert.incident) {
            guard let incident = try IncidentTable.find(alert.incident, transaction), incident.closedAt != nil
            else {
                continue
            }
            alert.take(incident)
            alert.endedAt = now
            let tellings = alert.course.end(plan)
            changes.append(Change(alert: alert, tellings: tellings))
        }
        for change in changes { try store(change, silences, now: now, transaction) }
        return changes
    }

    private func store(
        _ change: Change,
        _ silences: [AlertSilence],
        now: Instant,
        _ transaction: Transaction
    ) throws {
        let alert = change.alert
        try AlertTable.save(alert, transaction)
        let isSilenced = silences.contains { $0.covers(alert.subject, alert.course.level, at: now) }
        for telling in change.tellings {
            for channel in plan.steps[telling.step].channels {
                // Who was not told of the trouble is not told of its end.
                if telling.occasion == .over, try !NoticeTable.isTold(channel, alert.id, transaction) {
                    continue
                }
                let state: AlertNotice.State = isSilenced ? .silenced : .waiting
                try NoticeTable.insert(alert, channel, telling, state, now: now, transaction)
            }
        }
    }

    private func announce(_ change: Change) {
        guard !change.tellings.isEmpty else { return }
        let alert = change.alert
        ports.signals.tell(
            .alertChanged,
            "\(alert.id)",
            body: [
                "incident": .string("\(alert.incident)"), "stage": .string(alert.course.stage.rawValue),
                "level": .string(alert.course.level.rawValue), "summary": .string(alert.summary),
            ]
        )
    }

    // MARK: Sending

    /// Notices of one channel that leave together.
    private struct Batch: Sendable {
        let channel: AlertChannel
        let notices: [AlertNotice]
        let alerts: [AlertID: StoredAlert]

        /// Names this message for ever: the same notices have the same key, whoever sends them.
        var key: String {
            "alert-\(notices.first?.seq ?? 0)-\(notices.last?.seq ?? 0)-\(channel.name)"
        }

        /// Whether an alert was over before this channel was told that it began.
        func isBlip(_ alert: AlertID) -> Bool {
            let occasions = notices.filter { $0.alert == alert }.map(\.occasion)
            return occasions.contains(.over) && occasions.contains { $0 == .began || $0 == .escalated }
        }

        /// The integration that one of its alerts is about; messages go by another.
        var about: ResourceName? {
            for notice in notices where notice.occasion != .over {
                if case .integration(let name) = alerts[notice.alert]?.subject { return name }
            }
            return nil
        }
    }

    private func send() async throws {
        let now = ports.time.now()
        let (waiting, sentAt) = try await database.read { transaction in
            let shared = try transaction.sharedNow(local: now)
            let waiting = try NoticeTable.waiting(now: shared, limit: Self.noticesMax, transaction)
            var sentAt: [ResourceName: Instant] = [:]
            for channel in Set(waiting.map(\.channel)) {
                sentAt[channel] = try NoticeTable.lastSent(
                    channel,
                    newest: waiting.map(\.seq).max() ?? 0,
                    within: Self.historyMax,
                    transaction
                )
            }
            return (waiting, sentAt)
        }
        guard !waiting.isEmpty else { return }
        let batches = try await claim(waiting, sentAt, now: now)
        await withDiscardingTaskGroup { group in
            for batch in batches { group.addTask { await self.send(batch) } }
        }
    }

    /// Takes on what is due; what another node took on meanwhile is left to it.
    private func claim(
        _ waiting: [AlertNotice],
        _ sentAt: [ResourceName: Instant],
        now: Instant
    ) async throws -> [Batch] {
        var due: [(AlertChannel?, ResourceName, [AlertNotice])] = []
        for (name, notices) in Dictionary(grouping: waiting, by: \.channel).sorted(by: { $0.key < $1.key }) {
            let items = notices.map(\.waiting)
            guard let dueAt = AlertGrouping.due(items, sentAt: sentAt[name]), dueAt <= now else { continue }
            let channel = ports.channels.first { $0.name == name }
            due.append((channel, name, Array(notices.prefix(AlertGrouping.alertsMax))))
        }
        guard !due.isEmpty else { return [] }
        let found = due
        return try await database.write { transaction in
            let shared = try transaction.sharedNow(local: now)
            return try found.compactMap { channel, _, notices -> Batch? in
                guard let channel else {
                    for notice in notices {
                        let reason = "the configuration has no such channel any longer"
                        try NoticeTable.finish(
                            notice,
                            .passed,
                            dueAt: nil,
                            now: shared,
                            error: reason,
                            transaction
                        )
                    }
                    return nil
                }
                let own = try notices.filter {
                    try NoticeTable.claim($0.seq, now: shared, lease: shared + Self.lease, transaction)
                }
                guard !own.isEmpty else { return nil }
                var alerts: [AlertID: StoredAlert] = [:]
                for id in Set(own.map(\.alert)) { alerts[id] = try AlertTable.find(id, transaction) }
                return Batch(channel: channel, notices: own, alerts: alerts)
            }
        }
    }

    private func send(_ batch: Batch) async {
        let news = batch.notices.filter { !batch.isBlip($0.alert) }.compactMap { notice in
            batch.alerts[notice.alert]?.news(notice.occasion, level: notice.level)
        }
        // The latest that is to be told of an alert says all: what came before it is told by it.
        let latest = Dictionary(news.map { ($0.alert, $0) }) { _, later in later }.values
        let end: AlertSender.End
        if latest.isEmpty {
            end = .passed("it was over before anybody was told")
        } else {
            let message = AlertMessage(Array(latest), home: ports.home)
            end = await sender.send(message, to: batch.channel, key: batch.key, about: batch.about)
        }
        do {
            try await record(end, batch)
        } catch {
            // Its lease ends, and it is sent again.
            ports.logger.warning("an alert's notice cannot be recorded", metadata: ["error": "\(error)"])
        }
    }

    private func record(_ end: AlertSender.End, _ batch: Batch) async throws {
        count(end, batch)
        let now = ports.time.now()
        let jitter = ports.random.fraction()
        try await database.write { transaction in
            try transaction.lock("alerts")
            for notice in batch.notices {
                let tries = notice.tries + 1
                switch end {
                case .sent:
                    try NoticeTable.finish(notice, .sent, dueAt: nil, now: now, error: nil, transaction)
                case .failed(let reason) where tries < Self.triesMax:
                    let dueAt = now + Self.backoff.delay(afterAttempt: tries, jitter: jitter)
                    try NoticeTable.finish(
                        notice,
                        .waiting,
                        dueAt: dueAt,
                        now: now,
                        error: reason,
                        transaction
                    )
                case .failed(let reason), .refused(let reason):
                    try NoticeTable.finish(notice, .failed, dueAt: nil, now: now, error: reason, transaction)
                    try self.unheard(notice, transaction)
                case .passed(let reason):
                    try NoticeTable.finish(notice, .passed, dueAt: nil, now: now, error: reason, transaction)
                    try self.unheard(notice, transaction)
                }
            }
            for alert in batch.alerts.values {
                let entry = IncidentEntry(at: now, kind: .alert, text: self.text(end, batch.channel))
                _ = try IncidentTable.append(entry, to: alert.incident, transaction)
            }
        }
        bell.ring()
    }

    /// When nobody of a step can be told, the next step is told at once.
    private func unheard(_ notice: AlertNotice, _ transaction: Transaction) throws {
        guard try !NoticeTable.isHopeful(notice.alert, step: notice.step, transaction),
            var alert = try AlertTable.find(notice.alert, transaction), alert.endedAt == nil,
            alert.course.told == notice.step + 1
        else { return }
        alert.course.wasUnheard()
        try AlertTable.save(alert, transaction)
    }

    private func text(_ end: AlertSender.End, _ channel: AlertChannel) -> String {
        switch end {
        case .sent: "\(channel.name) (\(channel.kindName)) was told."
        case .failed(let reason), .refused(let reason):
            "\(channel.name) (\(channel.kindName)) could not be told: \(reason)."
        case .passed(let reason): "\(channel.name) (\(channel.kindName)) was passed over: \(reason)."
        }
    }

    private func count(_ end: AlertSender.End, _ batch: Batch) {
        let result =
            switch end {
            case .sent: "sent"
            case .failed, .refused: "failed"
            case .passed: "passed"
            }
        ports.metrics.counter(
            "usher_alert_messages_total",
            help: "Messages about alerts, by channel and result.",
            labels: [("channel", batch.channel.name.text), ("result", result)]
        ).increment()
    }
}
