import Domain
import Resilience
import Testing

struct FairShareTests {
    typealias Claimant = FairShare<String>.Claimant

    /// The table in the documentation.
    @Test(arguments: [
        (["a": 100, "b": 100], 10, [["a": 5, "b": 5], ["a": 5, "b": 5]]),
        (["a": 100, "b": 2], 10, [["a": 8, "b": 2], ["a": 8, "b": 2]]),
        (
            ["a": 9, "b": 9, "c": 9], 4,
            [["a": 2, "b": 1, "c": 1], ["a": 1, "b": 2, "c": 1], ["a": 1, "b": 1, "c": 2]]
        ),
        (["a": 9, "b": 9, "c": 9], 1, [["a": 1], ["b": 1], ["c": 1], ["a": 1]]),
        (["a": 3, "b": 3], 10, [["a": 3, "b": 3]]),
        (["a": 0, "b": 0], 10, [[:]]),
        (["a": 1], 0, [[:]]),
    ])
    func `divides as its table says`(wanted: [String: Int], places: Int, rounds: [[String: Int]]) {
        var share = FairShare<String>()
        for expected in rounds {
            let claimants = wanted.map { Claimant(id: $0.key, demand: $0.value, free: 1_000) }
            #expect(share.divide(claimants, places: places) == expected)
        }
    }

    @Test
    func `nobody gets more than its own free places`() {
        var share = FairShare<String>()
        let claimants = [Claimant(id: "a", demand: 50, free: 3), Claimant(id: "b", demand: 50, free: -1)]
        #expect(share.divide(claimants, places: 10) == ["a": 3])
    }

    /// The model hands out one place after the other.
    @Test(arguments: 0..<50 as Range<UInt64>)
    func `random walks waste nothing and favour nobody`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var share = FairShare<Int>()
        for _ in 0..<100 {
            let claimants = (0..<Int.random(in: 0...8, using: &random)).map {
                FairShare<Int>.Claimant(
                    id: $0,
                    demand: Int.random(in: 0...12, using: &random),
                    free: Int.random(in: 0...12, using: &random)
                )
            }
            let places = Int.random(in: 0...40, using: &random)
            let shares = share.divide(claimants, places: places)
            let wanted = claimants.reduce(0) { $0 + min($1.demand, $1.free) }
            #expect(shares.values.reduce(0, +) == min(places, wanted), "seed \(seed)")
            for one in claimants {
                let got = shares[one.id, default: 0]
                #expect(got <= min(one.demand, one.free), "seed \(seed)")
                let most = shares.values.max() ?? 0
                #expect(got >= min(min(one.demand, one.free), most - 1), "seed \(seed)")
            }
        }
    }

    @Test
    func `over time a single place goes round`() {
        var share = FairShare<Int>()
        var totals: [Int: Int] = [:]
        for _ in 0..<700 {
            let claimants = (0..<7).map { FairShare<Int>.Claimant(id: $0, demand: 1, free: 1) }
            totals.merge(share.divide(claimants, places: 1), uniquingKeysWith: +)
        }
        #expect(totals == Dictionary(uniqueKeysWithValues: (0..<7).map { ($0, 100) }))
    }
}
