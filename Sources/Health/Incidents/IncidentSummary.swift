package import Domain
import Providers
import Resilience

/// Says an incident in one sentence: `Stripe slow since 14:02 UTC; 41 payments taken by square; 2 being checked;
/// nobody charged twice`.
package struct IncidentSummary: Sendable {
    /// The most integrations that are named as having taken over.
    static let takersMax = 3

    /// What people call the subject.
    package var title: String
    /// How it does, or did when it was worst, in a word or two: `slow`.
    package var trouble: String
    /// When it began.
    package var openedAt: Instant
    /// When it ended; nil while it is open.
    package var closedAt: Instant?
    /// What became of the calls.
    package var figures: IncidentFigures

    /// Collects the parts.
    package init(
        title: String,
        trouble: String,
        openedAt: Instant,
        closedAt: Instant? = nil,
        figures: IncidentFigures = IncidentFigures()
    ) {
        self.title = title
        self.trouble = trouble
        self.openedAt = openedAt
        self.closedAt = closedAt
        self.figures = figures
    }

    /// The sentence.
    ///
    /// - Parameter now: a beginning on another day is told with its date.
    package func sentence(now: Instant) -> String {
        ([beginning(now)] + takers + rest).joined(separator: "; ")
    }

    private func beginning(_ now: Instant) -> String {
        guard let closedAt else { return "\(title) \(trouble) since \(clock(openedAt, now))" }
        return "\(title) \(trouble) from \(clock(openedAt, now)) to \(clock(closedAt, now)) "
            + "(\((closedAt - openedAt).inWords))"
    }

    private var takers: [String] {
        figures.taken.prefix(Self.takersMax).map { taken in
            "\(taken.count) \(taken.capability.nouns(taken.count)) taken by \(taken.integration)"
        }
    }

    private var rest: [String] {
        var parts: [String] = []
        if figures.failed > 0 { parts.append("\(figures.failed) failed") }
        if figures.beingChecked > 0 { parts.append("\(figures.beingChecked) being checked") }
        if figures.held > 0 { parts.append("\(figures.held) waiting for a person") }
        guard figures.hasPayments else { return parts }
        if figures.twice > 0 { parts.append("\(figures.twice) charged twice and being given back") }
        if figures.undone > 0 { parts.append("\(figures.undone) charged twice and given back") }
        if figures.twice == 0, figures.undone == 0 { parts.append("nobody charged twice") }
        return parts
    }

    /// `14:02 UTC`, with the date when that is not today's.
    private func clock(_ instant: Instant, _ now: Instant) -> String {
        let text = Instant(seconds: instant.seconds).description
        let (date, time) = (text.prefix(10), text.dropFirst(11).prefix(5))
        let isToday = date == now.description.prefix(10)
        return isToday ? "\(time) UTC" : "\(date) \(time) UTC"
    }
}

extension Duration {
    /// In words for people: `40 s`, `9 min`, `3 h`, `2 days`.
    package var inWords: String {
        let seconds = max(components.seconds, 0)
        return switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7_200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3_600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}

extension Capability {
    /// What its calls make, one or many.
    fileprivate func nouns(_ count: Int) -> String {
        switch self {
        case .payments: count == 1 ? "payment" : "payments"
        case .sms: count == 1 ? "text" : "texts"
        case .email: count == 1 ? "email" : "emails"
        case .video: count == 1 ? "meeting" : "meetings"
        case .calendar: count == 1 ? "calendar entry" : "calendar entries"
        case .weather: count == 1 ? "forecast" : "forecasts"
        case .storage: count == 1 ? "file" : "files"
        }
    }
}
