import Domain

/// What goes wrong in one simulation, and when.
///
/// Drawn from the seed, or set by hand.
package struct FaultPlan: Sendable, Hashable, CustomStringConvertible {
    /// When the process dies.
    package enum Crashes: Sendable, Hashable {
        case none
        /// One life after the other at the next of these points: to try all of them in turn.
        case at([SimulatedDisk.CrashPoint])
        /// After each start at one of the next `within` boundaries, so many times in all.
        case atBoundaries(within: Int, count: Int)
        /// At any moment, the time between two drawn up to `within`, so many times in all.
        case atAnyTime(within: Duration, count: Int)
    }

    /// A time during which the disk has no room.
    package struct FullDisk: Sendable, Hashable {
        /// Since the start of the simulation.
        package let start: Duration
        /// How long it lasts.
        package let length: Duration
        /// Bytes the files may still grow by.
        package let room: Int

        /// A disk without room from `start` on.
        package init(start: Duration, length: Duration, room: Int) {
            self.start = start
            self.length = length
            self.room = room
        }
    }

    /// When the process dies.
    package var crashes = Crashes.none
    /// What a crash may leave of unsynced writes: one is drawn each time.
    package var powerLosses = SimulatedDisk.PowerLoss.allCases
    /// When the disk has no room; nil: always some.
    package var fullDisk: FullDisk?
    /// How the network behaves.
    package var network = NetworkFaults()
    /// The longest time between a death and the next start.
    package var downTimeMax = Duration.seconds(5)

    /// Nothing goes wrong.
    package init() {}

    /// Draws a plan: each fault is off in some seeds and frequent in others, as a fault hides another one.
    package init(seed: UInt64) {
        let random = RandomSource(seed: seed, purpose: "faults")
        switch random.next() % 8 {
        case 0: break
        case 1...4:
            crashes = .atBoundaries(within: Int(1 + random.next() % 60), count: Int(1 + random.next() % 5))
        default:
            let within = Duration.milliseconds(50 + random.next() % 10_000)
            crashes = .atAnyTime(within: within, count: Int(1 + random.next() % 5))
        }
        if random.next() % 4 == 0 {
            fullDisk = FullDisk(
                start: .milliseconds(random.next() % 10_000),
                length: .milliseconds(100 + random.next() % 20_000),
                room: Int(random.next() % 65_536)
            )
        }
        func chance() -> Double { [0, 0, 0.02, 0.3][Int(random.next() % 4)] }
        network.requestLost = chance()
        network.answerLost = chance()
        network.duplicated = chance()
        network.late = chance()
        network.refused = chance()
    }

    /// The faults in words.
    package var description: String {
        var parts: [String] = []
        switch crashes {
        case .none: break
        case .at(let points):
            for point in points { parts.append("crash \(point.moment) \(point.unit) \(point.number)") }
        case .atBoundaries(let within, let count):
            parts.append("\(count) crashes each within \(within) boundaries")
        case .atAnyTime(let within, let count): parts.append("\(count) crashes each within \(within)")
        }
        if crashes != .none, powerLosses.count == 1 { parts.append("losing \(powerLosses[0])") }
        if let fullDisk { parts.append("disk full at \(fullDisk.start) for \(fullDisk.length)") }
        let chances = [
            ("requests lost", network.requestLost), ("answers lost", network.answerLost),
            ("doubled", network.duplicated), ("late", network.late), ("refused", network.refused),
        ]
        for (name, chance) in chances where chance > 0 { parts.append("\(name) \(chance)") }
        return parts.isEmpty ? "nothing goes wrong" : parts.joined(separator: ", ")
    }
}
