package import Domain
import Resilience
package import Storage

/// Which incidents are wanted.
package struct IncidentFilter: Hashable, Sendable {
    /// Only open ones.
    package var isOpen: Bool
    /// Only those of this vendor's integrations, sources and destinations.
    package var vendor: ResourceName?
    /// Only those about this.
    package var subject: IncidentSubject?
    /// Only those that were open then or later.
    package var since: Instant?
    /// Only those that were opened before.
    package var until: Instant?

    /// Wants every incident, unless told otherwise.
    package init(
        isOpen: Bool = false,
        vendor: ResourceName? = nil,
        subject: IncidentSubject? = nil,
        since: Instant? = nil,
        until: Instant? = nil
    ) {
        self.isOpen = isOpen
        self.vendor = vendor
        self.subject = subject
        self.since = since
        self.until = until
    }
}

/// The record of all incidents: durable, with one open incident for each subject.
///
/// Every change is in the database when its function returns. Functions throw the storage's errors.
package struct IncidentBook: Sendable {
    /// The most incidents that are open at a time and looked at.
    package static let openMax = 1_000
    /// The most incidents in one page of a list.
    package static let pageMax = 200
    /// The longest text of an entry, in bytes; what is longer is cut.
    package static let textBytesMax = 2_000
    /// How long an incident is kept once it is over: 400 days.
    package static let kept = Duration.seconds(400 * 86_400)
    /// The most that are removed in one step.
    static let removedMax = 200

    let database: Database

    /// Reads and writes the incidents of a database.
    package init(database: Database) {
        self.database = database
    }

    /// Opens an incident with its first entries, unless its subject has an open one; gives the open one, and whether
    /// it is new.
    package func open(_ incident: Incident) async throws -> (incident: Incident, isNew: Bool) {
        try await database.write { transaction in
            guard try IncidentTable.insert(incident, transaction) else {
                guard var found = try IncidentTable.findOpen(incident.subject, transaction) else {
                    throw StorageError.constraint("incidents.id")
                }
                found.entries = try IncidentTable.entries(of: found.id, transaction)
                return (found, false)
            }
            for entry in incident.entries {
                _ = try IncidentTable.append(Self.cut(entry), to: incident.id, transaction)
            }
            return (incident, true)
        }
    }

    /// Stores an open incident's state, worst state, summary and impacts, and adds a line when there is one; false
    /// when it is over or there is no such incident.
    package func change(_ incident: Incident, entry: IncidentEntry? = nil) async throws -> Bool {
        try await database.write { transaction in
            guard try IncidentTable.change(incident, transaction) else { return false }
            if let entry { _ = try IncidentTable.append(Self.cut(entry), to: incident.id, transaction) }
            return true
        }
    }

    /// Adds a line, also to one that is over; false when there is no such incident or its record is full.
    @discardableResult
    package func append(_ entry: IncidentEntry, to id: IncidentID) async throws -> Bool {
        try await database.write { try IncidentTable.append(Self.cut(entry), to: id, $0) }
    }

    /// Takes in that a node still sees what the incident is about do badly.
    package func touch(_ ids: [IncidentID], at now: Instant) async throws {
        try await database.write { transaction in
            for id in ids { try IncidentTable.touch(id, now, transaction) }
        }
    }

    /// Ends an incident with a last line, in the state and with the summary given.
    ///
    /// False when it is over already, and when another node has seen it do badly since `quietSince`.
    package func close(
        _ incident: Incident,
        at now: Instant,
        quietSince: Instant,
        entry: IncidentEntry
    ) async throws -> Bool {
        try await database.write { transaction in
            guard try IncidentTable.close(incident, at: now, quietSince: quietSince, transaction) else {
                return false
            }
            _ = try IncidentTable.append(Self.cut(entry), to: incident.id, transaction)
            return true
        }
    }

    /// One incident with its record; nil when there is none.
    package func find(_ id: IncidentID) async throws -> Incident? {
        try await database.read { transaction in
            guard var found = try IncidentTable.find(id, transaction) else { return nil }
            found.entries = try IncidentTable.entries(of: id, transaction)
            return found
        }
    }

    /// The open incident of a subject, with its record; nil when there is none.
    package func open(of subject: IncidentSubject) async throws -> Incident? {
        try await database.read { transaction in
            guard var found = try IncidentTable.findOpen(subject, transaction) else { return nil }
            found.entries = try IncidentTable.entries(of: found.id, transaction)
            return found
        }
    }

    /// The open incidents, oldest first, without their records; at most `openMax`.
    package func openIncidents() async throws -> [Incident] {
        try await database.read { try IncidentTable.open($0, limit: Self.openMax) }
    }

    /// Incidents, newest first, without their records.
    ///
    /// - Parameters:
    ///   - before: only older ones than this.
    ///   - limit: the most, up to `pageMax`.
    package func list(
        _ filter: IncidentFilter = IncidentFilter(),
        before: IncidentID? = nil,
        limit: Int
    ) async throws -> [Incident] {
        let limit = min(max(limit, 1), Self.pageMax)
        return try await database.read {
            try IncidentTable.page(filter, before: before, limit: limit, $0)
        }
    }

    /// Removes incidents that ended too long ago; gives how many.
    @discardableResult
    package func sweep(now: Instant) async throws -> Int {
        try await database.write {
            try IncidentTable.remove(endedBefore: now - Self.kept, limit: Self.removedMax, $0)
        }
    }

    private static func cut(_ entry: IncidentEntry) -> IncidentEntry {
        guard entry.text.utf8.count > textBytesMax else { return entry }
        var text = ""
        for character in entry.text {
            guard text.utf8.count + character.utf8.count <= textBytesMax - 3 else { break }
            text.append(character)
        }
        return IncidentEntry(at: entry.at, kind: entry.kind, text: text + "…")
    }
}
