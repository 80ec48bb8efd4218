/// One change of an integration's state.
package struct HealthTransition: Hashable, Sendable {
    /// The state until now.
    package let from: HealthState
    /// The state from now on; another one than `from`.
    package let to: HealthState
    /// The monotonic time of the change.
    package let at: Duration
    /// For how long the former state held.
    package let lasted: Duration
    /// Why, what weighs most first; empty for `healthy` when there is nothing to explain.
    package let reasons: [HealthReason]

    /// Whether things got worse.
    package var isWorse: Bool { to.badness > from.badness }
    /// Whether things got better.
    package var isBetter: Bool { to.badness < from.badness }
}
