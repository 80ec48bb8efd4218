import Domain
import Synchronization
import Telemetry
import Testing
import UsherTesting

struct SignalHubTests {
    private let hub = SignalHub(time: ManualTime().time)

    @Test func `gives what was told after a number, in order`() throws {
        for number in 1...5 { hub.tell(.callChanged, "call_\(number)") }
        let told = try #require(hub.told(after: 2))
        #expect(told.map(\.id.number) == [3, 4, 5])
        #expect(told.map(\.subject) == ["call_3", "call_4", "call_5"])
        #expect(hub.told(after: 2, limit: 1)?.map(\.id.number) == [3])
        #expect(hub.told(after: 5)?.isEmpty == true)
    }

    @Test func `kinds keep their order among each other`() throws {
        for number in 1...20 { hub.tell(number % 3 == 0 ? .callChanged : .healthChanged, "s_\(number)") }
        #expect(hub.told(after: 4)?.map(\.subject) == (5...20).map { "s_\($0)" })
    }

    @Test func `says when some of it is gone`() {
        for _ in 0..<(SignalHub.keptMax + 3) { hub.tell(.callChanged, "call") }
        #expect(hub.told(after: 2) == nil)
        #expect(hub.told(after: 3)?.count == SignalHub.keptMax)
        #expect(hub.told(after: 3)?.first?.id.number == 4)
    }

    @Test func `a flood of one kind pushes out none of another`() async throws {
        let watch = try hub.watch(SignalFilter(kinds: SignalKinds(.eventStored)))
        hub.tell(.incidentOpened, "inc_1")
        for _ in 0...SignalHub.busyKeptMax { hub.tell(.eventStored, "evt") }
        #expect(hub.told(after: 1) == nil)
        let start = SignalPlace(id: SignalID(epoch: hub.epoch, number: 1), milliseconds: 0)
        let late = try hub.watch(SignalFilter(kinds: SignalKinds(.incidentOpened)), after: start)
        let batch = try #require(await late.next())
        #expect(batch.loss == nil)
        #expect(batch.signals.map(\.subject) == ["inc_1"])
        withExtendedLifetime(watch) {}
    }

    @Test func `the text of a signal that nobody watches is never made`() {
        let isAsked = Mutex(false)
        hub.tell(.eventStored) {
            isAsked.withLock { $0 = true }
            return SignalText("evt")
        }
        #expect(hub.told(after: 0)?.isEmpty == true)
        #expect(!isAsked.withLock { $0 })
    }

    @Test func `ids are read as they are written, and only so`() {
        let id = SignalID(epoch: 1_763_910_000_000, number: 42)
        #expect(SignalID("\(id)") == id)
        for text in ["", "1", "1-", "-1", "01-2", "1-2-3", "+1-2", "1-2 "] {
            #expect(SignalID(text) == nil, "\(text)")
        }
    }

    @Test func `places are read as they are written, and only so`() {
        let place = SignalPlace(id: SignalID(epoch: 1_763_910_000_000, number: 42), milliseconds: 7)
        #expect(SignalPlace("\(place)") == place)
        #expect(place.instant == Instant(microseconds: 7_000))
        for text in ["", "1-2", "1-2-", "1-2--3", "1-2-03", "1-2-3-4", "1-2-9223372036854775807"] {
            #expect(SignalPlace(text) == nil, "\(text)")
        }
    }

    @Test func `kinds are read by name and by family`() {
        #expect(SignalKinds(names: "event.stored") == SignalKinds(.eventStored))
        #expect(
            SignalKinds(names: "failover.*,call.changed") == [
                SignalKinds(.failoverOpened), SignalKinds(.failoverEnded), SignalKinds(.callChanged),
            ]
        )
        #expect(SignalKinds(names: "*") == .all)
        for text in ["", "event", "event.stored,", "no.*", ",call.changed"] {
            #expect(SignalKinds(names: text) == nil, "\(text)")
        }
    }

    @Test func `every kind has a bit of its own`() {
        #expect(SignalKinds.all.kinds == SignalKind.allCases)
        #expect(SignalKinds.all.rawValue.nonzeroBitCount == SignalKind.allCases.count)
    }
}
