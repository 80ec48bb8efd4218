package import Domain
import Providers
import Resilience

/// Marks how ready everything is for one wedding, 0 to 100, and says what would raise it.
///
/// | part | points | all of them when |
/// |---|---|---|
/// | health | 25 | the first integration of every route works |
/// | fallback | 25 | every route has a second one that takes over by itself and was tried in the last 30 days |
/// | credentials | 20 | none ends before the day has ended, none waits for a consent |
/// | quota | 10 | every limit reaches over the day by half, or a share is held for the wedding |
/// | backlog | 10 | nothing for the wedding is overdue |
/// | dead letters | 10 | nothing for the wedding was given up |
///
/// Routes count by what they are for: those a wedding day cannot do without (`ImpactRule.isVital`) twice. Within a part,
/// the value of one route, credential or limit:
///
/// | part | value |
/// |---|---|
/// | health | healthy, unknown 1; degraded 0.6; unhealthy 0.2; down 0; with a working stand-in at least 0.5 |
/// | fallback | tried and working 1; works, not tried lately 0.5; does badly, or takes over by hand only 0.25; none 0 |
/// | credentials | good 1; ends on the day or before it 0; no consent 0 |
/// | quota | held for the wedding 1; left over: half 1, a fifth 0.7, anything 0.4, nothing 0; not known 0.7 |
/// | backlog | overdue: none 1; up to 10 0.5; more 0 |
/// | dead letters | none 1; up to 2 0.5; more 0 |
///
/// Calendars need no second one: an entry lives in one of them. Points are rounded down, so 100 means that nothing is
/// amiss.
package enum ReadinessRule {
    /// How long ago a fallback may have been tried to count as tried.
    package static let triedLately = Duration.seconds(30 * 86_400)
    /// Overdue deliveries that are few.
    package static let overdueFew = 10
    /// Dead letters that are few.
    package static let deadFew = 2
    /// The most steps named for one part.
    package static let raiseMax = 20

    /// Marks every part.
    package static func readiness(_ facts: ReadinessFacts, of wedding: Wedding, at now: Instant) -> Readiness
    {
        Readiness(
            marks: [
                health(facts), fallback(facts, now), credentials(facts, wedding, now), quota(facts, wedding),
                backlog(facts), deadLetters(facts),
            ]
        )
    }

    /// One thing that counts towards a part.
    private struct Vote {
        let weight: Double
        let value: Double
        /// What is amiss, and what to do; nil when all is well.
        let fault: (reason: String, raise: String)?
    }

    private static func mark(_ part: Readiness.Part, _ votes: [Vote], good: String) -> Readiness.Mark {
        let whole = votes.reduce(0) { $0 + $1.weight }
        let share = whole > 0 ? votes.reduce(0) { $0 + $1.weight * $1.value } / whole : 1
        let faults = votes.compactMap(\.fault)
        return Readiness.Mark(
            part: part,
            points: Int((Double(part.weight) * share + 1e-9).rounded(.down)),
            reason: faults.isEmpty ? good : faults.prefix(raiseMax).map(\.reason).joined(separator: " "),
            raise: faults.prefix(raiseMax).map(\.raise)
        )
    }

    private static func weight(_ way: ReadinessFacts.Way) -> Double {
        ImpactRule.isVital(way.capability) ? 2 : 1
    }

    // MARK: Parts

    private static func health(_ facts: ReadinessFacts) -> Readiness.Mark {
        let ways = facts.ways.compactMap { way -> Vote? in
            guard let first = way.lines.first else { return nil }
            let standIn = way.isAutomatic ? way.lines.dropFirst().first(where: \.stop.isWorking) : nil
            let value = max(first.stop.state.value, standIn == nil ? 0 : 0.5)
            let work = way.capability.work
            let instead = standIn.map { ", \($0.stop.title) takes the \(work)" } ?? ""
            let fault =
                value < 1
                ? (
                    reason: "\(first.stop.title) \(first.stop.state.verb)\(instead).",
                    raise:
                        "See what is wrong with \(first.stop.name): usher integrations test \(first.stop.name)"
                ) : nil
            return Vote(weight: weight(way), value: value, fault: fault)
        }
        let accounts = facts.accounts.map { account in
            let value = account.stop.state.value
            let fault =
                value < 1
                ? (
                    reason: "\(account.stop.title) \(account.stop.state.verb).",
                    raise:
                        "See what is wrong with \(account.stop.name): usher integrations test \(account.stop.name)"
                ) : nil
            return Vote(weight: 1, value: value, fault: fault)
        }
        let good = facts.ways.isEmpty ? "No calls are made: there is no integration." : "Everything works."
        return mark(.health, ways + accounts, good: good)
    }

    private static func fallback(_ facts: ReadinessFacts, _ now: Instant) -> Readiness.Mark {
        let votes = facts.ways.filter { $0.capability != .calendar }.map { way in
            let (value, fault) = fallback(way, now)
            return Vote(weight: weight(way), value: value, fault: fault)
        }
        let good =
            votes.isEmpty
            ? "No calls are made that could go elsewhere." : "Every route has a second way that was tried."
        return mark(.fallback, votes, good: good)
    }

    private static func fallback(
        _ way: ReadinessFacts.Way,
        _ now: Instant
    ) -> (Double, (reason: String, raise: String)?) {
        let work = way.capability.work
        let others = way.lines.dropFirst()
        guard let second = others.first(where: \.stop.isWorking) ?? others.first else {
            let first = way.lines.first?.stop.title ?? "nobody"
            return (
                0,
                (
                    "Only \(first) takes \(work).",
                    "Add a second integration for \(way.capability) to the route: usher routes set \(way.capability)"
                )
            )
        }
        let name = second.stop.name
        guard second.stop.isWorking else {
            return (
                0.25,
                (
                    "\(second.stop.title), which would take the \(work), \(second.stop.state.verb).",
                    "Mend \(name), or add another one to the route of \(way.capability)"
                )
            )
        }
        guard way.isAutomatic else {
            return (
                0.25,
                (
                    "\(work.capitalised) go to \(second.stop.title) only when somebody sends them there.",
                    "Let \(way.capability) move on by itself: usher routes set \(way.capability) --strategy immediate"
                )
            )
        }
        guard let tried = second.triedAt, now - tried <= triedLately else {
            let when = second.triedAt == nil ? "was never tried" : "was not tried for 30 days"
            return (
                0.5,
                (
                    "\(second.stop.title), which would take the \(work), \(when).",
                    "Try \(name): usher integrations test \(name)"
                )
            )
        }
        return (1, nil)
    }

    private static func credentials(
        _ facts: ReadinessFacts,
        _ wedding: Wedding,
        _ now: Instant
    ) -> Readiness.Mark {
        var seen: Set<ResourceName> = []
        let votes = (facts.ways.flatMap(\.lines) + facts.accounts).filter {
            seen.insert($0.stop.name).inserted
        }
        .map { line in
            let fault = credentialFault(line, wedding, now)
            return Vote(weight: 1, value: fault == nil ? 1 : 0, fault: fault)
        }
        return mark(.credentials, votes, good: "Every credential holds beyond \(wedding.date).")
    }

    private static func credentialFault(
        _ line: ReadinessFacts.Line,
        _ wedding: Wedding,
        _ now: Instant
    ) -> (reason: String, raise: String)? {
        let name = line.stop.name
        if line.needsConsent {
            return (
                "\(line.stop.title) waits for a person's consent.",
                "Connect \(name) again: POST /api/vendors/{vendor}/connect/{provider}"
            )
        }
        guard let end = line.credentialEndsAt, end <= max(wedding.clock.after, now) else { return nil }
        let day = wedding.zone.local(end).date
        let text = end <= now ? "ended on \(day)" : "ends on \(day), before the wedding is over"
        return ("The credential of \(line.stop.title) \(text).", "Give \(name) a new credential")
    }

    private static func quota(_ facts: ReadinessFacts, _ wedding: Wedding) -> Readiness.Mark {
        let votes = facts.quotas.map { quota in
            let value = value(quota)
            let what = "\(quota.limit) of \(quota.integration)"
            let text =
                switch quota.leftPart {
                case nil:
                    "How far \(what) reaches on \(wedding.date) is not known yet, and nothing is held for the wedding."
                case let part? where part < 0: "\(what) does not reach over \(wedding.date) by what is usual."
                case let part?:
                    "Of \(what) only \(Int((part * 100).rounded(.down))) % are left over by the end of \(wedding.date)."
                }
            let raise =
                "Hold a share for the wedding: usher budgets reserve \(quota.integration) --wedding \(wedding.id)"
            return Vote(weight: 1, value: value, fault: value < 1 ? (text.capitalised, raise) : nil)
        }
        let good = votes.isEmpty ? "No limit stands in the way." : "Every limit reaches over \(wedding.date)."
        return mark(.quota, votes, good: good)
    }

    private static func value(_ quota: ReadinessFacts.Quota) -> Double {
        if quota.reserved > 0 { return 1 }
        guard let part = quota.leftPart else { return 0.7 }
        return part >= 0.5 ? 1 : part >= 0.2 ? 0.7 : part >= 0 ? 0.4 : 0
    }

    private static func backlog(_ facts: ReadinessFacts) -> Readiness.Mark {
        let value = facts.overdue == 0 ? 1 : facts.overdue <= overdueFew ? 0.5 : 0
        let fault =
            facts.overdue > 0
            ? (
                reason: "\(facts.overdue) of the \(facts.waiting) deliveries that wait for it are overdue.",
                raise: "See which destination does not take them: usher destinations list"
            ) : nil
        let good =
            facts.waiting == 0 ? "Nothing waits." : "\(facts.waiting) deliveries wait, none is overdue."
        return mark(.backlog, [Vote(weight: 1, value: value, fault: fault)], good: good)
    }

    private static func deadLetters(_ facts: ReadinessFacts) -> Readiness.Mark {
        let count = facts.deadLetters
        let value = count == 0 ? 1 : count <= deadFew ? 0.5 : 0
        let fault =
            count > 0
            ? (
                reason: "\(count) \(count == 1 ? "delivery was" : "deliveries were") given up.",
                raise: "Deliver them again: usher dead-letters list, then usher replay"
            ) : nil
        return mark(
            .deadLetters,
            [Vote(weight: 1, value: value, fault: fault)],
            good: "Nothing was given up."
        )
    }
}

extension IntegrationHealth.State {
    /// What it counts for in the part of health.
    fileprivate var value: Double {
        switch self {
        case .healthy, .unknown: 1
        case .degraded: 0.6
        case .unhealthy: 0.2
        case .down: 0
        }
    }
}
