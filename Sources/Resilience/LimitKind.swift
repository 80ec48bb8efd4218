/// What sort of limit a provider keeps: a limiter that guesses the wrong kind is many times slower than none.
package enum LimitKind: Hashable, Sendable {
    /// `ratePerSecond` on average, `burst` at once after quiet times.
    case tokenBucket(ratePerSecond: Double, burst: Int)
    /// `count` in each window of `length`, counted from `start` of the epoch's windows; a day is a UTC day.
    case fixedWindow(count: Int, length: Duration)
    /// `count` requests in flight.
    case concurrency(count: Int)
}

/// What one answer says about a provider's limit.
package enum LimitNews: Hashable, Sendable {
    /// The request was refused for being over a limit; the wait the provider asked for, if it did.
    case refused(limit: String?, wait: Duration?)
    /// This many requests are left, until the window turns after `resetIn`.
    case remaining(limit: String?, count: Int, resetIn: Duration?)
    /// The limit is `count` in `window`.
    case quota(limit: String?, count: Int, window: Duration)
}
