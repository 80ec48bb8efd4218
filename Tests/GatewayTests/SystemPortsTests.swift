import Domain
import Gateway
import Testing

@Suite struct SystemPortsTests {
    @Test func `the system's words do not repeat, from whatever thread`() async {
        let random = RandomSource.system
        let words = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<4 { group.addTask { (0..<1_000).map { _ in random.next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(words).count == 4_000)
    }

    @Test func `elapsed time does not go back and wall time is of this age`() {
        let time = Time.system
        let before = time.elapsed()
        #expect(time.elapsed() >= before)
        #expect(time.now() > Instant(seconds: 1_700_000_000))
    }
}
