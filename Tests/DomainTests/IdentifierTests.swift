import Domain
import Testing

@Suite struct IdentifierTests {
    /// The TypeID specification's `valid.json`, "valid-uuidv7".
    @Test func `writes the specification's example`() throws {
        let bytes: [UInt8] = [
            0x01, 0x89, 0x0A, 0x5D, 0xAC, 0x96, 0x77, 0x4B, 0xBC, 0xCE, 0xB3, 0x02, 0x09, 0x9A, 0x80, 0x57,
        ]
        let id = try #require(EventID(bytes: bytes))
        #expect(id.description == "evt_01h455vb4pex5vsknk084sn02q")
        #expect(EventID("evt_01h455vb4pex5vsknk084sn02q") == id)
        #expect(id.bytes == bytes)
    }

    @Test func `is a version 7 UUID of its time`() {
        let now = Instant(microseconds: 1_781_971_200_123_456)
        let id = EventID(now: now, random: RandomSource { .max })
        #expect(id.high >> 12 & 0xF == 7)
        #expect(id.low >> 62 == 0b10)
        #expect(id.instant == Instant(microseconds: 1_781_971_200_123_000))
    }

    @Test func `sorts by time as value, as text and as bytes`() {
        var random = SeededRandom(seed: 7)
        var last: EventID?
        for millisecond in 0..<500 {
            let id = EventID(
                milliseconds: 1_800_000_000_000 + UInt64(millisecond),
                random.next(),
                random.next()
            )
            if let last {
                #expect(last < id)
                #expect(last.description < id.description)
                #expect(last.bytes.lexicographicallyPrecedes(id.bytes))
            }
            #expect(EventID(id.description) == id)
            #expect(EventID(bytes: id.bytes) == id)
            last = id
        }
    }

    @Test(arguments: [
        "", "evt_", "evt", "dlv_01h455vb4pex5vsknk084sn02q", "EVT_01h455vb4pex5vsknk084sn02q",
        "evt_01H455VB4PEX5VSKNK084SN02Q", "evt_01h455vb4pex5vsknk084sn02", "evt_01h455vb4pex5vsknk084sn02qq",
        "evt_81h455vb4pex5vsknk084sn02q", "evt_01h455vb4pex5vsknk084sn02l", "evt-01h455vb4pex5vsknk084sn02q",
        "evt_01h455vb4pex5vsknk084sn02u", " vt_01h455vb4pex5vsknk084sn02q", "evt_01h455vb4pex5vsknk084sn0é",
    ])
    func `refuses every other text`(text: String) {
        #expect(EventID(text) == nil)
    }

    @Test(arguments: [0, 15, 17])
    func `refuses any other count of bytes`(count: Int) {
        #expect(EventID(bytes: Array(repeating: 0, count: count)) == nil)
    }
}
