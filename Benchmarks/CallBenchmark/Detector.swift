/// How many of the calls a detector lets through.
enum Flow: Int, Comparable {
    case none
    case some
    case all

    static func < (left: Flow, right: Flow) -> Bool { left.rawValue < right.rawValue }
}

/// Something that watches calls, stops them while the provider is in trouble, and lets them go on.
protocol Detector {
    /// How many calls leave now.
    var flow: Flow { get }
    /// How often it went from letting calls through to stopping them.
    var trips: Int { get }
    /// Whether it foresees trouble.
    var isWarned: Bool { get }
    /// A call wants to leave; false when the detector keeps it back.
    mutating func began(_ number: Int, now: Double, chance: Double) -> Bool
    mutating func finished(_ exchange: Exchange, now: Double, chance: Double)
    mutating func tick(now: Double, chance: Double)
    /// Whether a probe with this number leaves now.
    mutating func takeProbe(_ number: Int, now: Double) -> Bool
    /// When it wants a probe next; nil when it wants none.
    func probeDue(now: Double) -> Double?
    mutating func probed(_ exchange: Exchange, now: Double, chance: Double)
}

extension Detector {
    var isWarned: Bool { false }
    mutating func tick(now: Double, chance: Double) {}
    mutating func takeProbe(_ number: Int, now: Double) -> Bool { false }
    func probeDue(now: Double) -> Double? { nil }
    mutating func probed(_ exchange: Exchange, now: Double, chance: Double) {}
}

/// One detector of a comparison.
struct Contestant: Sendable {
    let name: String
    let make: @Sendable () -> any Detector

    /// Usher's guard as it stands, and with nobody who sends the probes it asks for.
    static let usher = Contestant(name: "**Usher**") { GuardDetector(probes: true) }
    static let usherAlone = Contestant(name: "Usher, no probes") { GuardDetector(probes: false) }

    /// The others, from their public documentation; what is not named has its documented default.
    static let others = [
        Contestant(name: "resilience4j default (count 100/100, 50 %)") { WindowDetector() },
        Contestant(name: "resilience4j, time 10 s/10, slow 2 s") {
            WindowDetector(window: .seconds(10), callsMin: 10, slowShare: 0.5, slowFrom: 2)
        },
        Contestant(name: "resilience4j, count 20/10, slow 1 s") {
            WindowDetector(window: .calls(20), callsMin: 10, slowShare: 0.5, slowFrom: 1)
        },
        Contestant(name: "Envoy default (5 in a row, 10 hosts)") { OutlierDetector(hosts: 10) },
        Contestant(name: "Polly default (10 % of 100 in 30 s)") {
            RatioDetector(window: 30, callsMin: 100, share: 0.1, pause: 5)
        },
        Contestant(name: "Polly, 10 % of 20 in 30 s") {
            RatioDetector(window: 30, callsMin: 20, share: 0.1, pause: 5)
        },
        Contestant(name: "Hystrix default (50 % of 20 in 10 s)") {
            RatioDetector(window: 10, callsMin: 20, share: 0.5, pause: 5)
        },
    ]

    static let all = others + [usherAlone, usher]
}
