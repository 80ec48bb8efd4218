package import Domain
package import Providers
import Resilience
import Synchronization

/// What a desk saves: the states of budgets, by the integration's row number.
package struct DeskKeeper: Sendable {
    /// Writes states down; durable when it returns.
    package var save: @Sendable ([Int64: JSONValue]) async throws -> Void

    /// Makes a keeper from its function.
    package init(save: @escaping @Sendable ([Int64: JSONValue]) async throws -> Void) {
        self.save = save
    }

    /// Forgets everything.
    package static let none = DeskKeeper { _ in }
}

extension CallDesk {
    /// The time between two looks while something may be due.
    static let tickEvery = Duration.milliseconds(250)
    /// The time between two looks while nothing waits.
    static let restEvery = Duration.seconds(2)

    /// Lets go who has waited long enough, and does what time alone does, until cancelled.
    package func run(_ keeper: DeskKeeper) async {
        while !Task.isCancelled {
            let now = reading
            let jitter = random.fraction()
            let (next, unsaved, hasTripped, wantsProbe) = state.withLock { state in
                var next = Self.restEvery
                var (hasTripped, wantsProbe) = (false, false)
                var unsaved: [Int64: IntegrationBudgetState] = [:]
                for id in state.posts.keys {
                    let trips = state.trips(id)
                    state.posts[id]?.tick(now.elapsed, jitter: jitter)
                    hasTripped = hasTripped || state.trips(id) != trips
                    wantsProbe = wantsProbe || state.wantsProbe(id, now.elapsed)
                    let (wait, isUnsaved) = state.pump(id, now)
                    if let wait { next = min(next, wait) }
                    if let post = state.posts[id], post.health.health(now: now.elapsed).inFlight > 0 {
                        next = min(next, Self.tickEvery)
                    }
                    if isUnsaved || state.posts[id]?.queue.budget.wantsSave(now: now) == true {
                        unsaved[id] = state.posts[id]?.queue.budget.state(now: now)
                    }
                }
                next = max(next, .milliseconds(1))
                state.lookAt = now.elapsed + next
                state.isLookWanted = false
                return (next, unsaved, hasTripped, wantsProbe)
            }
            if wantsProbe { probeBell.ring() }
            if hasTripped { watch.tripped() }
            if !unsaved.isEmpty, await save(unsaved, keeper) { continue }
            await doorbell.wait(atMost: next, time)
        }
    }

    private func save(_ unsaved: [Int64: IntegrationBudgetState], _ keeper: DeskKeeper) async -> Bool {
        do {
            try await keeper.save(unsaved.mapValues(\.json))
        } catch {
            return false  // Those who wait go on waiting; the next look tries again.
        }
        let now = reading
        state.withLock { state in
            for (id, saved) in unsaved {
                state.posts[id]?.queue.budget.saved(saved)
                state.savedBudgets[id] = saved.json
                state.pump(id, now)
            }
        }
        return true
    }

    /// Takes over what was saved before a restart.
    package func restore(
        _ budgets: [Int64: JSONValue],
        usage: [Int64: JSONValue] = [:],
        orders: [FailoverOrder],
        reservations: [ReservationRecord] = []
    ) {
        state.withLock { state in
            state.savedBudgets = budgets
            state.usage = usage.mapValues { UsageByLimit(json: $0) }
            for order in orders { state.orders[order.capability] = order }
            for record in reservations { state.reservations[record.integration, default: []].append(record) }
        }
    }

    /// Sends all calls of a capability to one integration; nil takes the order back.
    package func order(_ order: FailoverOrder?, for capability: Capability) {
        state.withLock { state in
            state.orders[capability] = order
            state.version += 1
        }
    }

    /// The order that holds for a capability; nil without one.
    package func order(for capability: Capability) -> FailoverOrder? {
        let now = time.now()
        return state.withLock { $0.orders[capability].flatMap { $0.isActive(now) ? $0 : nil } }
    }
}
