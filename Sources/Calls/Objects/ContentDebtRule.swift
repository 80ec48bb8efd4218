/// When a copy that failed is tried again.
package enum ContentDebtRule {
    /// The first pause; it doubles up to `pauseMax`.
    static let firstPause = Duration.seconds(30)
    /// The longest pause, before jitter.
    static let pauseMax = Duration.seconds(3_600)

    /// The pause after a failure.
    ///
    /// | failures so far | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 and more |
    /// |---|---|---|---|---|---|---|---|---|
    /// | pause before jitter | 30 s | 1 min | 2 min | 4 min | 8 min | 16 min | 32 min | 1 h |
    ///
    /// - Parameter jitter: 0..<1; stretches the pause by up to a quarter.
    package static func pause(afterFailures tries: Int, jitter: Double) -> Duration {
        let pause = firstPause * (1 << min(max(tries - 1, 0), 8))
        return min(pause, pauseMax) * (1 + jitter / 4)
    }
}
