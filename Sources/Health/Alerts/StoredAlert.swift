package import Domain

/// One alert as it is stored: the way of one incident to the people who must know.
package struct StoredAlert: Hashable, Sendable {
    /// Its id.
    package let id: AlertID
    /// The incident it is about.
    package let incident: IncidentID
    /// What the incident is about.
    package let subject: IncidentSubject
    /// Where it stands.
    package internal(set) var course: AlertCourse
    /// The incident in a sentence.
    package internal(set) var summary: String
    /// What it means to weddings, worst first, in sentences.
    package internal(set) var meanings: [String]
    /// The next timeline item of the weddings concerned; nil when there is none.
    package internal(set) var nextItemAt: Instant?
    /// When it began.
    package let beganAt: Instant
    /// When it was over.
    package internal(set) var endedAt: Instant?
    /// Who took it; nil while nobody did.
    package internal(set) var takenBy: String?

    init(id: AlertID, incident: Incident, now: Instant) {
        self.id = id
        self.incident = incident.id
        subject = incident.subject
        course = AlertCourse(level: AlertLevel(incident))
        summary = ""
        meanings = []
        beganAt = now
        take(incident)
    }

    init(
        id: AlertID,
        incident: IncidentID,
        subject: IncidentSubject,
        course: AlertCourse,
        summary: String,
        meanings: [String],
        nextItemAt: Instant?,
        beganAt: Instant,
        endedAt: Instant?,
        takenBy: String?
    ) {
        self.id = id
        self.incident = incident
        self.subject = subject
        self.course = course
        self.summary = summary
        self.meanings = meanings
        self.nextItemAt = nextItemAt
        self.beganAt = beganAt
        self.endedAt = endedAt
        self.takenBy = takenBy
    }

    /// Takes in what its incident says now.
    mutating func take(_ incident: Incident) {
        summary = incident.summary
        meanings = incident.impacts.filter { $0.level > .none }.prefix(AlertMessage.meaningsMax * 4).map(
            \.reason
        )
        nextItemAt = incident.impacts.filter { $0.level > .low }.compactMap { $0.nextItem?.startsAt }.min()
    }

    /// As it is told for an occasion.
    func news(_ occasion: AlertCourse.Occasion, level: AlertLevel) -> AlertNews {
        AlertNews(
            alert: id,
            incident: incident,
            subject: "\(subject)",
            level: level,
            occasion: occasion,
            summary: summary,
            meanings: occasion == .over ? [] : meanings,
            since: beganAt
        )
    }
}

extension AlertLevel {
    /// How loud an incident is.
    init(_ incident: Incident) {
        self.init(state: incident.state, impact: incident.level)
    }
}

/// What one channel is to be told, or was.
package struct AlertNotice: Hashable, Sendable {
    /// Where it stands; raw values are for documents.
    package enum State: String, CaseIterable, Hashable, Sendable {
        case waiting
        case sent
        /// Given up after `AlertDesk.triesMax` tries.
        case failed
        /// Kept back by a silence.
        case silenced
        /// Not sent: what it would be sent through is what is down.
        case passed
    }

    /// The row's number.
    package let seq: Int64
    /// Of which alert.
    package let alert: AlertID
    /// Through which channel.
    package let channel: ResourceName
    /// Of which step of the plan.
    package let step: Int
    /// Why.
    package let occasion: AlertCourse.Occasion
    /// How loud the alert was then.
    package let level: AlertLevel
    /// Since when it waits.
    package let since: Instant
    /// Where it stands.
    package let state: State
    /// How often it was tried.
    package let tries: Int
    /// When it is tried next; nil unless it waits after a failure.
    package let dueAt: Instant?
    /// When it was sent or given up.
    package let endedAt: Instant?
    /// What went wrong last; nil when nothing did.
    package let error: String?
}

extension AlertNotice {
    /// As it waits for others: good news is quiet by then, but not to be kept back for that.
    var waiting: AlertGrouping.Waiting {
        AlertGrouping.Waiting(level: occasion == .over ? max(level, .high) : level, since: since)
    }
}
