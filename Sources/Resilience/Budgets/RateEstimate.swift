/// How often something happens, the older the less.
///
/// An event adds 1 / memory; after Δ seconds (1 + Δ / (8 · memory))⁻⁸ is left, which is e^(−Δ / memory) without a call
/// to the mathematics library.
///
/// | memory 30 s | after 30 s at 2/s | after 90 s | 30 s of quiet later |
/// |---|---|---|---|
/// | estimate | 1.2/s | 1.9/s | 0.7/s |
struct RateEstimate: Hashable, Sendable {
    let memory: Double
    private var value = 0.0
    private var updatedAt = 0.0

    init(memory: Double) {
        self.memory = memory
    }

    func perSecond(at time: Double) -> Double {
        let once = 1 / (1 + max(time - updatedAt, 0) / (8 * memory))
        let twice = once * once
        let fourTimes = twice * twice
        return value * fourTimes * fourTimes
    }

    mutating func happened(at time: Double) {
        value = perSecond(at: time) + 1 / memory
        updatedAt = max(updatedAt, time)
    }
}
