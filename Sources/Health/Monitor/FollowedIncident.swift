import Domain
import Resilience

/// An open incident as the monitor follows it.
struct FollowedIncident: Sendable {
    /// How often what became of calls is looked up in an incident's first ten minutes.
    static let refreshesAtFirst = Duration.seconds(5)
    /// How often later.
    static let refreshesLater = Duration.seconds(60)
    /// How long an incident is young.
    static let young = Duration.seconds(600)
    /// How often what it means to weddings is worked out anew.
    static let impactEvery = Duration.seconds(30)
    /// How often the other nodes are told that it goes on.
    static let touchEvery = Duration.seconds(10)

    var incident: Incident
    var title: String
    /// What was wrong when it was worst, in a word.
    var trouble: String
    var figures = IncidentFigures()
    var detours: Set<Detour> = []
    var refreshedAt: Duration
    var impactAt: Duration
    var touchedAt: Duration

    init(_ incident: Incident, title: String, trouble: String, now: Duration) {
        self.incident = incident
        self.title = title
        self.trouble = trouble
        refreshedAt = now
        impactAt = now
        touchedAt = now
    }

    /// Its summary, as of `now`.
    func summary(closedAt: Instant? = nil, now: Instant) -> String {
        IncidentSummary(
            title: title,
            trouble: trouble,
            openedAt: incident.openedAt,
            closedAt: closedAt,
            figures: figures
        ).sentence(now: now)
    }

    /// Whether what became of calls is to be looked up now.
    func isDue(now: Duration, wall: Instant) -> Bool {
        let isYoung = wall - incident.openedAt < Self.young
        return now - refreshedAt >= (isYoung ? Self.refreshesAtFirst : Self.refreshesLater)
    }
}
