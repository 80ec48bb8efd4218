import Domain
import Providers
import Resilience

/// Says what trouble means to a wedding, in a planner's words.
///
/// `Payments go through Square: Stripe is down. Next at Garcia wedding: Cake at 16:00, in 41 min.` Times are those of
/// the clocks at the wedding.
struct ImpactText {
    let wedding: Wedding
    /// What is in trouble, for people.
    let title: String
    let state: IntegrationHealth.State
    let now: Instant

    func reason(_ way: ImpactRule.Way) -> String {
        let sentence = first(way)
        return "\(sentence.prefix(1).uppercased())\(sentence.dropFirst()) \(next)"
    }

    private func first(_ way: ImpactRule.Way) -> String {
        guard let capability = way.capability else { return "\(title) \(state.verb): webhooks come late." }
        let work = capability.work
        return switch way.cover {
        case .standIn(let stop): "\(work.capitalised) go through \(stop.title): \(title) \(state.verb)."
        case .notInUse(let stop) where stop.isWorking:
            "\(work.capitalised) go through \(stop.title) as always, but \(title), next in line, \(state.verb)."
        case .notInUse(let stop):
            "\(work.capitalised) are sent to \(stop.title) alone; \(title), next in line, \(state.verb)."
        case .byHand(let stop):
            "\(title) \(state.verb), and \(work) stay with it until somebody sends them to \(stop.title)."
        case .none where state == .degraded:
            "\(work.capitalised) are slow or fail at times: \(title) \(state.verb), and nothing stands in."
        case .none: "\(work.capitalised) fail: \(title) \(state.verb), and nothing stands in."
        }
    }

    private var next: String {
        guard let item = wedding.nextItem(after: now) else {
            return "Nothing is left on the timeline of \(wedding.title)."
        }
        let left = DurationText.until(item.startsAt - now)
        return
            "Next at \(wedding.title): \(item.name) \(LocalMoment.text(item.startsAt, at: wedding, now)), \(left)."
    }
}

/// Says when something begins, as clocks and calendars at a wedding show it.
enum LocalMoment {
    /// `at 16:00` on the day it is there; else `on 2026-06-21 at 10:00`; in an hour that is shown twice, which.
    static func text(_ instant: Instant, at wedding: Wedding, _ now: Instant) -> String {
        let local = wedding.zone.local(instant)
        let clock = String(local.description.dropFirst(11).prefix(5))
        let isToday = local.date == wedding.zone.local(now).date
        let day = isToday ? "" : "on \(local.date) "
        let shown = wedding.zone.instants(local)
        let whole = Instant(seconds: instant.seconds)
        let which = shown.count < 2 ? "" : shown[0] == whole ? ", the first time" : ", the second time"
        return "\(day)at \(clock)\(which)"
    }
}

/// Says how long something takes, as people do.
enum DurationText {
    /// `in 41 min`, `in 5 h`, `in 3 days`; minutes are rounded up, hours and days to the nearest.
    static func until(_ duration: Duration) -> String {
        let minutes = max(1, (duration.microseconds + 59_999_999) / 60_000_000)
        if minutes <= 90 { return "in \(minutes) min" }
        let hours = (minutes + 30) / 60
        if hours <= 36 { return "in \(hours) h" }
        return "in \((hours + 12) / 24) days"
    }
}

extension Capability {
    /// What is done with it, for people, in the plural.
    var work: String {
        switch self {
        case .payments: "payments"
        case .sms: "text messages"
        case .email: "mails"
        case .video: "video meetings"
        case .calendar: "calendar entries"
        case .weather: "weather forecasts"
        case .storage: "pictures and files"
        }
    }
}

extension IntegrationHealth.State {
    /// What it does, after its name.
    var verb: String {
        switch self {
        case .unknown: "was not heard of lately"
        case .healthy: "works"
        case .degraded: "does worse than usual"
        case .unhealthy: "fails often"
        case .down: "is down"
        }
    }
}

extension String {
    /// With its first letter in upper case.
    var capitalised: String { prefix(1).uppercased() + dropFirst() }
}
