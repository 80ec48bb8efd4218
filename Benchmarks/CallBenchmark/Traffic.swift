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
    /// Whether the healthy median drifts by 30 % over 6 hours.
    var drifts = false

    func exchange(_ number: Int, at time: Double, dice: inout Dice) -> Exchange {
        let age = time - onset
        var latency = 0.25 * exp(0.449 * dice.normal())
        var errorShare = 0.005
        if drifts { latency *= 1 + 0.3 * sin(2 * .pi * time / 21_600) }
        guard fault != .none, age >= 0, fault != .blip || age < 3 else {
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

/// What happens next: a call leaves, an answer comes, a quarter of a second is over.
struct Event: Comparable {
    enum Kind: Int {
        case answer
        case tick
        case call
    }

    let time: Double
    let kind: Kind
    let exchange: Exchange?

    static func < (left: Event, right: Event) -> Bool {
        left.time != right.time ? left.time < right.time : left.kind.rawValue < right.kind.rawValue
    }

    static func == (left: Event, right: Event) -> Bool {
        left.time == right.time && left.kind == right.kind
    }
}

/// Calls at chance times, one after the other on virtual time, shown to a detector until it says stop.
func run(
    _ detector: inout some Detector,
    provider: Provider,
    perSecond: Double,
    until end: Double,
    seed: UInt64,
    observe: (Double, any Detector) -> Bool
) {
    var dice = Dice(seed: seed)
    var events = Heap<Event>()
    events.insert(Event(time: dice.exponential(mean: 1 / perSecond), kind: .call, exchange: nil))
    events.insert(Event(time: 0.25, kind: .tick, exchange: nil))
    var number = 0
    while let event = events.popMin(), event.time < end {
        let time = event.time
        switch event.kind {
        case .call:
            events.insert(
                Event(time: time + dice.exponential(mean: 1 / perSecond), kind: .call, exchange: nil)
            )
            let exchange = provider.exchange(number, at: time, dice: &dice)
            number += 1
            let leaves = detector.began(exchange.number, now: time, chance: dice.fraction())
            if leaves {
                events.insert(Event(time: time + exchange.latency, kind: .answer, exchange: exchange))
            }
        case .answer:
            if let exchange = event.exchange {
                detector.finished(exchange, now: time, chance: dice.fraction())
            }
        case .tick:
            events.insert(Event(time: time + 0.25, kind: .tick, exchange: nil))
            detector.tick(now: time, chance: dice.fraction())
        }
        if observe(time, detector) { return }
    }
}
