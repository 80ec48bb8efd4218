package import Domain
import HeapModule

/// The calls of one integration that wait for its budget, and who goes next.
///
/// More urgent classes go first, weddings of one class take turns (`WaitingLine`), and the calls of one wedding with
/// one need keep their order. What waits longer than `BudgetClass.waitMax` gets every `agedEvery`-th turn while more
/// urgent calls wait, with the live class's claim on the budget: lower classes still progress.
///
/// Weddings with many calls leave a little of the budget standing: one that has a call now and then finds it there and
/// does not wait for a turn. When others have to wait all the same, all take turns until none of the others waits.
///
/// The owner drives it: after `add`, `finished`, `apply`, `saved` and every `wait`, ask `next` until it gives something
/// other than a call.
package struct BudgetQueue<ID: Hashable & Sendable>: Sendable {
    /// The limits of a queue.
    package struct Limits: Hashable, Sendable {
        /// The most waiting calls.
        ///
        /// Bulk calls may fill eight tenths of it, normal ones nine.
        package var callsMax: Int
        /// The most waiting calls of one wedding in one class.
        package var callsOfWeddingMax: Int
        /// Of so many calls sent one may be one that has waited too long.
        package var agedEvery: Int

        /// 20 000 calls, half of them of one wedding, and every tenth turn for the aged.
        package init(callsMax: Int = 20_000, callsOfWeddingMax: Int = 10_000, agedEvery: Int = 10) {
            self.callsMax = callsMax
            self.callsOfWeddingMax = callsOfWeddingMax
            self.agedEvery = agedEvery
        }
    }

    /// What became of a call that was added.
    package enum Added: Hashable, Sendable {
        /// It waits, by estimate for this long.
        case waiting(Duration)
        /// `callsMax`, or the class's part of it, is reached; by estimate there is room after this long.
        case full(limit: Int, wait: Duration)
        /// `callsOfWeddingMax` is reached; by estimate there is room after this long.
        case weddingFull(limit: Int, wait: Duration)
        /// A call with this id waits already.
        case known
    }

    /// What to do next.
    package enum Step: Hashable, Sendable {
        /// Send this call now; it is counted. Give it back with `finished`.
        case send(SentCall<ID>)
        /// This call's deadline has passed while it waited; it waits no more.
        case expired(ID)
        /// Ask again after this long, which is more than zero.
        case wait(Duration)
        /// Save `state`, tell `saved`, and ask again.
        case unsaved
        /// Nothing waits, or only for calls in flight to finish.
        case idle
    }

    private typealias Ref = WaitingLine<ID>.Ref

    private struct Entry: Sendable {
        let call: WaitingCall<ID>
        let serial: UInt64
        let queuedAt: Double
    }

    private struct Deadline: Comparable, Sendable {
        let time: Duration
        let serial: UInt64
        let id: ID
        static func < (left: Deadline, right: Deadline) -> Bool {
            (left.time, left.serial) < (right.time, right.serial)
        }
        static func == (left: Deadline, right: Deadline) -> Bool { left.serial == right.serial }
    }

    private struct Lane: Hashable, Sendable {
        let budgetClass: BudgetClass
        let wedding: WeddingID?
        let need: BudgetNeed
    }

    private struct Sleeper: Comparable, Sendable {
        let until: Double
        let number: UInt64
        let lane: Lane
        static func < (left: Sleeper, right: Sleeper) -> Bool {
            (left.until, left.number) < (right.until, right.number)
        }
    }

    /// The limits of the queue.
    package let limits: Limits
    /// The integration's limits.
    package var budget: IntegrationBudget
    private var lines: [WaitingLine<ID>]
    private var entries: [ID: Entry] = [:]
    private var deadlines = Heap<Deadline>()
    private var sleepers = Heap<Sleeper>()
    /// Lanes that wait for a call about the same object to finish.
    private var crowded: [String: Set<Lane>] = [:]
    private var serial: UInt64 = 0
    private var sentSinceAged = 0

    /// Makes an empty queue before a budget.
    package init(_ budget: IntegrationBudget, limits: Limits = Limits()) {
        self.budget = budget
        self.limits = limits
        lines = BudgetClass.allCases.map { _ in WaitingLine() }
    }

    /// The waiting calls.
    package var count: Int { entries.count }

    /// The waiting calls of one class.
    package func count(_ budgetClass: BudgetClass) -> Int { lines[budgetClass.rawValue].count }

    /// Puts a call into the queue.
    package mutating func add(_ call: WaitingCall<ID>, now: ClockReading) -> Added {
        guard entries[call.id] == nil else { return .known }
        let line = call.budgetClass.rawValue
        let wait = estimate(call.budgetClass, wedding: call.wedding, need: call.need, now: now)
        let room =
            switch call.budgetClass {
            case .live: limits.callsMax
            case .normal: limits.callsMax / 10 * 9
            case .bulk: limits.callsMax / 10 * 8
            }
        guard entries.count < max(room, 1) else { return .full(limit: room, wait: wait) }
        guard lines[line].count(of: call.wedding) < limits.callsOfWeddingMax else {
            return .weddingFull(limit: limits.callsOfWeddingMax, wait: wait)
        }
        serial += 1
        entries[call.id] = Entry(call: call, serial: serial, queuedAt: now.seconds)
        lines[line].add(Ref(id: call.id, serial: serial), wedding: call.wedding, call.need)
        if let deadline = call.deadline {
            deadlines.insert(Deadline(time: deadline, serial: serial, id: call.id))
        }
        return .waiting(wait)
    }

    /// Takes a call out; false when it does not wait.
    package mutating func cancel(_ id: ID) -> Bool {
        guard let entry = entries[id] else { return false }
        remove(entry)
        if deadlines.count > 2 * entries.count + 1_024 {
            let entries = entries
            deadlines = Heap(deadlines.unordered.filter { entries[$0.id]?.serial == $0.serial })
        }
        return true
    }

    /// How long a call added now would wait, if nothing more urgent came.
    ///
    /// Ahead of it are all more urgent calls, and of its own class what fair turns let go before it: with w calls of
    /// its wedding and n weddings waiting, min(class, (w + 1) · n − 1).
    package mutating func estimate(
        _ budgetClass: BudgetClass,
        wedding: WeddingID? = nil,
        need: BudgetNeed = BudgetNeed(),
        now: ClockReading
    ) -> Duration {
        let urgent = lines[..<budgetClass.rawValue].reduce(0) { $0 + $1.count }
        let line = lines[budgetClass.rawValue]
        let own = line.count(of: wedding)
        let turns = (own + 1) * (line.weddings + (own == 0 ? 1 : 0)) - 1
        return budget.estimate(need, budgetClass, calls: urgent + min(line.count, turns) + 1, now: now)
    }

    /// What to do next.
    package mutating func next(now: ClockReading) -> Step {
        if let id = popExpired(now) { return .expired(id) }
        wakeSleepers(now)
        var answer = Step.idle
        if let sent = sendAged(now) { return .send(sent) }
        for budgetClass in BudgetClass.allCases where lines[budgetClass.rawValue].count > 0 {
            if let ref = choose(budgetClass, now, &answer), let entry = entries[ref.id] {
                return .send(send(entry, as: budgetClass, now))
            }
        }
        if let until = sleepers.min?.until { answer = sooner(answer, .wait(roundedUp(until - now.seconds))) }
        if let deadline = deadlines.min?.time {
            answer = sooner(answer, .wait(max(deadline - now.elapsed, .microseconds(1))))
        }
        return answer
    }

    /// Takes in that a call is over; see `Budget.finished`.
    package mutating func finished(_ sent: SentCall<ID>, isAccepted: Bool, now: ClockReading) {
        budget.finished(sent.call.need, sentAt: sent.sentAt, isAccepted: isAccepted, now: now)
        if !crowded.isEmpty, let lanes = crowded.removeValue(forKey: sent.call.need.object ?? "") {
            for lane in lanes { wake(lane) }
        }
    }

    /// Takes in what the answer to a call says about limits; see `Budget.apply`.
    package mutating func apply(
        _ news: LimitNews,
        for sent: SentCall<ID>,
        now: ClockReading,
        chance: Double
    ) {
        budget.apply(news, to: sent.call.need, sentAt: sent.sentAt, now: now, chance: chance)
    }

    /// The next call of a class; what the budget says instead makes `answer` more precise.
    private mutating func choose(
        _ budgetClass: BudgetClass,
        _ now: ClockReading,
        _ answer: inout Step
    ) -> Ref? {
        let line = budgetClass.rawValue
        let shared = sharedAdmissions(budgetClass, now)
        lines[line].looked(isShort: shared.values.contains(where: \.isWait))
        let forCrowds = lines[line].leavesSome ? sharedAdmissions(budgetClass, leavesSome: true, now) : shared
        let admissions = Array(shared.values) + (lines[line].leavesSome ? Array(forCrowds.values) : [])
        for admission in admissions { answer = sooner(answer, admission: admission) }
        var choice = WaitingLine<ID>.Choice.none
        var blocked: [(Lane, Budget.Admission)] = []
        let othersMayGo = shared.values.contains(.free) && !lines[line].crowdsAlone
        if othersMayGo || forCrowds.values.contains(.free) {
            choice = Self.inTurn(&lines[line], &budget, entries) { budget, wedding, need, isCrowd in
                guard (isCrowd ? forCrowds : shared)[need.limits] == .free else { return .pass }
                let admission = budget.objectAdmission(need, budgetClass, wedding: wedding, now: now)
                guard admission != .free else { return .send }
                blocked.append((Lane(budgetClass: budgetClass, wedding: wedding, need: need), admission))
                return admission == .unsaved ? .pass : .sleep
            }
        }
        for (lane, admission) in blocked {
            if admission == .unsaved { answer = .unsaved } else { sleep(lane, admission, now) }
        }
        if case .call(let ref) = choice { return ref }
        guard admissions.contains(where: { $0 != .free }) else { return nil }
        // What is held for a wedding is free for its own calls.
        for wedding in budget.holders.sorted() where lines[line].isAwake(wedding) {
            let leavesSome = lines[line].leavesSome
            choice = Self.outOfTurn(wedding, &lines[line], &budget, entries) { budget, need, isCrowd in
                let leaves = isCrowd && leavesSome
                return budget.admission(need, budgetClass, wedding: wedding, leavesSome: leaves, now: now)
                    == .free
                    ? .send : .pass
            }
            if case .call(let ref) = choice { return ref }
        }
        return nil
    }

    /// What the limits that count all calls say to those that wait in a class.
    private mutating func sharedAdmissions(
        _ budgetClass: BudgetClass,
        leavesSome: Bool = false,
        _ now: ClockReading
    ) -> [LimitSet: Budget.Admission] {
        var admissions: [LimitSet: Budget.Admission] = [:]
        for limits in lines[budgetClass.rawValue].awake.keys {
            admissions[limits] = budget.sharedAdmission(
                limits,
                budgetClass,
                wedding: nil,
                leavesSome: leavesSome,
                now: now
            )
        }
        return admissions
    }

    private static func inTurn(
        _ line: inout WaitingLine<ID>,
        _ budget: inout IntegrationBudget,
        _ entries: [ID: Entry],
        judge: (inout IntegrationBudget, WeddingID?, BudgetNeed, Bool) -> WaitingLine<ID>.Judgement
    ) -> WaitingLine<ID>.Choice {
        line.choose(
            isWaiting: { entries[$0.id]?.serial == $0.serial },
            judge: { judge(&budget, $0, $1, $2) }
        )
    }

    private static func outOfTurn(
        _ wedding: WeddingID,
        _ line: inout WaitingLine<ID>,
        _ budget: inout IntegrationBudget,
        _ entries: [ID: Entry],
        judge: (inout IntegrationBudget, BudgetNeed, _ isCrowd: Bool) -> WaitingLine<ID>.Judgement
    ) -> WaitingLine<ID>.Choice {
        line.choose(
            in: wedding,
            isWaiting: { entries[$0.id]?.serial == $0.serial },
            judge: { judge(&budget, $1, $2) }
        )
    }

    private static func oldest(_ line: inout WaitingLine<ID>, _ entries: [ID: Entry]) -> Entry? {
        line.oldest { entries[$0.id]?.serial == $0.serial }.flatMap { entries[$0.id] }
    }

    private static func remove(_ entry: Entry, _ line: inout WaitingLine<ID>, _ entries: [ID: Entry]) {
        line.remove(entry.call.wedding, entry.call.need) { entries[$0.id]?.serial == $0.serial }
    }

    /// Remembers when to look at a lane again whose object is over its limit.
    private mutating func sleep(_ lane: Lane, _ admission: Budget.Admission, _ now: ClockReading) {
        guard case .wait(let wait) = admission else {
            crowded[lane.need.object ?? "", default: []].insert(lane)
            return
        }
        serial += 1
        let until = now.seconds + wait.inSeconds
        sleepers.insert(Sleeper(until: until, number: serial, lane: lane))
    }

    /// Lets a call go that has waited too long, when its turn has come and more urgent calls wait.
    private mutating func sendAged(_ now: ClockReading) -> SentCall<ID>? {
        guard sentSinceAged >= limits.agedEvery else { return nil }
        for budgetClass in [BudgetClass.bulk, .normal] {
            let line = budgetClass.rawValue
            guard let waitMax = budgetClass.waitMax?.inSeconds, lines[line].count > 0,
                lines[..<line].contains(where: { $0.count > 0 })
            else { continue }
            guard let entry = Self.oldest(&lines[line], entries), now.seconds - entry.queuedAt >= waitMax,
                budget.admission(entry.call.need, .live, wedding: entry.call.wedding, now: now) == .free
            else { continue }
            sentSinceAged = 0
            return send(entry, as: .live, now)
        }
        return nil
    }

    private mutating func send(
        _ entry: Entry,
        as budgetClass: BudgetClass,
        _ now: ClockReading
    ) -> SentCall<ID> {
        let call = entry.call
        lines[call.budgetClass.rawValue].served(call.wedding)
        remove(entry)
        budget.take(call.need, budgetClass, wedding: call.wedding, now: now)
        sentSinceAged += 1
        return SentCall(call: call, sentAt: now.elapsed)
    }

    private mutating func remove(_ entry: Entry) {
        entries[entry.call.id] = nil
        Self.remove(entry, &lines[entry.call.budgetClass.rawValue], entries)
    }

    private mutating func popExpired(_ now: ClockReading) -> ID? {
        while let deadline = deadlines.min {
            let entry = entries[deadline.id]
            let isWaiting = entry?.serial == deadline.serial
            guard !isWaiting || deadline.time <= now.elapsed else { return nil }
            deadlines.removeMin()
            guard isWaiting, let entry else { continue }
            remove(entry)
            return deadline.id
        }
        return nil
    }

    private mutating func wakeSleepers(_ now: ClockReading) {
        while let sleeper = sleepers.min, sleeper.until <= now.seconds + 1e-9 {
            sleepers.removeMin()
            wake(sleeper.lane)
        }
    }

    private mutating func wake(_ lane: Lane) {
        lines[lane.budgetClass.rawValue].wake(lane.wedding, lane.need)
    }

    private func sooner(_ step: Step, admission: Budget.Admission) -> Step {
        switch admission {
        case .free, .full: step
        case .wait(let wait): sooner(step, .wait(wait))
        case .unsaved: .unsaved
        }
    }

    private func sooner(_ left: Step, _ right: Step) -> Step {
        switch (left, right) {
        case (.wait(let left), .wait(let right)): .wait(min(left, right))
        case (.idle, _): right
        default: left
        }
    }
}
