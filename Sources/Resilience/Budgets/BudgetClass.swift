package import Domain

/// Who goes first when a provider's budget is short.
///
/// | priority | class | reserve of a bucket held back from it (θ) | longest wait before it ages |
/// |---|---|---|---|
/// | critical | live | 0 | – |
/// | high, normal | normal | 0.2 | 60 s |
/// | low | bulk | 0.5 | 10 min |
package enum BudgetClass: Int, CaseIterable, Comparable, Sendable {
    case live = 0
    case normal = 1
    case bulk = 2

    /// The class of work of `priority`.
    package init(_ priority: Priority) {
        switch priority {
        case .critical: self = .live
        case .high, .normal: self = .normal
        case .low: self = .bulk
        }
    }

    /// The part of a bucket, or of the places, that this class leaves for the more urgent ones.
    ///
    /// Trunk reservation: a class may take whatever flows in, but leaves this much standing.
    package var reserve: Double {
        switch self {
        case .live: 0
        case .normal: 0.2
        case .bulk: 0.5
        }
    }

    /// What the next class leaves beyond what this one does; the last class's is all that it may use.
    ///
    /// | live | normal | bulk |
    /// |---|---|---|
    /// | 0.2 | 0.3 | 0.5 |
    var advantage: Double {
        (BudgetClass(rawValue: rawValue + 1)?.reserve ?? 1) - reserve
    }

    /// How long work of this class waits at most before it gets a turn out of order; nil is never.
    package var waitMax: Duration? {
        switch self {
        case .live: nil
        case .normal: .seconds(60)
        case .bulk: .seconds(600)
        }
    }

    /// `left < right` means that `left` is more urgent.
    package static func < (left: BudgetClass, right: BudgetClass) -> Bool {
        left.rawValue < right.rawValue
    }
}
