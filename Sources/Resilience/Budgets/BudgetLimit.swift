/// One limit as an integration's budget keeps it.
package struct BudgetLimit: Hashable, Sendable {
    /// What is counted together.
    package enum Scope: Hashable, Sendable {
        /// All calls of the integration.
        case integration
        /// The calls to each object for themselves: a calendar, a sender, a mailbox.
        case object
    }

    /// Its name, unique for the provider; `LimitNews` may speak of it by this name.
    package let name: String
    /// What sort of limit it is; nil when nobody knows.
    package let kind: LimitKind?
    /// What is counted together.
    package let scope: Scope
    /// How it behaves beyond its numbers.
    package let policy: Budget.Policy

    /// Describes a limit.
    package init(
        _ name: String,
        _ kind: LimitKind?,
        scope: Scope = .integration,
        policy: Budget.Policy = Budget.Policy()
    ) {
        self.name = name
        self.kind = kind
        self.scope = scope
        self.policy = policy
    }
}

/// Some of an integration's limits, by their place in its list.
package struct LimitSet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    /// Makes a set from its bits.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Every limit.
    package static let all = LimitSet(rawValue: .max)
    /// The most limits an integration has.
    package static let countMax = 32

    func contains(index: Int) -> Bool {
        rawValue & (1 << UInt32(index)) != 0
    }
}

/// Which limits a call counts against.
package struct BudgetNeed: Hashable, Sendable {
    /// The limits.
    package let limits: LimitSet
    /// The object it is about, for the limits that count each for itself; nil is an object of its own.
    package let object: String?

    /// Names the limits and the object.
    package init(_ limits: LimitSet = .all, object: String? = nil) {
        self.limits = limits
        self.object = object
    }
}
