import Domain
import Foundation
import HeapModule

/// What goes wrong at a provider, from the onset on.
enum Fault: CaseIterable {
    case none
    case hard
    case blackHole
    case fifth
    case half
    case slow
    case creep
    case blip

    var title: String {
        switch self {
        case .none: "healthy"
        case .hard: "hard fail"
        case .blackHole: "black hole"
        case .fifth: "20 % errors"
        case .half: "50 % errors"
        case .slow: "latency x4"
        case .creep: "creep"
        case .blip: "3 s blip"
        }
    }
}

/// One exchange, as it begins and as it ends.
struct Exchange {
    let number: Int
    let start: Double
    let latency: Double
    let failed: Bool
}

/// A healthy provider until the onset, then a faulty one: median 250 ms, p99 0.71 s, 0.5 % errors, time-out 10 s.
struct Provider {
    static let timeout = 10.0

    let fault: Fault
    let onset: Double
    /// When the fault is over.
    var end = Double.infinity
    /// Whether the healthy median drifts by 30 % over 6 hours, and the share of errors by half over a day.
    var drifts = false

    /// What the healthy share of errors is multiplied by.
    static func errorDrift(at time: Double) -> Double { 1 + 0.5 * sin(2 * .pi * time / 86_400) }

    func exchange(_ number: Int, at time: Double, dice: inout Dice) -> Exchange {
        let age = time - onset
        var latency = 0.25 * exp(0.449 * dice.normal())
        var errorShare = 0.005
        if drifts {
            latency *= 1 + 0.3 * sin(2 * .pi * time / 21_600)
            errorShare *= Self.errorDrift(at: time)
        }
        guard fault != .none, age >= 0, time < end else {
            return Exchange(
                number: number,
                start: time,
                latency: latency,
                failed: dice.fraction() < errorShare
            )
        }
        switch fault {
        case .none: break
        case .hard, .blip:
            return Exchange(number: number, start: time, latency: 0.02, failed: true)
        case .blackHole:
            return Exchange(number: number, start: time, latency: Self.timeout, failed: true)
        case .fifth: errorShare = 0.2
        case .half: errorShare = 0.5
        case .slow: latency *= 4
        case .creep:
            latency *= exp(log(8) * min(age / 300, 1))
            // Errors follow from 180 s on: the more, the slower it is.
            if age > 180 { errorShare = min(0.005 + (age - 180) / 120 * 0.8, 0.9) }
        }
        if latency >= Self.timeout {
            return Exchange(number: number, start: time, latency: Self.timeout, failed: true)
        }
        return Exchange(number: number, start: time, latency: latency, failed: dice.fraction() < errorShare)
    }
}

/// What happens next.
struct Event: Comparable {
    enum Kind: Int {
        case answer
        case probeAnswer
        case tick
        /// A probe may be due.
        case look
        case call
    }

    let time: Double
    let kind: Kind
    var exchange: Exchange?

    static func < (left: Event, right: Event) -> Bool {
        left.time != right.time ? left.time < right.time : left.kind.rawValue < right.kind.rawValue
    }

    static func == (left: Event, right: Event) -> Bool {
        left.time == right.time && left.kind == right.kind
    }
}

/// Calls at chance times, one after the other on virtual time, shown to a detector.
struct Course<Subject: Detector> {
    /// The least time between two looks for a probe that is due.
    static var lookGap: Double { 0.02 }

    var detector: Subject
    let provider: Provider
    let perSecond: Double
    private var dice: Dice
    private var events = Heap<Event>()
    private var number = 0
    private var lookAt = Double.infinity

    init(_ detector: Subject, provider: Provider, perSecond: Double, seed: UInt64) {
        self.detector = detector
        self.provider = provider
        self.perSecond = perSecond
        dice = Dice(seed: seed)
        events.insert(Event(time: dice.exponential(mean: 1 / perSecond), kind: .call))
        events.insert(Event(time: 0.25, kind: .tick))
    }

    /// Runs until `end`, or until `observe` says that it has seen enough.
    mutating func run(until end: Double, observe: (Double, Subject) -> Bool) {
        while let event = events.popMin(), event.time < end {
            happen(event)
            probe(now: event.time)
            if observe(event.time, detector) { return }
        }
    }

    private mutating func happen(_ event: Event) {
        let time = event.time
        switch event.kind {
        case .call:
            events.insert(Event(time: time + dice.exponential(mean: 1 / perSecond), kind: .call))
            let exchange = nextExchange(time)
            if detector.began(exchange.number, now: time, chance: dice.fraction()) {
                events.insert(Event(time: time + exchange.latency, kind: .answer, exchange: exchange))
            }
        case .answer:
            guard let exchange = event.exchange else { return }
            detector.finished(exchange, now: time, chance: dice.fraction())
        case .probeAnswer:
            guard let exchange = event.exchange else { return }
            detector.probed(exchange, now: time, chance: dice.fraction())
        case .look:
            lookAt = .infinity
        case .tick:
            events.insert(Event(time: time + 0.25, kind: .tick))
            detector.tick(now: time, chance: dice.fraction())
        }
    }

    private mutating func probe(now: Double) {
        guard var due = detector.probeDue(now: now) else { return }
        while due <= now, detector.takeProbe(number, now: now) {
            let exchange = nextExchange(now)
            let isLate = exchange.latency > GuardDetector.probeTimeout
            let answer = Exchange(
                number: exchange.number,
                start: now,
                latency: min(exchange.latency, GuardDetector.probeTimeout),
                failed: exchange.failed || isLate
            )
            events.insert(Event(time: now + answer.latency, kind: .probeAnswer, exchange: answer))
            guard let next = detector.probeDue(now: now) else { return }
            due = next
        }
        let look = max(due, now + Self.lookGap)
        guard look < lookAt else { return }
        lookAt = look
        events.insert(Event(time: look, kind: .look))
    }

    private mutating func nextExchange(_ time: Double) -> Exchange {
        defer { number += 1 }
        return provider.exchange(number, at: time, dice: &dice)
    }
}
