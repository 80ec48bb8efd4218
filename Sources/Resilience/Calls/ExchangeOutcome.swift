/// How one exchange with a provider ended, as far as the provider's health is concerned.
package enum ExchangeOutcome: Hashable, Sendable, CaseIterable {
    /// The provider answered as it should.
    case ok
    /// It answered, but later than callers can use.
    case slow
    /// Its own fault: no connection, no answer in time, a 5xx.
    case fail
    /// A 429 or a used-up quota: news for the rate budget, none about health.
    case rejected
    /// The caller's fault or a refusal: a 4xx, a declined card. Neither a success nor a failure.
    ///
    /// As a failure a flood of them would open a breaker, as a success it would close a half-open one.
    case caller

    /// Whether it tells anything about the provider's health.
    var counts: Bool { self == .ok || self == .slow || self == .fail }
}
