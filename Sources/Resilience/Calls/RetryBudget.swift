import Domain

/// Keeps retries a small part of all calls, so that they do not finish off a provider in trouble.
///
/// Tokens: each first attempt brings `share`, each second brings `perSecond`, each retry takes 1; no more than
/// `tokensMax` are saved up.
///
/// | first attempts a second | 0.5 | 5 | 50 |
/// |---|---|---|---|
/// | retries a second in the long run, 10 % + 1/s | 1.05 | 1.5 | 6 |
/// | hedges a second in the long run, 5 % | 0.025 | 0.25 | 2.5 |
package struct RetryBudget: Hashable, Sendable {
    /// What each first attempt brings.
    package let share: Double
    /// What each second brings.
    package let perSecond: Double
    /// The most that is saved up.
    package let tokensMax: Double
    /// What is left now.
    package private(set) var tokens: Double
    private var latest: Duration

    /// Makes a full budget of 10 % and one a second.
    package init(share: Double = 0.1, perSecond: Double = 1, tokensMax: Double = 10, now: Duration) {
        precondition(share >= 0 && perSecond >= 0 && tokensMax >= 1, "a budget brings tokens and holds one")
        self.share = share
        self.perSecond = perSecond
        self.tokensMax = tokensMax
        tokens = tokensMax
        latest = now
    }

    /// A budget for second requests sent before the first is answered: 5 %.
    package static func hedges(now: Duration) -> RetryBudget {
        RetryBudget(share: 0.05, perSecond: 0, tokensMax: 5, now: now)
    }

    /// Takes in a first attempt.
    package mutating func attempted() {
        tokens = min(tokens + share, tokensMax)
    }

    /// Whether one retry may be made now; takes its token when it may.
    package mutating func takeRetry(now: Duration) -> Bool {
        if now > latest {
            tokens = min(tokens + (now - latest).inSeconds * perSecond, tokensMax)
            latest = now
        }
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
