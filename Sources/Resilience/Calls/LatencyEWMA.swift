/// Notices within seconds that answers suddenly take several times as long.
///
/// The exponentially weighted mean of z (see `LatencyCUSUM`): e = 0.2 z + 0.8 e. Its own deviation is
/// sqrt(0.2 / 1.8) = 1/3 while nothing changes; it is an alarm from 5 such deviations, e >= 1.67, and over again
/// below half of that.
///
/// | all z are | 1.5 | 2 | 2.5 | 3 |
/// |---|---|---|---|---|
/// | answers until the alarm, from e = 0 | never reached | 9 | 5 | 4 |
package struct LatencyEWMA: Hashable, Sendable {
    /// The weight of the latest answer.
    package static let weight = 0.2
    /// The alarm, in deviations of the mean.
    package static let width = 5.0

    /// The mean of z.
    package private(set) var mean = 0.0
    /// Whether answers suddenly take longer.
    package private(set) var isAlarmed = false

    /// Starts at rest.
    package init() {}

    /// Takes in the z of one answer.
    package mutating func record(_ z: Double) {
        mean = Self.weight * z + (1 - Self.weight) * mean
        isAlarmed = mean >= Self.width / 3 || isAlarmed && mean > Self.width / 6
    }
}
