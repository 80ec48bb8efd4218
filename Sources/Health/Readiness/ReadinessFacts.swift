package import Domain
package import Providers
import Resilience

/// What `ReadinessRule` looks at: everything a wedding leans on, as of one moment.
package struct ReadinessFacts: Sendable {
    /// One integration.
    package struct Line: Sendable {
        /// How it does, with its name.
        package var stop: ImpactScene.Stop
        /// When a request or a test of it was answered last as it should; nil is never.
        package var triedAt: Instant?
        /// Whether a person must consent anew before anything goes.
        package var needsConsent: Bool
        /// When its credential ends; nil is never, or not known.
        package var credentialEndsAt: Instant?

        /// Collects the parts.
        package init(
            _ stop: ImpactScene.Stop,
            triedAt: Instant? = nil,
            needsConsent: Bool = false,
            credentialEndsAt: Instant? = nil
        ) {
            self.stop = stop
            self.triedAt = triedAt
            self.needsConsent = needsConsent
            self.credentialEndsAt = credentialEndsAt
        }
    }

    /// The integrations of one capability.
    package struct Way: Sendable {
        /// What for.
        package var capability: Capability
        /// In the order in which they are tried; at least one.
        package var lines: [Line]
        /// Whether calls move on by themselves.
        package var isAutomatic: Bool

        /// Collects the parts.
        package init(_ capability: Capability, _ lines: [Line], isAutomatic: Bool = true) {
            self.capability = capability
            self.lines = lines
            self.isAutomatic = isAutomatic
        }
    }

    /// How far one limit reaches over the wedding's day.
    package struct Quota: Hashable, Sendable {
        /// Whose.
        package var integration: ResourceName
        /// Which.
        package var limit: String
        /// Calls held for this wedding on its day.
        package var reserved: Int
        /// The part of the limit that is left over until the day has ended, by what is usual; negative when it does not
        /// reach; nil while nobody can say.
        package var leftPart: Double?

        /// Collects the parts.
        package init(integration: ResourceName, limit: String, reserved: Int, leftPart: Double?) {
            self.integration = integration
            self.limit = limit
            self.reserved = reserved
            self.leftPart = leftPart
        }
    }

    /// The routes that have integrations.
    package var ways: [Way]
    /// The own accounts of the vendors who work the wedding.
    package var accounts: [Line]
    /// The limits of the integrations that stand first in the routes.
    package var quotas: [Quota]
    /// Deliveries of the wedding that wait.
    package var waiting: Int
    /// Those of them that should have arrived before now.
    package var overdue: Int
    /// Deliveries of the wedding that were given up.
    package var deadLetters: Int

    /// Collects what is known.
    package init(
        ways: [Way] = [],
        accounts: [Line] = [],
        quotas: [Quota] = [],
        waiting: Int = 0,
        overdue: Int = 0,
        deadLetters: Int = 0
    ) {
        self.ways = ways
        self.accounts = accounts
        self.quotas = quotas
        self.waiting = waiting
        self.overdue = overdue
        self.deadLetters = deadLetters
    }
}

/// How ready everything is for one wedding.
package struct Readiness: Hashable, Sendable {
    /// One part of the score; raw values are for documents.
    package enum Part: String, CaseIterable, Hashable, Sendable {
        case health
        case fallback
        case credentials
        case quota
        case backlog
        case deadLetters = "dead_letters"

        /// The most points it gives; together 100.
        package var weight: Int {
            switch self {
            case .health: 25
            case .fallback: 25
            case .credentials: 20
            case .quota: 10
            case .backlog: 10
            case .deadLetters: 10
            }
        }
    }

    /// What one part gives, and why.
    package struct Mark: Hashable, Sendable {
        /// Which part.
        package let part: Part
        /// Its points, at most its weight.
        package let points: Int
        /// Why, in words.
        package let reason: String
        /// What would give more points, one step each; empty with all of them.
        package let raise: [String]
    }

    /// The parts, in their order.
    package let marks: [Mark]

    /// 0 to 100.
    package var score: Int { marks.reduce(0) { $0 + $1.points } }
}
