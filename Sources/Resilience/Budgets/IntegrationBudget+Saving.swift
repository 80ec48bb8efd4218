package import Domain

/// What is saved of all limits of one integration; see `BudgetState`.
package struct IntegrationBudgetState: Hashable, Sendable {
    /// What to write down.
    package let json: JSONValue
    let limits: [String: BudgetState]
    let objects: [String: [String: BudgetState]]
}

extension IntegrationBudget {
    /// The state of all limits that are saved (`Budget.Policy.isDurable`).
    package mutating func state(now: ClockReading) -> IntegrationBudgetState {
        var limitStates: [String: BudgetState] = [:]
        var objectStates: [String: [String: BudgetState]] = [:]
        var members: [JSONMember] = []
        for index in limits.indices where limits[index].policy.isDurable {
            let name = limits[index].name
            if let state = shared[index]?.state(now: now) {
                limitStates[name] = state
                members.append(JSONMember(name, state.json))
            }
            guard limits[index].scope == .object else { continue }
            for object in objects[index].keys {
                objectStates[name, default: [:]][object] = objects[index][object]?.state(now: now)
            }
            let states = (objectStates[name] ?? [:]).sorted { $0.key < $1.key }
            members.append(JSONMember(name, .object(states.map { JSONMember($0.key, $0.value.json) })))
        }
        return IntegrationBudgetState(json: .object(members), limits: limitStates, objects: objectStates)
    }

    /// Takes in that a state is written down: what it covers may be used.
    package mutating func saved(_ state: IntegrationBudgetState) {
        for index in limits.indices {
            let name = limits[index].name
            if let state = state.limits[name] { shared[index]?.saved(state) }
            for (object, state) in state.objects[name] ?? [:] { objects[index][object]?.saved(state) }
        }
    }

    /// Whether saving now spares a wait soon; ask after calls were let go.
    package func wantsSave(now: ClockReading) -> Bool {
        shared.contains { $0?.wantsSave(now: now) == true }
    }

    /// Makes the budgets that belong to a saved state.
    ///
    /// - Parameter state: what `IntegrationBudgetState.json` was; nil when there never was any.
    package init(_ limits: [BudgetLimit], state: JSONValue?, now: ClockReading) {
        self.init(limits, now: now)
        guard let state else { return }
        for (index, limit) in self.limits.enumerated() where limit.policy.isDurable {
            let saved = state[limit.name]
            if limit.scope == .integration {
                guard let saved else { continue }
                shared[index] = Budget(limit.kind, policy: limit.policy, state: saved, now: now)
            } else {
                for member in (saved?.object ?? []).prefix(Self.objectsMax) {
                    let budget = Budget(limit.kind, policy: limit.policy, state: member.value, now: now)
                    objects[index][member.name] = budget
                }
            }
        }
    }
}
