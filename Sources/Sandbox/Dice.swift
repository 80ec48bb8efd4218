import Domain

/// Chance as a vendor machine needs it: seeded, so that a run can be repeated.
struct Dice: Sendable {
    private var random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// A number in `range`.
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    /// Whether something happens that happens `perMille` times in a thousand.
    mutating func happens(perMille: Int) -> Bool {
        number(0...999) < perMille
    }

    /// One of `choices`, which are not empty.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[number(0...choices.count - 1)]
    }

    /// `prefix` and `count` letters and digits, as vendors make their ids.
    mutating func name(_ prefix: String, _ count: Int) -> String {
        var bytes = Array(prefix.utf8)
        for _ in 0..<count { bytes.append(pick(letters)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

private let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
