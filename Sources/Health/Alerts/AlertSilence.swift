package import Domain

/// Keeps alerts from being sent for a while; they are recorded all the same.
package struct AlertSilence: Hashable, Sendable {
    /// The longest a silence may last.
    package static let durationMax = Duration.seconds(7 * 86_400)
    /// The most silences at a time.
    package static let countMax = 100

    /// What it is about; nil silences everything.
    package let subject: IncidentSubject?
    /// Whether the loudest alerts are kept back too.
    package let coversCritical: Bool
    /// When it begins.
    package let from: Instant
    /// When it ends.
    package let until: Instant

    /// Makes a silence; nil unless it ends after it begins and within `durationMax`.
    package init?(subject: IncidentSubject?, coversCritical: Bool = false, from: Instant, until: Instant) {
        guard until > from, until - from <= Self.durationMax else { return nil }
        self.subject = subject
        self.coversCritical = coversCritical
        self.from = from
        self.until = until
    }

    /// Whether an alert of that loudness about that subject is kept back at `now`.
    package func covers(_ subject: IncidentSubject, _ level: AlertLevel, at now: Instant) -> Bool {
        (from..<until).contains(now) && (self.subject == nil || self.subject == subject)
            && (coversCritical || level < .critical)
    }
}
