/// The clock and the alarm, as a value: what wall time it is, how much time has passed, and waiting.
///
/// `Gateway` makes the real one, `Simulation` a virtual one, tests a manual one. Nothing below `Gateway` reads
/// a clock any other way.
package struct Time: Sendable {
    /// The wall clock: for what is stored and shown; it may step backwards.
    package let now: @Sendable () -> Instant
    /// Time since an arbitrary start that never goes back: for time-outs, rates and breakers.
    package let elapsed: @Sendable () -> Duration
    /// Waits; throws `CancellationError` at once when the task is cancelled.
    package let sleep: @Sendable (Duration) async throws -> Void

    /// Makes a clock from its three functions.
    package init(
        now: @escaping @Sendable () -> Instant,
        elapsed: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.now = now
        self.elapsed = elapsed
        self.sleep = sleep
    }
}
