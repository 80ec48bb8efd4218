import Domain

/// How often an integration is called, in orders of magnitude, so that false alarms are rare in days and not in calls.
///
/// Of every 64 calls the logarithm of their rate is taken, and a quarter of its difference added. `excess` is
/// ln(rate / 5 per second), held within -4.5 and 3: what a limit of a log-likelihood sum must be higher by so that it
/// is reached falsely as often in a day as at five calls a second.
///
/// | calls a second | 0.05 | 0.5 | 5 | 50 | 100 and more |
/// |---|---|---|---|---|---|
/// | excess | -4.5 | -2.3 | 0 | 2.3 | 3 |
struct CallRate: Hashable, Sendable {
    /// The rate for which limits are stated.
    static let reference = 5.0
    /// Calls between two looks.
    static let calls = 64
    static let excessRange = -4.5...3.0

    /// ln(rate / reference), within its range.
    private(set) var excess = 0.0
    private var left = Self.calls
    private var since: Double?

    /// Takes in one call; tells whether `excess` has changed.
    mutating func record(seconds: Double) -> Bool {
        guard let since else {
            since = seconds
            return false
        }
        left -= 1
        guard left == 0 else { return false }
        left = Self.calls
        self.since = seconds
        // A clock that stands still gives the highest rate.
        let rate = Double(Self.calls) / max(seconds - since, 1e-3) / Self.reference
        let now = min(max(rate.naturalLogarithm, Self.excessRange.lowerBound), Self.excessRange.upperBound)
        excess += (now - excess) / 4
        return true
    }
}
