package import Domain
package import Resilience

/// What an incident is about.
package enum IncidentSubject: Hashable, Sendable, CustomStringConvertible {
    /// An integration, by name.
    case integration(ResourceName)
    /// A source that stopped sending or cannot be understood, by name.
    case source(String)
    /// A destination that does not take deliveries, by name.
    case destination(ResourceName)

    package var description: String {
        switch self {
        case .integration(let name): "integration \(name)"
        case .source(let name): "source \(name)"
        case .destination(let name): "destination \(name)"
        }
    }
}

/// One line of an incident's record.
package struct IncidentEntry: Hashable, Sendable {
    /// What happened; raw values are for documents.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        case opened
        /// The state became worse or better.
        case state
        /// What the provider says of itself.
        case statusPage = "status_page"
        /// Calls go elsewhere, or are back.
        case failover
        /// Emergency mode began, did something, ended.
        case emergency
        /// Somebody was told.
        case alert
        /// Somebody wrote something.
        case note
        case closed
    }

    /// When.
    package let at: Instant
    /// What.
    package let kind: Kind
    /// In words.
    package let text: String

    /// Collects the parts.
    package init(at: Instant, kind: Kind, text: String) {
        self.at = at
        self.kind = kind
        self.text = text
    }
}

/// A time in which something did not do as it should, with all that happened in it.
package struct Incident: Hashable, Sendable {
    /// The most lines of its record; what comes later is counted, not kept.
    package static let entriesMax = 500

    /// Its id.
    package let id: IncidentID
    /// What it is about.
    package let subject: IncidentSubject
    /// The vendor whose integration, source or destination it is; nil is the platform's.
    package let vendor: ResourceName?
    /// How it does now, or did when it ended.
    package var state: IntegrationHealth.State
    /// The worst it was.
    package var worst: IntegrationHealth.State
    /// When it began.
    package let openedAt: Instant
    /// When it ended; nil while it is open.
    package var closedAt: Instant?
    /// In a sentence.
    package var summary: String
    /// What it means, worst first.
    package var impacts: [WeddingImpact]
    /// Its record, oldest first.
    package var entries: [IncidentEntry]

    /// Collects the parts.
    package init(
        id: IncidentID,
        subject: IncidentSubject,
        vendor: ResourceName? = nil,
        state: IntegrationHealth.State,
        worst: IntegrationHealth.State,
        openedAt: Instant,
        closedAt: Instant? = nil,
        summary: String,
        impacts: [WeddingImpact] = [],
        entries: [IncidentEntry] = []
    ) {
        self.id = id
        self.subject = subject
        self.vendor = vendor
        self.state = state
        self.worst = worst
        self.openedAt = openedAt
        self.closedAt = closedAt
        self.summary = summary
        self.impacts = impacts
        self.entries = entries
    }

    /// The most it means to any wedding.
    package var level: ImpactLevel { impacts.map(\.level).max() ?? .none }
}
