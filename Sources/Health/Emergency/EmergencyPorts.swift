package import Domain

/// What emergency mode asks of calls and deliveries now.
package struct EmergencyMeasures: Hashable, Sendable {
    /// The weddings it is for: those that are on.
    package let weddings: Set<WeddingID>

    /// Names the weddings.
    package init(weddings: Set<WeddingID>) {
        self.weddings = weddings
    }

    /// What they are, for the record.
    static let sentences = [
        "Calls and deliveries of low priority wait; none is dropped.",
        "Quota held for other weddings is free for those that are on.",
        "An integration counts as slow and failing at half of what is usual.",
        "Failed deliveries for those weddings are tried again in a quarter of the time.",
    ]
}

/// What `EmergencyDesk` needs of others; `Gateway` fills it.
package struct EmergencyPorts: Sendable {
    /// What needs emergency mode now.
    package var causes: @Sendable () async throws -> [EmergencyCause]
    /// The weddings whose day it is.
    package var weddingsOn: @Sendable (Instant) -> Set<WeddingID>
    /// What people call a wedding.
    package var title: @Sendable (WeddingID) -> String
    /// The open incident about this; nil without one.
    package var incident: @Sendable (IncidentSubject) async -> IncidentID?
    /// Writes into an incident's record.
    package var record: @Sendable (IncidentID, IncidentEntry) async throws -> Void
    /// Brings calls and deliveries to these measures, asked again and again with the same; nil undoes everything.
    package var apply: @Sendable (EmergencyMeasures?) -> Void

    /// Collects the ports.
    package init(
        causes: @escaping @Sendable () async throws -> [EmergencyCause],
        weddingsOn: @escaping @Sendable (Instant) -> Set<WeddingID>,
        title: @escaping @Sendable (WeddingID) -> String,
        incident: @escaping @Sendable (IncidentSubject) async -> IncidentID? = { _ in nil },
        record: @escaping @Sendable (IncidentID, IncidentEntry) async throws -> Void = { _, _ in },
        apply: @escaping @Sendable (EmergencyMeasures?) -> Void
    ) {
        self.causes = causes
        self.weddingsOn = weddingsOn
        self.title = title
        self.incident = incident
        self.record = record
        self.apply = apply
    }
}

/// Where emergency mode stands.
package struct EmergencyStatus: Hashable, Sendable {
    /// When it began and when it ends.
    package let mode: EmergencyMode
    /// The weddings it is for.
    package let weddings: [WeddingID]
    /// The incidents it writes to.
    package let incidents: [IncidentID]
    /// Why it is on, in words; empty while it is not.
    package let reasons: [String]
    /// Its latest times, newest first.
    package let records: [EmergencyRecord]
}
