import Domain
import Health
import Testing
import UsherTesting

@Suite struct EmergencyModeTests {
    private let start = Instant(seconds: 1_800_000_000)

    private func at(_ seconds: Int64) -> Instant { start + .seconds(seconds) }

    private func order(until seconds: Int64) -> EmergencyMode.Order {
        EmergencyMode.Order(reason: "drill", by: "platform", until: at(seconds))
    }

    @Test func `a need must last for 15 s`() {
        var mode = EmergencyMode()
        #expect(mode.looked(isNeeded: true, now: at(0)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(14)) == .none)
        #expect(mode.looked(isNeeded: false, now: at(15)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(20)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(34)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(35)) == .enter)
        #expect(mode.isOn && mode.since == at(35) && mode.endsAt == at(35 + 12 * 3_600))
    }

    @Test func `it ends by itself when nothing has needed it for 5 min`() {
        var mode = EmergencyMode(.needed(since: at(0), clearSince: nil))
        #expect(mode.looked(isNeeded: false, now: at(10)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(309)) == .none)
        #expect(mode.looked(isNeeded: false, now: at(311)) == .none)
        #expect(mode.looked(isNeeded: false, now: at(610)) == .none)
        #expect(mode.looked(isNeeded: false, now: at(611)) == .leave(.recovered))
        #expect(!mode.isOn)
        // What fails again begins it again.
        #expect(mode.looked(isNeeded: true, now: at(612)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(627)) == .enter)
    }

    @Test func `by itself it is on for 12 h at most, then rests for half an hour`() {
        var mode = EmergencyMode(.needed(since: at(0), clearSince: nil))
        let bound: Int64 = 12 * 3_600
        #expect(mode.looked(isNeeded: true, now: at(bound - 1)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(bound)) == .leave(.bound))
        #expect(mode.looked(isNeeded: true, now: at(bound + 1_799)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(bound + 1_800)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(bound + 1_815)) == .enter)
    }

    @Test func `an ordered one never ends before its time, and always then`() {
        var mode = EmergencyMode()
        #expect(mode.ordered(order(until: 3_600), now: at(0)) == .enter)
        for second in stride(from: Int64(0), to: 3_600, by: 60) {
            #expect(mode.looked(isNeeded: false, now: at(second)) == .none)
        }
        #expect(mode.looked(isNeeded: true, now: at(3_600)) == .leave(.orderEnded))
        #expect(mode.looked(isNeeded: true, now: at(3_615)) == .enter)
    }

    @Test func `an order over one that is on takes its place, longer or shorter`() {
        var mode = EmergencyMode(.needed(since: at(0), clearSince: nil))
        #expect(mode.ordered(order(until: 7_200), now: at(100)) == .extend)
        #expect(mode.since == at(0) && mode.endsAt == at(7_200))
        #expect(mode.ordered(order(until: 600), now: at(200)) == .extend)
        #expect(mode.looked(isNeeded: true, now: at(600)) == .leave(.orderEnded))
    }

    @Test func `an order is for a day at most, and none for the past`() {
        var mode = EmergencyMode()
        #expect(mode.ordered(order(until: 0), now: at(0)) == .none)
        #expect(mode.ordered(order(until: 900_000), now: at(0)) == .enter)
        #expect(mode.endsAt == at(86_400))
    }

    @Test func `called off it rests for half an hour, unless it is ordered anew`() {
        var mode = EmergencyMode(.needed(since: at(0), clearSince: nil))
        #expect(mode.calledOff(now: at(10)) == .leave(.calledOff))
        #expect(mode.calledOff(now: at(11)) == .none)
        #expect(mode.looked(isNeeded: true, now: at(1_809)) == .none)
        #expect(mode.ordered(order(until: 3_000), now: at(1_809)) == .enter)
    }

    /// A tiny model beside the machine: it is on exactly between a beginning and an end, and never past its bound.
    @Test(arguments: 1...200 as ClosedRange<UInt64>)
    func `whatever happens it ends, and an ordered one not before its time`(seed: UInt64) {
        let random = RandomSource.seeded(seed)
        var mode = EmergencyMode()
        var (now, isOn, ordered) = (Int64(0), false, Int64?.none)
        var began: Int64 = 0
        for _ in 0..<2_000 {
            now += 1 + Int64(random.next() % 900)
            let action: EmergencyMode.Action
            switch random.next() % 40 {
            case 0:
                let until = now + 60 + Int64(random.next() % 100_000)
                action = mode.ordered(order(until: until), now: at(now))
                ordered = min(until, now + 86_400)
            case 1:
                action = mode.calledOff(now: at(now))
                ordered = nil
            default: action = mode.looked(isNeeded: random.next() % 3 > 0, now: at(now))
            }
            switch action {
            case .enter:
                #expect(!isOn, "seed \(seed): began twice")
                (isOn, began) = (true, now)
            case .leave(let end):
                #expect(isOn, "seed \(seed): ended twice")
                if let end1 = ordered, end != .calledOff {
                    #expect(now >= end1, "seed \(seed): ended too soon")
                }
                (isOn, ordered) = (false, nil)
            case .extend, .none: break
            }
            #expect(mode.isOn == isOn, "seed \(seed)")
            if isOn, ordered == nil {
                #expect(now - began < 12 * 3_600 + 900, "seed \(seed): on for too long")
            }
        }
        // Left alone it ends, needed or not.
        var looks = 0
        while mode.isOn, looks < 1_000 {
            now += 300
            looks += 1
            _ = mode.looked(isNeeded: true, now: at(now))
        }
        #expect(!mode.isOn, "seed \(seed)")
    }
}
