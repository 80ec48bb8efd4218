import HTTPAPI
import Testing

@Suite struct `Cursor codec` {
    /// Not a keyed hash of any strength; enough to see what goes into it.
    private let codec = CursorCodec { bytes in
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return (0..<16).map { UInt8(truncatingIfNeeded: state >> UInt64($0 % 8 * 8)) &+ UInt8($0) }
    }

    private let listing = ["events", "source=stripe"]

    @Test func `gives back the position it was made from`() throws {
        for position in [[], [1], Array("2026-03-01:evt_1".utf8)] as [[UInt8]] {
            let text = codec.encode(position, listing: listing)
            #expect(try codec.decode(text, listing: listing) == position)
        }
    }

    @Test func `is refused when any character was changed`() {
        let text = codec.encode([1, 2, 3, 4, 5], listing: listing)
        for index in text.indices {
            let other: Character = text[index] == "A" ? "B" : "A"
            let changed = String(text[..<index]) + String(other) + String(text[text.index(after: index)...])
            #expect(throws: Problem.self) { try codec.decode(changed, listing: listing) }
        }
    }

    @Test(arguments: [
        ["events"], ["events", "source=square"], ["eventssource=stripe"], ["events", "source=stripe", ""],
    ])
    func `is refused in another listing`(_ other: [String]) {
        let text = codec.encode([1, 2, 3], listing: listing)
        #expect(throws: Problem.self) { try codec.decode(text, listing: other) }
    }

    @Test(arguments: ["", "A", "AAAA", "not base64!", "====", "'; DROP TABLE events; --"])
    func `is refused when it is not one of ours`(_ text: String) {
        let problem = #expect(throws: Problem.self) { try codec.decode(text, listing: listing) }
        #expect(problem?.status == 400)
        #expect(problem?.code == "invalid-cursor")
    }

    @Test func `is looked at up to its longest form`() throws {
        let position = [UInt8](repeating: 7, count: CursorCodec.lengthMax / 4 * 3 - 16)
        let text = codec.encode(position, listing: listing)
        #expect(text.utf8.count == CursorCodec.lengthMax)
        #expect(try codec.decode(text, listing: listing) == position)
        let longer = codec.encode(position + [7], listing: listing)
        #expect(throws: Problem.self) { try codec.decode(longer, listing: listing) }
    }
}
