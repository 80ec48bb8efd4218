package import Domain

/// All limits of one integration: a call goes when each of those it counts against lets it.
///
/// Limits that count each object for itself keep a budget for each object that was called lately, at most
/// `objectsMax`. An object is forgotten only when forgetting makes no difference (its bucket is full, its window has
/// turned); while none can be, calls to new objects wait.
package struct IntegrationBudget: Sendable {
    /// The most objects of one limit that are remembered.
    package static let objectsMax = 1_024

    /// The limits, at most `LimitSet.countMax`.
    package let limits: [BudgetLimit]
    var shared: [Budget?]
    var objects: [[String: Budget]]
    private var sweptAt: [Double]

    /// Makes budgets that were never used; later limits than the 32nd are left out.
    package init(_ limits: [BudgetLimit], now: ClockReading) {
        self.limits = Array(limits.prefix(LimitSet.countMax))
        shared = self.limits.map { limit in
            limit.scope == .object ? nil : Budget(limit.kind, policy: limit.policy, now: now)
        }
        objects = self.limits.map { _ in [:] }
        sweptAt = self.limits.map { _ in -Double.infinity }
    }

    /// The limits with these names; names of no limit are left out.
    package func limits(named names: Set<String>) -> LimitSet {
        LimitSet(
            rawValue: limits.indices.reduce(0) {
                names.contains(limits[$1].name) ? $0 | 1 << UInt32($1) : $0
            }
        )
    }

    /// The budget of a limit, as it is now; nil for an unknown name, and for an object nobody called.
    package func budget(_ name: String, object: String? = nil) -> Budget? {
        guard let index = limits.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            return nil
        }
        return limits[index].scope == .object ? objects[index][object ?? ""] : shared[index]
    }

    /// Whether a call may go now: the strictest answer of its limits.
    ///
    /// - Parameter leavesSome: see `Budget.admission`.
    package mutating func admission(
        _ need: BudgetNeed,
        _ budgetClass: BudgetClass,
        wedding: WeddingID? = nil,
        leavesSome: Bool = false,
        now: ClockReading
    ) -> Budget.Admission {
        Self.stricter(
            sharedAdmission(need.limits, budgetClass, wedding: wedding, leavesSome: leavesSome, now: now),
            objectAdmission(need, budgetClass, wedding: wedding, now: now)
        )
    }

    /// What the limits that count all calls say.
    mutating func sharedAdmission(
        _ limits: LimitSet,
        _ budgetClass: BudgetClass,
        wedding: WeddingID?,
        leavesSome: Bool = false,
        now: ClockReading
    ) -> Budget.Admission {
        var answer = Budget.Admission.free
        for index in shared.indices where limits.contains(index: index) {
            let next = shared[index]?
                .admission(budgetClass, wedding: wedding, leavesSome: leavesSome, now: now)
            if let next { answer = Self.stricter(answer, next) }
        }
        return answer
    }

    /// What the limits that count each object for itself say.
    mutating func objectAdmission(
        _ need: BudgetNeed,
        _ budgetClass: BudgetClass,
        wedding: WeddingID?,
        now: ClockReading
    ) -> Budget.Admission {
        var answer = Budget.Admission.free
        for index in objectLimits(need) {
            guard makeObject(index, need.object ?? "", now: now) else {
                answer = Self.stricter(answer, .wait(.seconds(1)))
                continue
            }
            let next = objects[index][need.object ?? ""]?
                .admission(budgetClass, wedding: wedding, now: now)
            if let next { answer = Self.stricter(answer, next) }
        }
        return answer
    }

    /// Counts one call that is sent now; ask for `admission` first.
    package mutating func take(
        _ need: BudgetNeed,
        _ budgetClass: BudgetClass,
        wedding: WeddingID? = nil,
        now: ClockReading
    ) {
        for index in shared.indices where need.limits.contains(index: index) {
            shared[index]?.take(budgetClass, wedding: wedding, now: now)
        }
        for index in objectLimits(need) where makeObject(index, need.object ?? "", now: now) {
            objects[index][need.object ?? ""]?.take(budgetClass, wedding: wedding, now: now)
        }
    }

    /// Takes in that a call is over; see `Budget.finished`.
    package mutating func finished(
        _ need: BudgetNeed,
        sentAt: Duration,
        isAccepted: Bool,
        now: ClockReading
    ) {
        for index in shared.indices where need.limits.contains(index: index) {
            shared[index]?.finished(sentAt: sentAt, isAccepted: isAccepted, now: now)
        }
        for index in objectLimits(need) {
            objects[index][need.object ?? ""]?.finished(sentAt: sentAt, isAccepted: isAccepted, now: now)
        }
    }

    /// Takes in what an answer says.
    ///
    /// News of a limit by its name go to that one. Others go to the only limit the call counts against; of several,
    /// a refusal goes to the one that is used the most, and the rest is nobody's.
    package mutating func apply(
        _ news: LimitNews,
        to need: BudgetNeed,
        sentAt: Duration,
        now: ClockReading,
        chance: Double
    ) {
        guard let index = subject(of: news, need) else { return }
        if limits[index].scope == .object {
            objects[index][need.object ?? ""]?.apply(news, sentAt: sentAt, now: now, chance: chance)
        } else {
            shared[index]?.apply(news, sentAt: sentAt, now: now, chance: chance)
        }
    }

    /// Holds a share of the limit `name` for a wedding; see `Budget.reserve`.
    package mutating func reserve(
        _ reservation: Reservation,
        of name: String,
        now: ClockReading
    ) throws(Reservation.Problem) {
        let index = limits.firstIndex { $0.name.utf8.elementsEqual(name.utf8) && $0.scope == .integration }
        guard let index, var budget = shared[index] else { throw .notCounted }
        try budget.reserve(reservation, now: now)
        shared[index] = budget
    }

    /// Gives a wedding's shares of every limit back.
    package mutating func release(_ wedding: WeddingID) {
        for index in shared.indices { shared[index]?.release(wedding) }
    }

    /// Gives one share of the limit `name` back.
    package mutating func release(_ reservation: Reservation, of name: String) {
        guard let index = limits.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return }
        shared[index]?.release(reservation)
    }

    /// Lets the calls of these weddings use what is held for all others; none takes that back.
    ///
    /// What is held for one of them stays its own.
    package mutating func favour(_ weddings: Set<WeddingID>) {
        for index in shared.indices { shared[index]?.favoured = weddings }
    }

    /// The weddings for which something is held, or which may use what is held for others.
    var holders: Set<WeddingID> {
        let holds = shared.flatMap { $0?.holds.map(\.reservation.wedding) ?? [] }
        return holds.isEmpty ? [] : Set(holds).union(shared.compactMap { $0?.favoured }.first ?? [])
    }

    /// How long it takes until `calls` more have gone, by every limit they count against; nil when no limit does.
    mutating func estimate(
        _ need: BudgetNeed,
        _ budgetClass: BudgetClass,
        calls: Int,
        now: ClockReading
    ) -> Duration {
        var seconds = 0.0
        for index in shared.indices where need.limits.contains(index: index) {
            seconds = max(seconds, shared[index]?.estimate(budgetClass, calls: calls, now: now) ?? 0)
        }
        for index in objectLimits(need) {
            let estimate = objects[index][need.object ?? ""]?.estimate(budgetClass, calls: 1, now: now)
            seconds = max(seconds, estimate ?? 0)
        }
        return Duration(fractionalSeconds: min(seconds, 1e9))
    }

    static func stricter(_ left: Budget.Admission, _ right: Budget.Admission) -> Budget.Admission {
        switch (left, right) {
        case (.full, _), (_, .full): .full
        case (.wait(let left), .wait(let right)): .wait(max(left, right))
        case (.wait, _): left
        case (_, .wait): right
        case (.unsaved, _), (_, .unsaved): .unsaved
        case (.free, .free): .free
        }
    }

    private func subject(of news: LimitNews, _ need: BudgetNeed) -> Int? {
        let name: String? =
            switch news {
            case .refused(let limit, _), .remaining(let limit, _, _), .quota(let limit, _, _): limit
            }
        if let name, let index = limits.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            return index
        }
        let concerned = limits.indices.filter { need.limits.contains(index: $0) }
        if concerned.count == 1 { return concerned[0] }
        guard case .refused(_, let wait) = news else { return nil }
        // A wait has nothing to do with places: they come free by themselves.
        let able = concerned.filter { wait == nil || !isPlaces($0, need) }
        return able.max { usedPart($0, need) < usedPart($1, need) }
    }

    private func isPlaces(_ index: Int, _ need: BudgetNeed) -> Bool {
        guard case .concurrency? = limits[index].kind else { return false }
        return true
    }

    private func usedPart(_ index: Int, _ need: BudgetNeed) -> Double {
        let budget = limits[index].scope == .object ? objects[index][need.object ?? ""] : shared[index]
        return budget?.usedPart ?? 0
    }

    private func objectLimits(_ need: BudgetNeed) -> [Int] {
        limits.indices.filter { limits[$0].scope == .object && need.limits.contains(index: $0) }
    }

    /// Makes the budget of an object unless there is one; false when there is no room.
    private mutating func makeObject(_ index: Int, _ object: String, now: ClockReading) -> Bool {
        guard objects[index][object] == nil else { return true }
        if objects[index].count >= Self.objectsMax {
            guard now.seconds >= sweptAt[index] + 1 else { return false }
            sweptAt[index] = now.seconds
            objects[index] = objects[index].filter { !$0.value.isRested(now) }
            guard objects[index].count < Self.objectsMax else { return false }
        }
        objects[index][object] = Budget(limits[index].kind, policy: limits[index].policy, now: now)
        return true
    }
}
