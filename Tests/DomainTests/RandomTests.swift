import Domain
import Testing

@Suite struct RandomTests {
    /// The first outputs of SplitMix64 for seed 1234567, as its authors' C program gives them.
    @Test func `repeats the sequence of a seed`() {
        var random = SeededRandom(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        ]
        #expect((0..<3).map { _ in random.next() } == expected)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 32])
    func `gives as many bytes as asked for`(count: Int) {
        let bytes = RandomSource { 0x0807_0605_0403_0201 }.bytes(count)
        #expect(bytes == (0..<count).map { UInt8($0 % 8 + 1) })
    }

    @Test func `gives fractions from 0 up to but not including 1`() {
        #expect(RandomSource { 0 }.fraction() == 0)
        #expect(RandomSource { .max }.fraction() < 1)
        #expect(RandomSource { 1 << 63 }.fraction() == 0.5)
    }
}
