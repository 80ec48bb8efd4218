import Domain
import Telemetry
import Testing
import UsherTesting

struct SignalHubTests {
    private let hub = SignalHub(time: ManualTime().time)

    @Test func `gives what was told after a number, in order`() throws {
        for number in 1...5 { hub.tell(.eventStored, "evt_\(number)") }
        let told = try #require(hub.told(after: 2))
        #expect(told.map(\.id.number) == [3, 4, 5])
        #expect(told.map(\.subject) == ["evt_3", "evt_4", "evt_5"])
        #expect(hub.told(after: 2, limit: 1)?.map(\.id.number) == [3])
        #expect(hub.told(after: 5)?.isEmpty == true)
    }

    @Test func `says when some of it is gone`() {
        for _ in 0..<(SignalHub.keptMax + 3) { hub.tell(.eventStored, "evt") }
        #expect(hub.told(after: 2) == nil)
        #expect(hub.told(after: 3)?.count == SignalHub.keptMax)
        #expect(hub.told(after: 3)?.first?.id.number == 4)
    }

    @Test func `ids are read as they are written, and only so`() {
        let id = SignalID(epoch: 1_763_910_000_000, number: 42)
        #expect(SignalID("\(id)") == id)
        for text in ["", "1", "1-", "-1", "01-2", "1-2-3", "+1-2", "1-2 "] {
            #expect(SignalID(text) == nil, "\(text)")
        }
    }
}
