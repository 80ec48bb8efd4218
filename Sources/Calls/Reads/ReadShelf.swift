package import Domain
import Providers

/// Decides which reads share one answer: what is asked for while the same is on its way, and what was answered lately.
///
///     ask -> answer: one is kept that is fresh
///         -> follow: the same is on its way, at least as urgent
///         -> lead: nobody asks; others may follow
///     lead -landed-> told to those who follow, and kept as long as it is fresh
///
/// A flight that brings nothing tells those who follow so: each then asks for itself. Whoever is more urgent than the
/// one on its way, or wants it fresh, leads a flight of its own, which those who come later follow. What was changed
/// at an integration through Usher ends the joining of every flight to it: who reads after a change reads the change.
package struct ReadShelf: Sendable {
    /// The limits of a shelf.
    package struct Limits: Sendable {
        /// The most answers that are kept.
        package var answersMax = 2_048
        /// The most bytes of all that are kept together, counted as their JSON: 8 MiB.
        package var bytesMax = 8_388_608

        /// The defaults.
        package init() {}
    }

    /// What a read is to do.
    package enum Action: Sendable {
        /// Take this answer.
        case answer(SharedAnswer)
        /// Wait for the flight under this number.
        case follow(UInt64)
        /// Ask the provider, and say under this number what came of it.
        case lead(UInt64)
    }

    private struct Flight {
        let key: ReadKey
        let priority: Priority
        /// Those who wait for it.
        var followers: Set<UInt64> = []
        /// Whether what it brings may be kept.
        var isClean = true
    }

    private struct Kept {
        let answer: SharedAnswer
        let bytes: Int
        let number: UInt64
    }

    /// The limits of the shelf.
    package let limits: Limits
    private var flights: [UInt64: Flight] = [:]
    /// The flight that may be joined.
    private var current: [ReadKey: UInt64] = [:]
    private var kept: [ReadKey: Kept] = [:]
    /// What is kept, oldest first; some of it is there no more.
    private var order: [(key: ReadKey, number: UInt64)] = []
    private var first = 0
    private var numbers: UInt64 = 0
    /// How many bytes are kept.
    package private(set) var bytes = 0

    /// Makes an empty shelf.
    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many answers are kept.
    package var count: Int { kept.count }
    /// How many flights are on their way.
    package var flightCount: Int { flights.count }

    /// What a read is to do.
    ///
    /// - Parameters:
    ///   - freshness: how long an answer of each integration is as good as a new one.
    ///   - isFresh: whether only a new one will do.
    package mutating func ask(
        _ key: ReadKey,
        _ priority: Priority,
        freshness: [Int64: Duration],
        isFresh: Bool,
        now: Duration
    ) -> Action {
        if !isFresh {
            for place in key.places {
                guard let life = freshness[place], let found = kept[key.at(place)] else { continue }
                if now - found.answer.at < life { return .answer(found.answer) }
                drop(key.at(place))
            }
            if let number = current[key], let flight = flights[number], flight.priority <= priority {
                return .follow(number)
            }
        }
        numbers += 1
        flights[numbers] = Flight(key: key, priority: priority)
        current[key] = numbers
        return .lead(numbers)
    }

    /// Adds one that waits for a flight; false when it is over.
    package mutating func joined(_ follower: UInt64, _ number: UInt64) -> Bool {
        flights[number]?.followers.insert(follower).inserted ?? false
    }

    /// Takes in that one waits no more.
    package mutating func left(_ follower: UInt64, _ number: UInt64) {
        flights[number]?.followers.remove(follower)
    }

    /// Takes in what a flight brought, nil when nothing; gives those who wait for it.
    ///
    /// A second time changes nothing.
    ///
    /// - Parameter freshness: how long it is as good as a new one; nil keeps nothing.
    package mutating func landed(
        _ number: UInt64,
        _ answer: SharedAnswer?,
        freshness: Duration?
    ) -> Set<UInt64> {
        guard let flight = flights.removeValue(forKey: number) else { return [] }
        if current[flight.key] == number { current[flight.key] = nil }
        if let answer, flight.isClean, let freshness, freshness > .zero {
            keep(answer, under: flight.key.at(answer.integration))
        }
        return flight.followers
    }

    /// Takes in that something was changed at an integration: what is on its way may have been read before.
    package mutating func changed(_ integration: Int64) {
        for (key, number) in current where key.places.contains(integration) {
            flights[number]?.isClean = false
            current[key] = nil
        }
    }

    private mutating func keep(_ answer: SharedAnswer, under key: ReadKey) {
        let size = answer.outcome.reply.serialized().count + key.input.count + (key.target?.count ?? 0)
        guard size <= limits.bytesMax else { return }
        if let older = kept[key] {
            guard older.answer.at <= answer.at else { return }
            drop(key)
        }
        while kept.count >= limits.answersMax || bytes + size > limits.bytesMax { dropOldest() }
        numbers += 1
        kept[key] = Kept(answer: answer, bytes: size, number: numbers)
        order.append((key, numbers))
        bytes += size
        tidyOrder()
    }

    private mutating func drop(_ key: ReadKey) {
        guard let gone = kept.removeValue(forKey: key) else { return }
        bytes -= gone.bytes
    }

    /// Takes out of the order what is not kept any more, when that is most of it.
    private mutating func tidyOrder() {
        guard order.count > 2 * kept.count + 1_024 else { return }
        let kept = kept
        order = order[first...].filter { kept[$0.key]?.number == $0.number }
        first = 0
    }

    private mutating func dropOldest() {
        while first < order.count {
            let (key, number) = order[first]
            first += 1
            if kept[key]?.number == number { return drop(key) }
        }
    }
}
