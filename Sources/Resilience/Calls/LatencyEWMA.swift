/// Notices within seconds that answers suddenly take several times as long.
///
/// The exponentially weighted mean of z (see `LatencyCUSUM`): e = 0.2 z + 0.8 e. Its own deviation is
/// sqrt(0.2 / 1.8) = 1/3 while nothing changes; it is an alarm from 5.3 such deviations, e >= 1.767, and over again
/// below half of that (Roberts, Technometrics 1, 1959). Above five calls a second it is sqrt(5.3^2 + 2 ln(rate / 5)),
/// 5.7 at 50. (With 5 at any rate a drifting day at 50 had 1.4 false alarms: `call-bench warning`.)
///
/// | all z are | 1.5 | 2 | 2.5 | 3 |
/// |---|---|---|---|---|
/// | answers until the alarm, from e = 0 | never reached | 10 | 6 | 4 |
package struct LatencyEWMA: Hashable, Sendable {
    /// The weight of the latest answer.
    package static let weight = 0.2
    /// The alarm, in deviations of the mean.
    package static let width = 5.3

    /// The mean of z.
    package private(set) var mean = 0.0
    private var limit = Self.width / 3
    /// Whether answers suddenly take longer.
    package private(set) var isAlarmed = false

    /// Starts at rest.
    package init() {}

    /// Takes in how often calls are made, as `CallRate` has it: false alarms stay as rare in a day at higher rates.
    mutating func expect(excess: Double) {
        // The tail of a normal distribution falls as exp(-width^2 / 2).
        limit = (Self.width * Self.width + 2 * max(excess, 0)).squareRoot() / 3
    }

    /// Takes in the z of one answer.
    package mutating func record(_ z: Double) {
        mean = Self.weight * z + (1 - Self.weight) * mean
        isAlarmed = mean >= limit || isAlarmed && mean > limit / 2
    }
}
