package import Domain
import Storage

/// What people do with alerts.
extension AlertDesk {
    /// The most alerts of one page.
    package static let pageMax = 200
    /// The most notices shown of one alert.
    package static let shownMax = 500

    /// Alerts, newest first, older than `before`; at most `limit`, up to `pageMax`.
    package func list(before: AlertID? = nil, limit: Int) async throws -> [StoredAlert] {
        let limit = min(max(limit, 1), Self.pageMax)
        return try await database.read { try AlertTable.page(before: before, limit: limit, $0) }
    }

    /// One alert and whom it was told; nil when there is none.
    package func find(_ id: AlertID) async throws -> (alert: StoredAlert, notices: [AlertNotice])? {
        try await database.read { transaction in
            guard let alert = try AlertTable.find(id, transaction) else { return nil }
            return (alert, try NoticeTable.of(id, limit: Self.shownMax, transaction))
        }
    }

    /// Takes an alert: it goes no further until it becomes louder.
    ///
    /// Nil when there is none, or it is over.
    package func take(_ id: AlertID, by: String) async throws -> StoredAlert? {
        let now = ports.time.now()
        return try await database.write { transaction in
            try transaction.lock("alerts")
            guard var alert = try AlertTable.find(id, transaction), alert.course.take() else { return nil }
            alert.takenBy = by
            try AlertTable.save(alert, transaction)
            let entry = IncidentEntry(at: now, kind: .alert, text: "\(by) is at it.")
            _ = try IncidentTable.append(entry, to: alert.incident, transaction)
            return alert
        }
    }

    /// Keeps alerts back; nil when there are `AlertSilence.countMax` already.
    package func silence(_ silence: AlertSilence, reason: String, by: String) async throws -> StoredSilence? {
        let now = ports.time.now()
        let stored = StoredSilence(
            id: AlertSilenceID(now: now, random: ports.random),
            silence: silence,
            reason: reason,
            by: by
        )
        return try await database.write { transaction in
            try AlertSilenceTable.removeOld(now: now, transaction)
            guard try AlertSilenceTable.open(now: now, transaction).count < AlertSilence.countMax else {
                return nil
            }
            try AlertSilenceTable.insert(stored, transaction)
            return stored
        }
    }

    /// The silences that are not over.
    package func silences() async throws -> [StoredSilence] {
        let now = ports.time.now()
        return try await database.read { try AlertSilenceTable.open(now: now, $0) }
    }

    /// Ends a silence before its time; false when there is none.
    package func endSilence(_ id: AlertSilenceID) async throws -> Bool {
        try await database.write { try AlertSilenceTable.end(id, $0) }
    }

    /// Sends a message that says it is a test, at once, and says how it went; nil for a channel there is not.
    package func test(_ name: ResourceName) async -> AlertSender.End? {
        guard let channel = ports.channels.first(where: { $0.name == name }) else { return nil }
        let now = ports.time.now()
        let news = AlertNews(
            alert: AlertID(now: now, random: ports.random),
            incident: IncidentID(now: now, random: ports.random),
            subject: "nothing",
            level: .info,
            occasion: .began,
            summary: "This is a test of the channel \(name): nothing is wrong.",
            meanings: [],
            since: now
        )
        let message = AlertMessage([news], home: ports.home)
        return await sender.send(message, to: channel, key: "test-\(news.alert)", about: nil)
    }
}
