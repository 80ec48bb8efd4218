import DequeModule
import Domain
import HeapModule

/// The waiting calls of one class, weddings taking turns.
///
/// Start-time fair queueing with one unit for each call: the line keeps a virtual time V, the tag of the call served
/// last. A wedding whose calls begin to wait gets the tag max(V, its last tag + 1), each served call adds 1, and the
/// smallest tag goes first; of equal tags the wedding that has just come. So with n weddings waiting each gets every
/// n-th turn, and one that sends seldom waits for a turn at most, however much another has queued.
///
/// | waiting at time 0, in this order | turns |
/// |---|---|
/// | a a a a b c | a b c a a a |
/// | a a a a; after two turns b | a a b a a |
///
/// Within a wedding there is a lane for each need (limits and object), in turn; a lane keeps its order. A lane whose
/// object is over its limit sleeps, and the others flow past it.
struct WaitingLine<ID: Hashable & Sendable>: Sendable {
    /// One waiting call; a call that is added again has another serial.
    struct Ref: Hashable, Sendable {
        let id: ID
        let serial: UInt64
    }

    /// A wedding with more waiting calls than this has many.
    static var fewMax: Int { 3 }

    private struct Lane: Sendable {
        var refs: Deque<Ref> = []
        var count = 0
        var isAwake = true
    }

    private struct Flow: Sendable {
        var lanes: [BudgetNeed: Lane] = [:]
        /// The waiting calls of all lanes.
        var count = 0
        /// The awake lanes, the next one first.
        var ring: Deque<BudgetNeed> = []
        var tag: UInt64 = 0
        /// The number of its turn in `turns`; another one there is out of date.
        var turn: UInt64 = 0
    }

    private struct Turn: Comparable, Sendable {
        let tag: UInt64
        let isNew: Bool
        let number: UInt64
        let wedding: WeddingID?

        static func < (left: Turn, right: Turn) -> Bool {
            if left.tag != right.tag { return left.tag < right.tag }
            if left.isNew != right.isNew { return left.isNew }
            return left.number < right.number
        }
    }

    /// What came of looking for a call.
    enum Choice {
        case call(Ref)
        case none
    }

    /// What is said of a lane that is up next.
    enum Judgement {
        case send
        /// Its turn passes; it stays awake.
        case pass
        /// It goes to sleep until `wake`.
        case sleep
    }

    /// The waiting calls, those of sleeping lanes included.
    private(set) var count = 0
    /// The awake lanes by the limits they need.
    private(set) var awake: [LimitSet: Int] = [:]
    private var flows: [WeddingID?: Flow] = [:]
    private var turns = Heap<Turn>()
    private var turnNumber: UInt64 = 0
    private var virtualTime: UInt64 = 0
    /// The next tag of weddings that have nothing waiting, where it is ahead of `virtualTime`.
    private var rested: [WeddingID?: UInt64] = [:]
    private var oldest: Deque<Ref> = []
    /// How many weddings have many calls waiting.
    private var crowds = 0
    /// Whether weddings with few calls have had to wait since none of them did.
    private var isContended = false

    mutating func add(_ ref: Ref, wedding: WeddingID?, _ need: BudgetNeed) {
        count += 1
        oldest.append(ref)
        var flow = flows[wedding] ?? Flow()
        flows[wedding] = nil
        let isNewLane = flow.lanes[need] == nil
        flow.lanes[need, default: Lane()].refs.append(ref)
        flow.lanes[need, default: Lane()].count += 1
        flow.count += 1
        if wedding != nil, flow.count == Self.fewMax + 1 { crowds += 1 }
        if isNewLane {
            flow.ring.append(need)
            awake[need.limits, default: 0] += 1
            if flow.ring.count == 1 {
                let tag = max(virtualTime, rested.removeValue(forKey: wedding) ?? flow.tag)
                queue(&flow, wedding, tag: tag, isNew: true)
            }
        }
        flows[wedding] = flow
    }

    /// Forgets a call that is not waiting any more; the caller has forgotten it before.
    mutating func remove(_ wedding: WeddingID?, _ need: BudgetNeed, isWaiting: (Ref) -> Bool) {
        count -= 1
        guard var flow = flows.removeValue(forKey: wedding), var lane = flow.lanes.removeValue(forKey: need)
        else { return }
        lane.count -= 1
        flow.count -= 1
        if wedding != nil, flow.count == Self.fewMax { crowds -= 1 }
        if lane.count > 0 {
            if lane.refs.count > 2 * lane.count + 64 { lane.refs.removeAll { !isWaiting($0) } }
            flow.lanes[need] = lane
        } else if lane.isAwake {
            if flow.ring.last == need {
                flow.ring.removeLast()
            } else {
                flow.ring.removeAll { $0 == need }
            }
            noLongerAwake(need)
        }
        keep(flow, wedding)
        if oldest.count > 2 * count + 1_024 { oldest.removeAll { !isWaiting($0) } }
    }

    /// The call that waits longest, sleeping or not.
    mutating func oldest(isWaiting: (Ref) -> Bool) -> Ref? {
        while let ref = oldest.first {
            if isWaiting(ref) { return ref }
            oldest.removeFirst()
        }
        return nil
    }

    /// How many calls of one wedding wait.
    func count(of wedding: WeddingID?) -> Int {
        flows[wedding]?.count ?? 0
    }

    /// How many weddings wait.
    var weddings: Int { flows.count }

    /// Whether every wedding that waits has many calls.
    var crowdsAlone: Bool { crowds == flows.count }

    /// Whether weddings with many calls leave some of the budget to the others; calls of no wedding leave none.
    var leavesSome: Bool { crowds > 0 && !isContended }

    /// Takes in whether the budget lets nothing go now: if others than crowds wait then, all take turns until none does.
    mutating func looked(isShort: Bool) {
        if crowdsAlone {
            isContended = false
        } else if isShort {
            isContended = true
        }
    }

    /// Finds the next call in turn, asking `judge` about the lane of each wedding that is up, and telling it whether the
    /// wedding has many; it is not removed.
    mutating func choose(
        isWaiting: (Ref) -> Bool,
        judge: (WeddingID?, BudgetNeed, _ isCrowd: Bool) -> Judgement
    ) -> Choice {
        var passed: [Turn] = []
        defer { turns.insert(contentsOf: passed) }
        while let turn = turns.popMin() {
            guard flows[turn.wedding]?.turn == turn.number else { continue }
            let choice = choose(in: turn.wedding, isWaiting: isWaiting, judge: judge)
            if flows[turn.wedding]?.turn == turn.number { passed.append(turn) }
            if case .call = choice { return choice }
        }
        return .none
    }

    /// Finds the next call of one wedding out of turn.
    mutating func choose(
        in wedding: WeddingID?,
        isWaiting: (Ref) -> Bool,
        judge: (WeddingID?, BudgetNeed, _ isCrowd: Bool) -> Judgement
    ) -> Choice {
        guard var flow = flows.removeValue(forKey: wedding) else { return .none }
        defer { keep(flow, wedding) }
        for _ in 0..<flow.ring.count {
            guard let need = flow.ring.popFirst() else { break }
            switch judge(wedding, need, wedding != nil && flow.count > Self.fewMax) {
            case .pass: flow.ring.append(need)
            case .sleep:
                flow.lanes[need]?.isAwake = false
                noLongerAwake(need)
            case .send:
                while let ref = flow.lanes[need]?.refs.first, !isWaiting(ref) {
                    flow.lanes[need]?.refs.removeFirst()
                }
                guard let ref = flow.lanes[need]?.refs.first else { continue }
                flow.ring.append(need)
                return .call(ref)
            }
        }
        return .none
    }

    /// Takes in that a call of this wedding was served: its next turn comes one later.
    mutating func served(_ wedding: WeddingID?) {
        guard var flow = flows.removeValue(forKey: wedding) else { return }
        virtualTime = max(virtualTime, flow.tag)
        queue(&flow, wedding, tag: flow.tag + 1, isNew: false)
        flows[wedding] = flow
    }

    /// Wakes a lane that slept; nothing when there is none, or it is awake.
    mutating func wake(_ wedding: WeddingID?, _ need: BudgetNeed) {
        guard var flow = flows[wedding], flow.lanes[need]?.isAwake == false else { return }
        flow.lanes[need]?.isAwake = true
        flow.ring.append(need)
        awake[need.limits, default: 0] += 1
        if flow.ring.count == 1 { queue(&flow, wedding, tag: max(virtualTime, flow.tag), isNew: true) }
        flows[wedding] = flow
    }

    /// Whether a wedding has a lane that is awake.
    func isAwake(_ wedding: WeddingID?) -> Bool {
        flows[wedding]?.ring.isEmpty == false
    }

    private mutating func queue(_ flow: inout Flow, _ wedding: WeddingID?, tag: UInt64, isNew: Bool) {
        turnNumber += 1
        flow.tag = tag
        flow.turn = turnNumber
        turns.insert(Turn(tag: tag, isNew: isNew, number: turnNumber, wedding: wedding))
    }

    /// Puts a flow back, without its turn when nothing of it is awake, or not at all when nothing waits.
    private mutating func keep(_ flow: Flow, _ wedding: WeddingID?) {
        var flow = flow
        if flow.ring.isEmpty { flow.turn = 0 }
        guard flow.lanes.isEmpty else {
            flows[wedding] = flow
            return
        }
        if flow.tag > virtualTime { rested[wedding] = flow.tag }
        if rested.count > 2 * flows.count + 64 { rested = rested.filter { $0.value > virtualTime } }
    }

    private mutating func noLongerAwake(_ need: BudgetNeed) {
        let left = (awake[need.limits] ?? 1) - 1
        awake[need.limits] = left > 0 ? left : nil
    }
}
